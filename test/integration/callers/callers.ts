import * as fs from 'node:fs';
import {
  hasStopped,
  readsFeatures,
  readsLog,
  readsPid,
  readsState,
  readsTerminal,
  readsVersion,
  type Step,
} from './step.ts';

/** In front of every command of containerd's shim. */
const SHIM = '--root {root} --log {dir}/log.json --log-format json';
/** What the CRI plugin hands on for an update that changes nothing: all resources, devices with them. */
const RESOURCES = JSON.stringify({
  devices: [{ allow: false, access: 'rwm' }],
  memory: {},
  cpu: {},
});

export const callers: Readonly<Record<string, readonly Step[]>> = {
  'go-runc, for the shim of containerd': [
    {
      line: `${SHIM} create --bundle {bundle} --pid-file {dir}/pid --no-new-keyring {id}`,
      reads: readsPid('pid'),
    },
    { line: `${SHIM} start {id}` },
    { line: `${SHIM} state {id}`, reads: readsState('running') },
    {
      line: `${SHIM} list --format=json`,
      reads: ({ stdout, stderr }, { id }) =>
        expect(JSON.parse(stdout + stderr).map((state: { id: string }) => state.id)).toContain(id),
    },
    {
      line: `${SHIM} exec --process {dir}/process.json --detach --pid-file {dir}/exec {id}`,
      reads: readsPid('exec'),
    },
    {
      line: `${SHIM} exec --process {dir}/terminal.json --console-socket {console} --detach --pid-file {dir}/exec {id}`,
      reads: readsTerminal,
    },
    {
      line: `${SHIM} ps --format json {id}`,
      reads: ({ stdout, stderr }, { dir }) =>
        expect(JSON.parse(stdout + stderr)).toContain(Number(fs.readFileSync(`${dir}/pid`, 'utf8'))),
    },
    {
      line: `${SHIM} ps --format table {id} -o pid,comm`,
      reads: ({ stdout, stderr }) => expect(stdout + stderr).toMatch(/^ *PID +COMMAND\n *\d+ +sleep\n/),
    },
    {
      line: `${SHIM} events --stats {id}`,
      reads: ({ stdout }, { id }) => expect(JSON.parse(stdout)).toMatchObject({ type: 'stats', id, data: { cpu: {} } }),
    },
    { line: `${SHIM} update --resources=- {id}`, input: RESOURCES },
    { line: `${SHIM} pause {id}` },
    { line: `${SHIM} state {id}`, reads: readsState('paused') },
    { line: `${SHIM} resume {id}` },
    { line: `${SHIM} kill {id} 15` },
    { line: `${SHIM} kill --all {id} 9`, reads: hasStopped },
    { line: `${SHIM} kill {id} 9`, status: 1, reads: readsLog('container not running') },
    { line: `${SHIM} delete {id}` },
    { line: `${SHIM} delete {id}`, status: 1, reads: readsLog('does not exist') },
    { line: `${SHIM} delete --force {id}` },
  ],
  'go-runc, with a terminal': [
    {
      line: `${SHIM} create --bundle {terminal} --pid-file {dir}/pid --console-socket {console} {id}`,
      reads: readsPid('pid'),
    },
    { line: `${SHIM} start {id}`, reads: readsTerminal },
    { line: `${SHIM} delete --force {id}` },
  ],
  'conmon, for podman and CRI-O': [
    {
      line: '--root={root} create --bundle {bundle} --pid-file {dir}/pid --no-new-keyring {id}',
      reads: readsPid('pid'),
    },
    { line: '--root={root} start {id}' },
    {
      line: '--root={root} exec --pid-file {dir}/exec --process {dir}/process.json --detach {id}',
      reads: readsPid('exec'),
    },
    {
      line: '--root={root} exec --pid-file {dir}/exec --process {dir}/terminal.json --detach --console-socket {console} {id}',
      reads: readsTerminal,
    },
    { line: '--root={root} kill --all {id} 9', reads: hasStopped },
    { line: '--root={root} delete --force {id}' },
  ],
  'conmon-rs': [
    { line: '--root={root} create --bundle {bundle} --pid-file {dir}/pid {id}', reads: readsPid('pid') },
    { line: '--root={root} start {id}' },
    { line: '--root={root} exec -d --pid-file={dir}/exec {id} sh -c {exits}', reads: readsPid('exec') },
    {
      line: '--root={root} exec -d --console-socket={console} --tty --pid-file={dir}/exec {id} sh -c {reads}',
      reads: readsTerminal,
    },
    { line: '--root={root} kill {id} KILL', reads: hasStopped },
    { line: '--root={root} delete --force {id}' },
  ],
  'conmon-rs, with a terminal': [
    {
      line: '--root={root} create --bundle {terminal} --pid-file {dir}/pid --console-socket={console} {id}',
      reads: readsPid('pid'),
    },
    { line: '--root={root} start {id}', reads: readsTerminal },
    { line: '--root={root} delete --force {id}' },
  ],
  'CRI-O': [
    { line: 'features', reads: readsFeatures },
    { line: '--version', reads: readsVersion },
    { line: '--root={root} create --bundle {bundle} --pid-file {dir}/pid {id}', reads: readsPid('pid') },
    { line: '--root {root} state {id}', reads: readsState('created') },
    { line: '--root {root} start {id}' },
    { line: '--root {root} state {id}', reads: readsState('running') },
    {
      line: '--root {root} exec --process {dir}/process.json {id}',
      status: 5,
      reads: ({ stdout, stderr }) => expect([stdout, stderr]).toEqual(['from exec\n', '']),
    },
    {
      line: '--root {root} update --resources - {id}',
      input: RESOURCES,
      env: { XDG_RUNTIME_DIR: '/run/user/0' },
    },
    { line: '--root {root} pause {id}' },
    { line: '--root {root} state {id}', reads: readsState('paused') },
    { line: '--root {root} resume {id}' },
    { line: '--root {root} kill {id} TERM' },
    { line: '--root {root} kill -a {id} 9', reads: hasStopped },
    {
      line: '--root {root} kill {id} KILL',
      status: 1,
      reads: ({ stderr }) => expect(stderr).toMatch(/container not running|no such process/),
    },
    { line: '--root {root} delete --force {id}' },
    {
      line: '--root {root} state {id}',
      status: 1,
      reads: ({ stderr }) => expect(stderr).toContain('does not exist'),
    },
  ],
  buildah: [
    { line: '--root {root} create --bundle {bundle} --pid-file {dir}/pid {id}', reads: readsPid('pid') },
    { line: '--root {root} start {id}' },
    { line: '--root {root} state {id}', reads: readsState('running') },
    { line: '--root {root} kill {id}' },
    { line: '--root {root} kill {id} 9', reads: hasStopped },
    { line: '--root {root} state {id}', reads: readsState('stopped') },
    { line: '--root {root} delete {id}' },
  ],
  buildkit: [
    {
      line: `${SHIM} run --bundle {bundle} --pid-file {dir}/pid --keep {id}`,
      until: 'pid',
      status: 137,
    },
    {
      line: `${SHIM} exec --process {dir}/process.json --pid-file {dir}/exec {id}`,
      status: 5,
      reads: readsPid('exec'),
    },
    { line: `${SHIM} kill {id} 9`, reads: hasStopped },
    { line: `${SHIM} delete {id}` },
  ],
};
