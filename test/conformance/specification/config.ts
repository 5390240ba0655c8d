import { but, may, must, mustNot, required, type Section, section, should, shouldNot } from './demand.ts';

const BAD = 'integration/bad-inputs/configs.ts';
const VARIANT = 'integration/parity/variants.ts';
const OURS = 'integration/specification';
const HOOKS = 'integration/hooks';
const ORDER = `${HOOKS}: the hooks run in their order, each told the state of its moment`;
const WHERE = `${HOOKS}: it runs in the namespaces, in the directory and as the user that the specification gives it`;
const OPTIONS = 'unit/libcontainer/rootfs/specified-options: %s (%s) is an option of a mount';

const resolved = must('its path is one of the host', WHERE);
const atHost = must('it runs in the namespaces of the runtime', WHERE);

export const configSections: readonly Section[] = [
  section(
    'config.md',
    'configSpecificationVersion',
    must(
      'ociVersion is a semantic version',
      `${BAD}: ociVersion is no version`,
      `${BAD}: ociVersion is of another major version`,
    ),
  ),
  section(
    'config.md',
    'configRoot',
    required('there is a root', `${BAD}: root is missing`),
    required('it has a path', `${BAD}: root.path is missing`),
    must('a directory is at the path', `${BAD}: root.path does not exist`, `${BAD}: root.path is a file`),
    must(
      'the root is read-only if that is asked for',
      `${OURS}: the root is read-only if that is asked for, and else not`,
    ),
  ),
  section(
    'config.md',
    'configMounts',
    must('mounts are made in the listed order', `${OURS}: mounts are made in the listed order`),
    required('a mount has a destination', `${BAD}: a mount has no destination`),
    should('it is absolute', `${OURS}: a relative destination counts from the root`),
    must('a relative one counts from /', `${OURS}: a relative destination counts from the root`),
    must(
      'nothing is mounted on / or out of the rootfs',
      `${BAD}: a mount on the root itself`,
      'integration/hostile-rootfs: %s',
    ),
  ),
  section(
    'config.md',
    'configLinuxMountOptions',
    must(
      'the options that the table calls MUST are known',
      OPTIONS,
      'unit/libcontainer/rootfs/parse-options: no option of the table is taken for data',
    ),
    should('so are those that it calls SHOULD', OPTIONS, 'integration/mounts: recursive options'),
    may('so may be mand, nomand and tmpcopyup', 'all three', OPTIONS, 'integration/mounts: tmpcopyup'),
    must(
      'idmap and ridmap map IDs, by the mount’s own mappings if it has any',
      'integration/mounts: with mappings of their own',
    ),
    shouldNot('these words are not passed to mount(2)', 'integration/mounts: with mappings of their own'),
    may(
      'else by those of the user namespace',
      'so it is',
      'integration/mounts: without mappings they take the container’s user namespace',
    ),
    must(
      'without either it is an error',
      'unit/spec/corpus.ts: error /mounts/0: needs uidMappings and gidMappings to be idmapped',
    ),
    may(
      'there are more options',
      'crun’s idmap=…, copy-symlink, src-nofollow, dest-nofollow',
      'integration/mounts: copy-symlink makes it anew, and leaves one alone that says the same',
    ),
    should('an unknown one goes to the file system', 'integration/mounts: options for the file system'),
  ),
  section(
    'config.md',
    'configPOSIXMounts',
    should('mappings are made by mount_setattr', 'integration/mounts: mappings alone are enough'),
    must(
      'uidMappings and gidMappings come together',
      'unit/spec/corpus.ts: error /mounts/0: uidMappings and gidMappings must be given together',
    ),
  ),
  section(
    'config.md',
    'configProcess',
    must('consoleSize is ignored without a terminal', `${OURS}: consoleSize means nothing without a terminal`),
    must('cwd is absolute', `${BAD}: cwd is relative`),
    must('env has the form of environ', `${BAD}: a variable has no =`),
    required('args name a program', `${BAD}: args is empty`),
  ),
  section(
    'config.md',
    'configPOSIXProcess',
    must('a type of limit that the kernel has not is an error', `${BAD}: an rlimit of unknown type`),
    must('getrlimit of each type succeeds', `${OURS}: resource limits are what the configuration says`),
    must('the soft limit is the configured one', `${OURS}: resource limits are what the configuration says`),
    must('so is the hard one', `${OURS}: resource limits are what the configuration says`),
    but('runc takes the last', must('a type given twice is an error', `${BAD}: two rlimits of one type`)),
  ),
  section(
    'config.md',
    'configLinuxProcess',
    must(
      'a capability that is unknown or cannot be granted is a warning',
      `${OURS}: a capability that nobody knows is a warning, and the others are given`,
    ),
    shouldNot(
      'it is no error',
      `${OURS}: a capability that nobody knows is a warning, and the others are given`,
      `${OURS}: a capability that the runtime has not got is a warning`,
    ),
    must('oomScoreAdj is set', `${OURS}: oom_score_adj is what the configuration says, else the caller’s`),
    mustNot(
      'without it oom_score_adj stays',
      `${OURS}: oom_score_adj is what the configuration says, else the caller’s`,
    ),
    must('class and priority of ioPriority are those of the kernel', 'integration/attributes: ioPriority'),
    but(
      'there is no `exec` yet',
      shouldNot(
        'without execCPUAffinity.final the affinity stays',
        'integration/attributes: the CPU affinity of the caller is not the container’s',
      ),
    ),
  ),
  section(
    'config.md',
    'configPOSIXUser',
    required(
      'uid and gid are those inside',
      `${VARIANT}: uid and gid`,
      `${OURS}: the process is the user that the configuration names`,
    ),
  ),
  section(
    'config.md',
    'configHostname',
    must(
      'a hostname needs a UTS namespace',
      `${BAD}: hostname without a uts namespace`,
      `${OURS}: host name and domain name are set`,
    ),
  ),
  section(
    'config.md',
    'configDomainname',
    must(
      'so does a domain name',
      'unit/spec/corpus.ts: error /domainname: cannot be set: the container has no UTS namespace of its own',
      `${OURS}: host name and domain name are set`,
    ),
  ),
  section(
    'config.md',
    'configPlatformSpecificConfiguration',
    may(
      'the section linux is there on Linux',
      'sections of other platforms are ignored',
      `${OURS}: unknown members and annotations are no error`,
    ),
  ),
  section(
    'config.md',
    'configHooks',
    must('the path of a hook is absolute', 'unit/spec/corpus.ts: error /hooks/poststop/0/path: must be absolute'),
    must(
      'a timeout is above zero',
      'unit/spec/corpus.ts: error /hooks/prestart/0/timeout: must be greater than 0 seconds',
    ),
    must('hooks are called in the listed order', ORDER),
    must('they read the state from standard input', ORDER),
  ),
  section(
    'config.md',
    'configHooksPrestart',
    must('it is called at create, before the root is changed', ORDER),
    must('it comes before createRuntime', ORDER),
    resolved,
    atHost,
  ),
  section(
    'config.md',
    'configHooksCreateRuntime',
    must('it is called at create, before the root is changed', ORDER),
    resolved,
    atHost,
  ),
  section(
    'config.md',
    'configHooksCreateContainer',
    must('it is called at create, before the root is changed', ORDER),
    must('it comes after createRuntime', ORDER),
    resolved,
    must('it runs in the namespaces of the container', WHERE),
  ),
  section(
    'config.md',
    'configHooksStartContainer',
    must(
      'it is called at start, before the program runs',
      ORDER,
      `${HOOKS}: a startContainer hook prepares what the program finds`,
    ),
    must('its path is one of the container', WHERE),
    must('it runs in the namespaces of the container', WHERE),
  ),
  section(
    'config.md',
    'configHooksPoststart',
    but('runc before 1.5 calls it at create', must('it is called when the program runs, before start returns', ORDER)),
    resolved,
    atHost,
  ),
  section(
    'config.md',
    'configHooksPoststop',
    must(
      'it is called after the container is gone, before delete returns',
      ORDER,
      `${HOOKS}: the hooks are those of the time of create, and the container is gone when they run`,
    ),
    resolved,
    atHost,
  ),
  section(
    'config.md',
    'configAnnotations',
    must('annotations are a map', `${BAD}: annotations is a list`),
    must('of strings', `${BAD}: annotations hold a number`),
    mustNot('no key is empty', 'unit/spec/corpus.ts: error /annotations/: an annotation must have a name'),
    may('a value may be empty', 'it may', `${OURS}: unknown members and annotations are no error`),
    must('unknown keys are ignored', `${OURS}: unknown members and annotations are no error`),
  ),
  section(
    'config.md',
    'configExtensibility',
    may(
      'unknown members are logged',
      'in the debug log',
      'unit/spec/load: never fail, are kept, and are warnings at their keys',
    ),
    must('and else ignored', `${OURS}: unknown members and annotations are no error`),
  ),
  section(
    'config.md',
    'valid-values',
    must('a value that is invalid or not supported is an error', 'integration/bad-inputs: config.json: %s'),
    may(
      'a runtime supports a part of the valid values',
      'the tables below tell which',
      'unit/docs/conformance: every field that the schema knows is on the page',
    ),
  ),
];
