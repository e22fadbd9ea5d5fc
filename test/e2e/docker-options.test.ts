/** Options of `docker run` that ordinary users give: each is honoured or does no harm. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { containers, image } from './containers.ts';
import { readProc } from './engine/processes.ts';
import { until } from './engine/until.ts';

const { docker, dockerWithInput, run, start, says, pidOf, must } = containers();
const hello = { stdout: 'Hello from a unikernel\ncommand line: <x>\n', stderr: '', status: 0 };

const harmless = [
  ['--cpus=0.5', '--cpu-shares=200', '--cpuset-cpus=0'],
  ['--pids-limit=1'],
  ['--memory=64m', '--memory-swap=128m', '--memory-reservation=32m'],
  ['--read-only', '--tmpfs=/tmp'],
  ['--user=1000:1000', '--group-add=5'],
  ['--cap-add=ALL'],
  ['--cap-drop=ALL'],
  ['--privileged'],
  ['--security-opt=seccomp=unconfined'],
  ['--security-opt=no-new-privileges'],
  ['--ulimit=core=0:0', '--ulimit=nofile=64:64'],
  ['--hostname=a-name', '--domainname=example.org'],
  ['--network=none'],
  ['--network=host'],
  ['--pid=host'],
  ['--ipc=host'],
  ['--uts=host'],
  ['--cgroupns=private'],
  ['--cgroupns=host'],
  ['--sysctl=net.ipv4.ip_forward=1'],
  ['--oom-score-adj=500'],
  ['--oom-kill-disable', '--memory=64m'],
  ['--device=/dev/null:/dev/some'],
  ['--shm-size=1m'],
  ['--workdir=/some/where'],
  ['--volume=/usr:/usr:ro'],
  ['--mount=type=tmpfs,destination=/some'],
  ['--log-driver=none'],
  ['--interactive'],
  ['--dns=192.0.2.1', '--add-host=a:192.0.2.2'],
  ['--stop-signal=SIGINT', '--stop-timeout=3'],
  ['--publish=127.0.0.1::80'],
];
test.each(harmless.map((options) => ({ options, title: options.join(' ') })))('$title', async ({ options }) => {
  expect(await run(['/hello', 'x'], options)).toEqual(hello);
});

test('--entrypoint', async () => {
  expect(await docker('run', '--rm', '--runtime=runnc', '--entrypoint=/hello', image, 'x')).toEqual(hello);
});

test('--interactive: what is on the standard input harms nobody', async () => {
  expect(await dockerWithInput('some input\n', 'run', '--rm', '--interactive', '--runtime=runnc', image, '/hello', 'x')).toEqual(
    hello,
  );
});

test('--detach --rm removes the container when it has stopped', async () => {
  const id = await must('run', '--detach', '--rm', '--runtime=runnc', image, '/sleep');
  await must('stop', id);
  // Docker says that it has stopped before it is removed.
  const listed = async () => (await docker('ps', '--all', '--quiet', '--no-trunc')).stdout;
  await until('it is removed', 30_000, async () => !(await listed()).includes(id));
});

test('--user, --oom-score-adj, --ulimit and --hostname are what the process has', async () => {
  const options = [
    '--user=1234:2345',
    '--group-add=3456',
    '--oom-score-adj=321',
    '--ulimit=nofile=77:88',
    '--hostname=the-guest',
  ];
  const id = await start(['/sleep'], options);
  await says(id, 'sleeping');
  const pid = await pidOf(id);
  const status = readProc(pid, 'status');
  expect(status).toMatch(/^Uid:\t1234\t1234\t1234\t1234$/m);
  expect(status).toMatch(/^Gid:\t2345\t2345\t2345\t2345$/m);
  expect(status).toMatch(/^Groups:.*\b3456\b/m);
  expect(readProc(pid, 'oom_score_adj')).toBe('321\n');
  expect(readProc(pid, 'limits')).toMatch(/^Max open files +77 +88 /m);
});

test('--privileged and --cap-add give a guest nothing', async () => {
  const id = await start(['/sleep'], ['--privileged', '--cap-add=ALL']);
  await says(id, 'sleeping');
  const status = readProc(await pidOf(id), 'status');
  expect(status).toMatch(/^CapEff:\t0{16}$/m);
  expect(status).toMatch(/^Seccomp:\t2$/m);
  expect((await run(['/forbidden'], ['--privileged'])).status).toBe(159);
});

test('--network=container:ID shares the network namespace', async () => {
  const first = await start(['/sleep']);
  const second = await start(['/sleep'], [`--network=container:${first}`]);
  const [one, two] = [await pidOf(first), await pidOf(second)].map((pid) => readlinkSync(`/proc/${pid}/ns/net`));
  expect(two).toBe(one);
});

test('a volume is not written to, and no file of the image is', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-volume-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(await run(['/hello', 'x'], [`--volume=${folder}:/data`])).toEqual(hello);
  expect(readdirSync(folder)).toEqual([]);
  const id = await must('create', '--runtime=runnc', image, '/hello', 'x');
  await must('start', '--attach', id);
  expect(await must('diff', id)).toBe('');
  await must('rm', id);
});

test('restarting the container a few times in a row changes nothing', async () => {
  const id = await start(['/hello', 'x']);
  for (let round = 0; round < 3; round++) {
    await must('wait', id);
    await must('start', id);
  }
  expect(await must('wait', id)).toBe('0');
  expect((await docker('logs', id)).stdout).toBe(hello.stdout.repeat(4));
});
