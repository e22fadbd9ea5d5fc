/** Docker's commands on a container that runs in the background: as with runc. */
import { expect, onTestFinished, test } from 'vitest';
import { containers } from './containers.ts';
import { until } from './engine/until.ts';
import { lifecycleChecks } from './lifecycle-checks.ts';

const place = containers();
const { docker, must, start, inspect, says } = place;
const checks = lifecycleChecks(place);

test('run --detach, ps, logs, inspect, wait, rm', async () => {
  const id = await start(['/sleep', '1'], ['--name', 'of-one-second', '--env', 'COLOUR=blue and "green"', '--label', 'a=b']);
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(await must('ps', '--no-trunc', '--format', '{{.ID}} {{.Names}} {{.Command}} {{.State}}')).toContain(
    `${id} of-one-second "/sleep 1" running`,
  );
  expect(await inspect(id, 'HostConfig.Runtime')).toBe('runnc');
  expect(await inspect(id, 'Config.Env')).toContain('COLOUR=blue and "green"');
  expect(await must('wait', 'of-one-second')).toBe('0');
  expect(await docker('logs', 'of-one-second')).toEqual({ stdout: 'sleeping\nawake\n', stderr: '', status: 0 });
  expect(await inspect(id, 'State')).toMatchObject({
    Status: 'exited',
    Running: false,
    Pid: 0,
    ExitCode: 0,
    OOMKilled: false,
    Error: '',
  });
  await must('rm', 'of-one-second');
  expect((await docker('inspect', id)).status).not.toBe(0);
});

test('wait tells the status of the guest', async () => {
  expect(await must('wait', await start(['/exit-code', '7']))).toBe('7');
});

test.each([
  ['sleep', 'sleeping'],
  ['spin', 'spinning'],
])('stop ends %s at once, with 143', (guest, text) => checks.stops(guest, text));

test.each([
  ['KILL', 137],
  ['TERM', 143],
  ['INT', 130],
  ['QUIT', 131],
  ['HUP', 129],
])('kill --signal=%s ends it with %s', (signal, status) => checks.endsBy(signal, status));

test('a signal that nobody handles changes nothing', async () => {
  const id = await start(['/sleep']);
  await says(id, 'sleeping');
  await must('kill', '--signal=USR1', id);
  expect(await inspect(id, 'State.Running')).toBe(true);
});

test('kill, stop and rm of what has stopped say so or do nothing', async () => {
  const id = await start(['/exit-code', '0']);
  await must('wait', id);
  expect((await docker('kill', id)).stderr).toContain('is not running');
  await must('stop', id);
  await must('rm', id);
});

test('rm --force ends a guest that runs', async () => {
  const id = await start(['/sleep']);
  await must('rm', '--force', id);
  expect((await docker('inspect', id)).status).not.toBe(0);
});

test('rm without --force refuses a guest that runs', async () => {
  const id = await start(['/sleep']);
  const { status, stderr } = await docker('rm', id);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('running container') });
  expect(await inspect(id, 'State.Running')).toBe(true);
});

test('create and start, stop and start, restart', async () => {
  const id = await must('create', '--runtime=runnc', 'guests', '/sleep');
  onTestFinished(async () => {
    await docker('rm', '--force', id);
  });
  expect(await inspect(id, 'State.Status')).toBe('created');
  await must('start', id);
  await checks.restarts(id);
});

test('--restart=on-failure:2 starts a failing guest two times more', async () => {
  const id = await start(['/exit-code', '3'], ['--restart=on-failure:2']);
  await until(
    'it is given up',
    30_000,
    async () => (await inspect(id, 'State.Status')) === 'exited' && (await inspect(id, 'RestartCount')) === 2,
  );
  expect(await inspect(id, 'State.ExitCode')).toBe(3);
});

test('start --attach shows the output and ends with the status', async () => {
  const id = await must('create', '--runtime=runnc', 'guests', '/hello', 'x');
  expect(await docker('start', '--attach', id)).toEqual({
    stdout: 'Hello from a unikernel\ncommand line: <x>\n',
    stderr: '',
    status: 0,
  });
  await must('rm', id);
});

test('pause stops the guest and unpause lets it go on', () => checks.pauses());

test('a paused guest can be killed and removed', async () => {
  const id = await start(['/echo-loop']);
  await must('pause', id);
  await must('rm', '--force', id);
});

test('top shows one process, stats its memory', async () => {
  const id = await start(['/sleep'], ['--memory=32m']);
  const [head, ...processes] = (await must('top', id)).split('\n');
  expect({ head, processes }).toEqual({ head: expect.stringContaining('PID'), processes: [expect.stringContaining('sleep')] });
  const stats = JSON.parse(await must('stats', '--no-stream', '--format', '{{json .}}', id));
  expect(stats).toMatchObject({ PIDs: '1', MemUsage: expect.stringMatching(/^[\d.]+(Ki|Mi)B \/ 32MiB$/) });
});

test('exec is refused with a sentence, and the guest runs on', async () => {
  const id = await start(['/sleep']);
  const { status, stderr, stdout } = await docker('exec', id, '/hello');
  expect(status).not.toBe(0);
  expect(`${stdout}${stderr}`).toContain('exec is not possible: a unikernel is one program');
  expect(await inspect(id, 'State.Running')).toBe(true);
});

test('a second container of the same name is refused, and the first one runs on', async () => {
  const id = await start(['/sleep'], ['--name', 'the-only-one']);
  const { status, stderr } = await docker('run', '--rm', '--runtime=runnc', '--name', 'the-only-one', 'guests', '/hello');
  expect({ status, stderr }).toEqual({ status: 125, stderr: expect.stringContaining('already in use') });
  expect(await inspect(id, 'State.Running')).toBe(true);
});

test('info knows the runtime', async () => {
  expect(JSON.parse(await must('info', '--format', '{{json .Runtimes}}'))).toHaveProperty('runnc');
});
