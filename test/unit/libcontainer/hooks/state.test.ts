import { hookState, innermostPid } from '../../../../src/libcontainer/hooks/state.ts';
import { engine } from '../../syscalls/support.ts';

const subject = { ociVersion: '1.3.0', id: 'c1', bundle: '/b/c1' };

test('the state is one compact line with the keys in the order of runc', () => {
  expect(hookState({ ...subject, annotations: { 'org.x/a': 'q"/é\n' } }, 'creating', 42)).toBe(
    '{"ociVersion":"1.3.0","id":"c1","status":"creating","pid":42,"bundle":"/b/c1","annotations":{"org.x/a":"q\\"/é\\n"}}',
  );
});

test('a stopped container has no pid, and annotations are left out where there are none', () => {
  expect(hookState({ ...subject, annotations: {} }, 'stopped')).toBe(
    '{"ociVersion":"1.3.0","id":"c1","status":"stopped","bundle":"/b/c1"}',
  );
});

function withStatus(text: string) {
  return { decode: engine.decode, files: { ...engine.files, read: () => engine.encode(text) } };
}

test('the innermost PID is the last that the kernel lists', () => {
  expect(innermostPid(withStatus('Name:\tx\nNSpid:\t4711\t7\t1\nNSsid:\t9\n'), 4711)).toBe(1);
  expect(innermostPid(withStatus('Name:\tx\nNSpid:\t4711\nNSsid:\t9\n'), 4711)).toBe(4711);
});

test('a process of our own PID namespace has the PID that we know it by', () => {
  expect(innermostPid(engine, engine.pid)).toBe(engine.pid);
});
