import { but, may, must, mustNot, required, type Section, section } from './demand.ts';

const RUN = 'integration/lifecycle: a container goes from created to running to stopped and is then gone';
const ORDER = 'integration/hooks: the hooks run in their order, each told the state of its moment';
const UNKNOWN = 'integration/lifecycle: %s of an unknown container says that it does not exist';
const WITHOUT_ID = 'integration/specification: %s without an ID is an error';
const STATUS = 'integration/lifecycle: %s of a %s container: %s';
const NOTHING_LEFT = 'integration/bad-inputs: config.json: %s';
const HOOK_FAILS = 'integration/hooks: %s: %j';
const EDITED = 'integration/specification: what is written into config.json after create has no effect';

export const runtimeSections: readonly Section[] = [
  section('runtime.md', 'runtimeScopeContainer', must('who created a container can use all operations on it', RUN)),
  section(
    'runtime.md',
    'runtimeState',
    required(
      'the state has version, ID, status and bundle',
      'integration/formats: state prints the document that go-runc decodes, indented by two, in runc’s order',
    ),
    must(
      'an ID is unique on the host',
      'integration/concurrency: of twenty creates of one ID at once exactly one succeeds, and its container works',
    ),
    may('the status is creating, created, running or stopped', 'these four and `paused`', RUN),
    must(
      'a status of our own stands for a new state only',
      'integration/pause: a paused container stands still, reads as paused, and goes on when it is resumed',
    ),
    required('a created or running container has its PID in the state', RUN),
    may(
      'an empty map of annotations may be left out',
      'it is',
      'integration/formats: state leaves out annotations that are not there',
    ),
    may(
      'the state has more members',
      'those of runc',
      'integration/formats: state prints the document that go-runc decodes, indented by two, in runc’s order',
    ),
    must('the state fits the schema', 'unit/spec/schema: the state and the features document have schemas too'),
  ),
  section(
    'runtime.md',
    'runtimeLifecycle',
    must('create makes the environment that config.json describes', 'integration/parity: %s', RUN),
    must('what cannot be made is an error', NOTHING_LEFT),
    mustNot('create does not run the program', 'integration/lifecycle: nothing of the container runs before start'),
    mustNot(
      'later edits of config.json change nothing',
      EDITED,
      'integration/hooks: the hooks are those of the time of create, and the container is gone when they run',
    ),
    must('prestart, createRuntime and createContainer hooks run at create', ORDER),
    must('one of them that fails is an error and ends the container, and then the poststop hooks run', HOOK_FAILS),
    must('startContainer hooks run at start', ORDER),
    must('one of them that fails is an error and ends the container', 'integration/hooks: a hook that fails at start'),
    must('start runs the program', RUN),
    must('poststart hooks run when the program does', ORDER),
    must(
      'one of them that fails is an error and ends the container',
      'integration/hooks: a poststart hook that fails stops the container',
    ),
    may(
      'a process ends by itself or by kill',
      'both read as stopped',
      'integration/lifecycle: a container that ends by itself reads stopped',
    ),
    must('delete takes away what create made', RUN),
    must('poststop hooks run after that', ORDER),
    must(
      'one of them that fails is a warning, and the others run',
      'integration/hooks: a poststop hook that fails is a warning, and the others run',
    ),
  ),
  section(
    'runtime.md',
    'runtimeErrors',
    must(
      'after an error all is as if nothing had been tried',
      NOTHING_LEFT,
      'integration/bad-inputs: what a refused create finds in the state root and beside its pid file is left as it was',
      'integration/killed-runtime: a runtime that is killed leaves nothing that delete --force does not take away',
    ),
  ),
  section(
    'runtime.md',
    'runtimeWarnings',
    must(
      'a warning changes nothing of an operation',
      'integration/specification: a capability that nobody knows is a warning, and the others are given',
    ),
  ),
  section('runtime.md', 'runtimeOperations', must('state, create, start, kill and delete are there', RUN)),
  section(
    'runtime.md',
    'runtimeQueryState',
    must('state without an ID is an error', WITHOUT_ID),
    must('state of what does not exist is an error', UNKNOWN),
    must('the state is returned', RUN),
  ),
  section(
    'runtime.md',
    'runtimeCreate',
    must('create without an ID is an error', WITHOUT_ID),
    but(
      'the bundle is the current directory unless one is given, as with runc',
      must('create without a bundle is an error', 'integration/bad-inputs/places.ts: a bundle without config.json'),
    ),
    must('an ID that is taken, or none, is an error', STATUS, 'integration/lifecycle: create refuses the ID %j'),
    mustNot('no container is created then', STATUS),
    must('create makes a container', RUN),
    must('all properties but those of the process are applied', 'integration/parity: %s'),
    mustNot(
      'process.args are not applied before start',
      'integration/lifecycle: nothing of the container runs before start',
    ),
    may(
      'the other properties of the process may be applied at create',
      'most are at start',
      'integration/init: a created init waits: it sleeps, and has not used any time a moment later',
    ),
    must('a property that cannot be applied is an error', NOTHING_LEFT),
    mustNot('no container is created then', NOTHING_LEFT),
    may(
      'config.json is validated before',
      'as a whole, all problems at once',
      'integration/bad-inputs: all problems of a config are in the one line',
    ),
  ),
  section(
    'runtime.md',
    'runtimeStart',
    must('start without an ID is an error', WITHOUT_ID),
    must('start of a container that is not created is an error', STATUS),
    must(
      'and has no effect on it',
      STATUS,
      'integration/concurrency: of twenty starts of one container at once exactly one succeeds, and its process runs once',
    ),
    must('start runs the program', RUN),
    but(
      'runc refuses such a container at create',
      must(
        'start of a container without a process is an error',
        'integration/lifecycle: a container without a process can be created, not started, and deleted',
      ),
    ),
  ),
  section(
    'runtime.md',
    'runtimeKill',
    must('kill without an ID is an error', WITHOUT_ID),
    must('kill of what is neither created nor running is an error', STATUS),
    must('and has no effect on it', STATUS),
    must('kill sends the signal to the process', 'integration/lifecycle: kill ID %s ends a container that is %s'),
  ),
  section(
    'runtime.md',
    'runtimeDelete',
    must('delete without an ID is an error', WITHOUT_ID),
    but(
      'a created container is deleted: runc and crun do it, and the shim of containerd counts on it',
      must('delete of a container that is not stopped is an error', STATUS),
    ),
    must('and has no effect on it', STATUS),
    must('delete takes away what create made', RUN),
    mustNot(
      'and nothing else',
      'unit/libcontainer/cgroups/fs: leaves a directory that was there before',
      'integration/specification: a cgroup that was there before is there after delete',
    ),
    may(
      'an ID is free again after delete',
      'it is',
      'integration/concurrency: a container that is deleted and made again under its name is another one',
    ),
  ),
  section(
    'runtime-linux.md',
    'runtimeLinuxFileDescriptors',
    must(
      'the program has the three standard streams and nothing else',
      'integration/init: a created init has no descriptors but the three streams and its socket',
      'integration/specification: the program has the three streams and no other descriptor',
    ),
    may(
      'more descriptors are passed on',
      'by `--preserve-fds`',
      'integration/bad-inputs/places.ts: preserved descriptors that are not there',
    ),
    may(
      'some of them are /dev/null',
      'what is /dev/null becomes that of the container',
      'integration/environment: it works whatever the standard streams are',
    ),
  ),
  section(
    'runtime-linux.md',
    'runtimeLinuxDevSymbolicLinks',
    must(
      '/dev/fd, stdin, stdout and stderr are links into /proc/self',
      'integration/specification: the default devices and links are there',
    ),
  ),
];
