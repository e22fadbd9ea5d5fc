/**
 * hvt guests through Docker, on this machine's KVM: what they do, and that they are like any other for every command. A KVM that
 * is emulated may not know all instructions; what it cannot run is in test/hvt/cases.ts, and runs in npm run test:hvt.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { cases, nameOf } from '../hvt/cases.ts';
import { containers } from './containers.ts';
import { nothingLeft, traces } from './engine/traces.ts';
import { until } from './engine/until.ts';

const { docker, run, must, start, inspect, says, pidOf, address } = containers('hvt');
const MiB = 2 ** 20;
const missing = existsSync('/dev/kvm') ? '' : ' (needs /dev/kvm)';

const emulationFailed = {
  status: 70,
  stdout: '',
  stderr: expect.stringMatching(/^runnc: hvt: the guest was stopped: internal error of KVM, suberror 0x1 \(rip 0x[0-9a-f]+\)\n$/),
};

describe.skipIf(missing)(`on this machine's KVM${missing}`, () => {
  const quick = cases.filter(({ tooSlow }) => tooSlow === undefined);
  test.each(quick.map((expected) => ({ name: nameOf(expected), ...expected })))('$name', async ({ guest, args, ...expected }) => {
    const matching = (text: string | RegExp) => (typeof text === 'string' ? text : expect.stringMatching(text));
    const result = await run([`/${guest}`, ...args]);
    if (expected.notEmulated !== undefined && result.status === 70) {
      expect(result).toEqual(emulationFailed);
      return;
    }
    const { status, stdout, stderr } = expected;
    expect(result).toEqual({ status, stdout: matching(stdout), stderr: matching(stderr) });
  });

  test('leaves nothing, however it ends', async () => {
    const before = await traces(address);
    await run(['/hello']);
    await run(['/crash']);
    const id = await start(['/sleep']);
    await must('kill', id);
    await must('rm', '--force', id);
    await nothingLeft(address, before);
  });

  test.each([
    ['sleep', 'sleeping'],
    ['spin', 'spinning'],
  ])('stop ends %s at once, with 143', async (guest, says_) => {
    const id = await start([`/${guest}`]);
    await says(id, says_);
    const before = Date.now();
    await must('stop', '--time', '30', id);
    expect(Date.now() - before).toBeLessThan(25_000);
    expect(await inspect(id, 'State')).toMatchObject({ Status: 'exited', ExitCode: 143, OOMKilled: false });
  });

  test.each([
    ['KILL', 137],
    ['INT', 130],
    ['QUIT', 131],
    ['HUP', 129],
  ])('kill --signal=%s ends it with %s', async (signal, expected) => {
    const id = await start(['/sleep']);
    await says(id, 'sleeping');
    await must('kill', `--signal=${signal}`, id);
    expect(await must('wait', id)).toBe(String(expected));
  });

  test('pause stops the guest and unpause lets it go on', async () => {
    const id = await start(['/echo-loop']);
    await says(id, 'line 2\n');
    await must('pause', id);
    const { stdout } = await docker('logs', id);
    await sleep(500);
    expect((await docker('logs', id)).stdout).toBe(stdout);
    await must('unpause', id);
    await until('it says more', 60_000, async () => (await docker('logs', id)).stdout.length > stdout.length);
  });

  test('top shows one process, which has no thread but KVM itself makes one, and no privileges', async () => {
    const id = await start(['/sleep'], ['--memory=32m']);
    await says(id, 'sleeping');
    expect((await must('top', id)).split('\n')).toHaveLength(2);
    const process = `/proc/${await pidOf(id)}`;
    const threads = readdirSync(`${process}/task`).map((thread) => readFileSync(`${process}/task/${thread}/comm`, 'utf8').trim());
    expect(threads.filter((name) => !name.startsWith('kvm-nx-lpage'))).toEqual(['sleep']);
    const status = readFileSync(`${process}/status`, 'utf8');
    expect(status).toMatch(/^Seccomp:\t2$/m);
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  });

  test.each([8, 16, 64])('-m %sm: the guest is told less, in whole 2 MiB, and can use all of it', async (limit) => {
    const { stdout, stderr, status } = await run(['/big-memory'], [`--memory=${limit}m`]);
    expect({ stderr, status, stdout }).toEqual({ stderr: '', status: 0, stdout: expect.stringMatching(/done\n$/) });
    const told = Number(/^memory: (\d+)$/m.exec(stdout)?.[1]);
    expect(told % (2 * MiB)).toBe(0);
    expect(told).toBeLessThan(limit * MiB);
    expect(told).toBeGreaterThanOrEqual((limit * 0.85 - 2) * MiB);
  });

  test('a guest that exceeds its memory ends with 137, and Docker knows why', async () => {
    const id = await start(['/big-memory', '3000'], ['--memory=64m']);
    await says(id, 'memory: ');
    await must('update', '--memory=16m', '--memory-swap=16m', id);
    expect(await must('wait', id)).toBe('137');
    expect(await inspect(id, 'State')).toMatchObject({ OOMKilled: true, ExitCode: 137, Status: 'exited' });
  });

  test('update and stats know its limits', async () => {
    const id = await start(['/sleep'], ['--memory=64m', '--pids-limit=20']);
    await says(id, 'sleeping');
    await must('update', '--memory=32m', '--memory-swap=32m', '--cpu-shares=512', '--pids-limit=10', id);
    const { MemUsage, PIDs } = JSON.parse(await must('stats', '--no-stream', '--format', '{{json .}}', id));
    expect(MemUsage).toContain('/ 32MiB');
    expect(Number(PIDs)).toBeGreaterThanOrEqual(1);
    expect(await inspect(id, 'HostConfig.PidsLimit')).toBe(10);
  });

  test.each([2, 100])('--pids-limit=%i leaves it what it needs', async (limit) => {
    expect(await run(['/hello', 'x'], [`--pids-limit=${limit}`])).toEqual({
      stdout: 'Hello from a unikernel\ncommand line: <x>\n',
      stderr: '',
      status: 0,
    });
  });

  test('restart, and start after stop, make a new machine', async () => {
    const id = await start(['/sleep']);
    await says(id, 'sleeping');
    const first = await inspect(id, 'State.Pid');
    await must('restart', id);
    await until('it sleeps again', 60_000, async () => (await docker('logs', id)).stdout === 'sleeping\nsleeping\n');
    expect(await inspect(id, 'State.Pid')).not.toBe(first);
    await must('stop', id);
    await must('start', id);
    expect(await inspect(id, 'State.Running')).toBe(true);
  });

  test('with --tty lines end as on a terminal, and stop works', async () => {
    const stdout = 'Hello from a unikernel\r\ncommand line: <x>\r\n';
    expect(await run(['/hello', 'x'], ['--tty'])).toEqual({ stdout, stderr: '', status: 0 });
    const id = await start(['/sleep'], ['--tty']);
    await says(id, 'sleeping\r\n');
    await must('stop', '--time', '30', id);
    expect(await must('wait', id)).toBe('143');
  });
});
