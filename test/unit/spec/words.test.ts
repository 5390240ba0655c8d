import { formatProblem } from '../../../src/spec/problem.ts';
import { closest } from '../../../src/spec/validate/closest.ts';
import { REF, refUrl } from '../../../src/spec/validate/ref.ts';
import { sysctlName } from '../../../src/spec/validate/sysctl.ts';
import { versionSupport } from '../../../src/spec/version.ts';
import { CAPABILITIES, RLIMIT_TYPES } from '../../../src/spec/vocabulary.ts';

test.each([
  ['1.0.0', 'supported'],
  ['1.0.2-dev', 'supported'],
  ['1.0.0-rc5', 'supported'],
  ['1.3.0+dev', 'supported'],
  ['1.12.34-a.b-c+d.e', 'supported'],
  ['0.9.9', 'other-major'],
  ['2.0.0', 'other-major'],
  ['10.0.0', 'other-major'],
  ['1', 'not-a-version'],
  ['1.0', 'not-a-version'],
  ['v1.0.0', 'not-a-version'],
  ['1.0.0.0', 'not-a-version'],
  ['01.0.0', 'not-a-version'],
  ['1.0.0\n', 'not-a-version'],
  ['', 'not-a-version'],
])('version %j is %s', (version, support) => {
  expect(versionSupport(version)).toBe(support);
});

test.each([
  ['hostnam', 'hostname'],
  ['hostanme', 'hostname'],
  ['HostName', 'hostname'],
  ['hostnames', 'hostname'],
  ['hosts', undefined],
  ['root', 'root'],
  ['rot', 'root'],
  ['ab', undefined],
  ['', undefined],
])('%j probably means %p', (word, meant) => {
  expect(closest(word, ['hostname', 'root', 'process'])).toBe(meant);
});

test.each([
  ['net.ipv4.ip_forward', 'net.ipv4.ip_forward'],
  ['net/ipv4/ip_forward', 'net.ipv4.ip_forward'],
  ['net/ipv4/conf/eth0.100/forwarding', 'net.ipv4.conf.eth0/100.forwarding'],
  ['net.ipv4.conf.eth0/100.forwarding', 'net.ipv4.conf.eth0/100.forwarding'],
  ['kernel', 'kernel'],
])('the parameter %s is %s', (name, dotted) => {
  expect(sysctlName(name)).toBe(dotted);
});

test('tables that are indexed by the kernel have its numbers', () => {
  expect(CAPABILITIES.indexOf('CAP_SYS_ADMIN')).toBe(21);
  expect(CAPABILITIES.indexOf('CAP_SETFCAP')).toBe(31);
  expect(CAPABILITIES.indexOf('CAP_CHECKPOINT_RESTORE')).toBe(40);
  expect(RLIMIT_TYPES.indexOf('RLIMIT_NOFILE')).toBe(7);
  expect(RLIMIT_TYPES.indexOf('RLIMIT_RTTIME')).toBe(15);
});

test('references to the specification are links, those to the kernel are not', () => {
  expect(refUrl(REF.cwd)).toBe('https://github.com/opencontainers/runtime-spec/blob/v1.3.0/config.md#configProcess');
  expect(refUrl(REF.mappingLimits)).toBeUndefined();
});

test('a problem is one line', () => {
  const problem = {
    severity: 'error',
    kind: 'schema',
    pointer: '/a',
    line: 3,
    column: 4,
    message: 'is wrong',
  } as const;
  expect(formatProblem(problem)).toBe('3:4: /a: is wrong');
  expect(formatProblem({ ...problem, pointer: '', hint: 'mend it' })).toBe('3:4: is wrong (mend it)');
});
