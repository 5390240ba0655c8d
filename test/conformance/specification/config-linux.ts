import { but, may, must, mustNot, required, type Section, section, should, shouldNot } from './demand.ts';

const BAD = 'integration/bad-inputs/configs.ts';
const CORPUS = 'unit/spec/corpus.ts';
const OURS = 'integration/specification';
const FS = 'unit/libcontainer/cgroups/fs';
const RDT = 'unit/libcontainer/intel-rdt/group';
const DEVICES = 'integration/net-devices';
const NOTIFY = 'integration/seccomp-notify';
const NAMESPACES = `${OURS}: a namespace without a path is new, one that is not listed is the caller’s`;
const PLACES = 'unit/libcontainer/cgroups/path';

export const configLinuxSections: readonly Section[] = [
  section(
    'config-linux.md',
    'configLinuxDefaultFilesystems',
    should(
      '/proc, /sys, /dev/pts and /dev/shm are there',
      'unit/spec/default: the default configuration has its own name, the current version and all namespaces but user and time',
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxNamespaces',
    should('all eight types are supported', NAMESPACES),
    must('a path is absolute', `${CORPUS}: error /linux/namespaces/0/path: must be absolute`),
    must(
      'the process is in the namespace at the path',
      `${OURS}: a namespace with a path is joined`,
      'integration/mounts: a mount namespace that is joined by its path',
    ),
    must('a path of another type is an error', `${BAD}: a namespace whose path is of another kind`),
    must('without a path the namespace is new', NAMESPACES),
    must('a type that is not listed is the runtime’s', NAMESPACES),
    must('a type twice is an error', `${BAD}: a namespace twice`),
  ),
  section(
    'config-linux.md',
    'configLinuxUserNamespaceMappings',
    must('IDs are mapped as listed', `${OURS}: IDs are mapped as the configuration says`),
    shouldNot('files are not given to other owners', `${OURS}: IDs are mapped as the configuration says`),
    may(
      'the kernel limits the number of entries',
      'to 340, and more are an error',
      `${CORPUS}: error /linux/uidMappings: must have at most 340 entries`,
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxTimeOffset',
    must('clocks have the offsets', `${OURS}: the clocks of a time namespace have the offsets`),
  ),
  section(
    'config-linux.md',
    'configLinuxDevices',
    must('the devices are there', `${OURS}: devices are made with their numbers, modes and owners`),
    required(
      'an entry has its numbers and its path',
      `${CORPUS}: error /linux/devices/0/minor: is missing`,
      `${CORPUS}: error /linux/devices/0/path: must be absolute`,
    ),
    may(
      'they may be made in any way',
      'by mknod; in a user namespace the host’s node is bound in',
      `${OURS}: devices are made with their numbers, modes and owners`,
    ),
    but(
      'runc keeps what is there',
      must('another file at the path is an error', `${OURS}: another file in the place of a device is an error`),
    ),
    may('a path may be anywhere', 'it may', `${OURS}: devices are made with their numbers, modes and owners`),
    must('the mode is the one that is given', `${OURS}: devices are made with their numbers, modes and owners`),
  ),
  section(
    'config-linux.md',
    'configLinuxDefaultDevices',
    must(
      'null, zero, full, random, urandom, tty and ptmx are there',
      `${OURS}: the default devices and links are there`,
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxNetworkDevices',
    must(
      'devices move into the container',
      `${DEVICES}: a device arrives %s with its addresses and its MTU, and is up`,
    ),
    must(
      'it is looked at whether a device can be moved',
      `${DEVICES}: a device that does not exist is an error that names it`,
    ),
    must(
      'a name that is taken is an error',
      `${DEVICES}: two that ask for one name do not get it, and both come back with their addresses`,
    ),
    must('a name with %d is made unique', `${DEVICES}: a template`),
    must(
      'permanent addresses of global scope come along',
      `${DEVICES}: a device arrives %s with its addresses and its MTU, and is up`,
    ),
    must('the device is up', `${DEVICES}: a device arrives %s with its addresses and its MTU, and is up`),
    mustNot('nothing is done to it later', `${DEVICES}: after delete the device is gone with its namespace`),
    mustNot('it is not moved out before delete', `${DEVICES}: after delete the device is gone with its namespace`),
  ),
  section(
    'config-linux.md',
    'configLinuxControlGroups',
    may(
      'the cgroup is checked',
      'for processes, for being frozen, for being threaded',
      `${FS}: refuses a frozen cgroup (%p)`,
    ),
    must(
      'and is an error if it fails',
      `${FS}: refuses a directory with processes, also below it, and changes nothing`,
      `${FS}: refuses a frozen cgroup (%p)`,
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxCgroupsPath',
    must(
      'an absolute path counts from the mount of the cgroups',
      `${OURS}: an absolute cgroupsPath counts from the top`,
      `${PLACES}: cgroupsPath %p names no cgroup`,
    ),
    may(
      'a relative one counts from a place of ours',
      'from the cgroup of the runtime',
      `${PLACES}: A runtime in %s puts`,
    ),
    must('the same path is the same place', `${OURS}: an absolute cgroupsPath counts from the top`),
    may('without it the place is ours', 'below the cgroup of the runtime', `${PLACES}: A runtime in %s puts`),
    must('a path that is refused is an error', `${PLACES}: cgroupsPath %p names no cgroup`),
    may(
      'further controllers may be used',
      'only those that a limit needs',
      `${FS}: makes the directories, hands controllers down, writes the limits and attaches the device program`,
    ),
    but(
      'to its root, as with runc, which may be another than the user of the process',
      should(
        'the cgroup belongs to the container’s user where cgroup2 is mounted writable in a cgroup namespace',
        'unit/libcontainer/cgroups/delegation: is given away with the files that the kernel lists, and with no limit',
      ),
    ),
    mustNot(
      'a file that the kernel lists and the cgroup lacks is no error',
      'unit/libcontainer/cgroups/delegation: may lack files that the kernel lists',
    ),
    must(
      'without that list it is three files',
      'unit/libcontainer/cgroups/delegation: is given away with three files where the kernel has no list',
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxDeviceAllowedlist',
    must(
      'rules are applied in the listed order',
      'unit/libcontainer/cgroups/devices: permits what the rules permit, for 600 random lists and every request of interest',
    ),
    must('type and access have the words of the specification', `${BAD}: a device rule for an access that is none`),
  ),
  section(
    'config-linux.md',
    'configLinuxMemory',
    must('limits are bytes, or -1', `${CORPUS}: error /linux/resources/memory/limit: must be a number of bytes`),
    may(
      'a new limit may be compared with the usage',
      'by `update`, if checkBeforeUpdate asks for it',
      `${FS}: with checkBeforeUpdate compares %p with what is in use`,
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxCPU',
    must(
      'a burst is no larger than the quota',
      `${CORPUS}: error /linux/resources/cpu/burst: must not exceed the quota`,
    ),
    must('idle is 0 or 1', `${CORPUS}: error /linux/resources/cpu/idle: must be 0 or 1`),
  ),
  section(
    'config-linux.md',
    'configLinuxBlockIO',
    must(
      'an entry has a weight or a leafWeight',
      `${CORPUS}: error /linux/resources/blockIO/weightDevice/0: must have a weight or a leafWeight`,
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxPIDS',
    but(
      '0 is written as 1, which forbids as much: init is there already',
      should(
        'a limit of 0 is a limit',
        'unit/libcontainer/cgroups/resources: The order is pids, memory, io, cpu, cpuset, hugetlb, rdma, unified',
      ),
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxRDMA',
    must(
      'an entry has hcaHandles or hcaObjects',
      `${CORPUS}: error /linux/resources/rdma/mlx5_1: must have hcaHandles or hcaObjects`,
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxUnified',
    must(
      'the controllers are enabled',
      `${FS}: makes the directories, hands controllers down, writes the limits and attaches the device program`,
    ),
    must('what we do not know is written as it is', `${FS}: writes unified entries last and line by line`),
    must('a controller that is not there is an error', `${FS}: of a unified entry is said in the words of runc`),
    may(
      'values for cgroup v1 may be converted',
      'where there is a counterpart',
      'unit/libcontainer/cgroups/resources: Every write names what asks for it',
    ),
    but(
      'a warning, as with runc and crun: engines write swappiness, kernel and realtime limits out of habit',
      must('what cannot be converted is an error', `${FS}: logs what cgroup v2 cannot honour`),
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxIntelRdt',
    must(
      'the process is in the class of service',
      `${RDT}: without a closID the group is named after the container, and goes with it`,
    ),
    must('without resctrl it is an error', `${OURS}: Intel RDT without resctrl is an error`),
    mustNot(
      'without intelRdt resctrl is left alone',
      `${RDT}: a configuration without intelRdt has no step that looks for it`,
    ),
    must('closID / is the default class', `${RDT}: the root of resctrl is the class of service /`),
    should('l3CacheSchema begins with L3:', `${CORPUS}: warning /linux/intelRdt/l3CacheSchema: should start with`),
    must(
      'memBwSchema begins with MB: and is one line',
      `${CORPUS}: error /linux/intelRdt/memBwSchema: must not contain a line break`,
    ),
    mustNot(
      'no line of schemata has a line break',
      `${CORPUS}: error /linux/intelRdt/schemata/1: must not contain a line break`,
    ),
    must(
      'l3CacheSchema is written first, memBwSchema after it, schemata last',
      `${RDT}: of two places for the memory bandwidth the one of its own counts`,
    ),
    mustNot(
      'without any of them nothing is written to schemata',
      `${RDT}: one that is there, and must be as nothing says how it should be`,
    ),
    must(
      'without closID the directory is named after the container, and made',
      `${RDT}: without a closID the group is named after the container, and goes with it`,
    ),
    must(
      'a closID that is not there is made, if schemata are given',
      `${RDT}: with a closID a group that is not there is made, and stays`,
    ),
    but(
      'runc overwrites it',
      must('one that is there has to say the same', `${RDT}: one that exists and says something else is an error: %s`),
    ),
    must(
      'a closID without schemata has to be there',
      `${RDT}: one that is there, and must be as nothing says how it should be`,
    ),
    must(
      'a directory that was made for the container goes with it',
      `${RDT}: without a closID the group is named after the container, and goes with it`,
    ),
    mustNot(
      'any other stays',
      `${RDT}: with a closID a group that is not there is made, and stays`,
      `${RDT}: a directory of that name that was there before stays`,
    ),
    must(
      'a monitoring group is made and goes with the container',
      `${RDT}: a monitoring group lies in the class of service, gets the process too, and goes with the container`,
    ),
    must(
      'one that cannot be made is an error',
      `${RDT}: a monitoring group of that name is another container’s: an error`,
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxMemoryPolicy',
    must('mode, nodes and flags are those of the kernel', 'integration/attributes: memoryPolicy'),
  ),
  section(
    'config-linux.md',
    'configLinuxSysctl',
    must(
      'parameters are set in the container',
      `${OURS}: kernel parameters are set in the container only`,
      `${BAD}: a sysctl of the whole machine`,
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxSeccomp',
    must('the profile decides system calls', 'integration/seccomp: like runc'),
    but(
      'runc drops it',
      must(
        'an errno for an action that returns none is an error',
        `${CORPUS}: error /linux/seccomp/syscalls/0/errnoRet: cannot be set: SCMP_ACT_LOG returns no errno`,
      ),
    ),
    must(
      'a rule has at least one name',
      `${CORPUS}: error /linux/seccomp/syscalls/0/names: must name at least one system call`,
    ),
    must(
      'the listener goes to a stream socket of AF_UNIX',
      `${NOTIFY}: the agent gets the listener at create, and decides, nnp`,
    ),
    must(
      'with one state a connection, which is closed after it',
      `${NOTIFY}: the agent gets the listener at create, and decides, nnp`,
    ),
    must(
      'an agent that cannot be reached is an error',
      `${NOTIFY}: nobody at listenerPath: create fails and leaves nothing`,
    ),
    mustNot(
      'there is no metadata without an agent',
      `${CORPUS}: error /linux/seccomp/listenerMetadata: must not be set without listenerPath`,
    ),
  ),
  section(
    'config-linux.md',
    'containerprocessstate',
    must(
      'the state is JSON, the descriptor goes by SCM_RIGHTS',
      `${NOTIFY}: the agent gets the listener at create, and decides, nnp`,
    ),
    may(
      'it may take several messages',
      'one, unless the socket is full',
      `${NOTIFY}: the agent gets the listener at create, and decides, nnp`,
    ),
    must('the descriptor goes with the first', `${NOTIFY}: the agent gets the listener at create, and decides, nnp`),
  ),
  section(
    'config-linux.md',
    'configLinuxRootfsMountPropagation',
    must('the root has the propagation', 'integration/mounts: propagation'),
  ),
  section(
    'config-linux.md',
    'configLinuxMaskedPaths',
    must('they are absolute', `${CORPUS}: error /linux/maskedPaths/1: must be an absolute path`),
    must('they cannot be read', `${OURS}: masked paths cannot be read, read-only paths not written`),
  ),
  section(
    'config-linux.md',
    'configLinuxReadonlyPaths',
    must('they are absolute', `${CORPUS}: error /linux/readonlyPaths/0: must be an absolute path`),
    must('they cannot be written', `${OURS}: masked paths cannot be read, read-only paths not written`),
  ),
  section(
    'config-linux.md',
    'configLinuxMountLabel',
    should(
      'mounts have the label',
      'vm/selinux/selinux.ts: a container’s program, keyring, mounts and later processes have its labels',
      'integration/attributes: labels of a security module that is off',
    ),
  ),
  section(
    'config-linux.md',
    'configLinuxPersonality',
    must('the domain is set', 'integration/attributes: personality'),
  ),
];
