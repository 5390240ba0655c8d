import * as fs from 'node:fs';
import { isTsrunc, ok } from './support/runtime.ts';
import { sandbox } from './support/sandbox.ts';

const box = sandbox('validate');
const onlyTsrunc = isTsrunc ? test : test.skip; // no other runtime has the command

onlyTsrunc('the bundle that the tests use is valid on this machine', () => {
  const bundle = box.bundle({ ownRootfs: true });
  expect(ok(box.runtime(['validate', '--bundle', bundle])).stdout).toBe(`${bundle}/config.json: no problems found\n`);
});

onlyTsrunc('a seccomp profile is valid where libseccomp is installed', () => {
  const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO' }] };
  const bundle = box.bundle({ ownRootfs: true, patch: { '/linux/seccomp': profile } });
  ok(box.runtime(['validate', '--bundle', bundle]));
});

onlyTsrunc('what create refuses, validate finds, and neither changes anything', () => {
  const bundle = box.bundle({ ownRootfs: true, patch: { '/process/cwd': 'tmp', '/hostname': 5 } });
  const before = fs.readdirSync(bundle);
  const { status, stdout, stderr } = box.runtime(['validate', '--bundle', bundle]);
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(stdout).toMatch(/\/process\/cwd: must be absolute/);
  expect(stdout).toMatch(/\/hostname: must be a string/);
  expect(stdout).toMatch(/\n\S+config\.json: 2 errors\n$/);
  expect(fs.readdirSync(bundle)).toEqual(before);
});
