/**
 * hvt guests through Docker, on this machine's KVM: what they do, and that they are like any other for every command. A KVM that
 * is emulated may not know all instructions; what it cannot run is in test/hvt/cases.ts, and runs in npm run test:hvt.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cases, nameOf } from '../hvt/cases.ts';
import { containers } from './containers.ts';
import { nothingLeft, traces } from './engine/traces.ts';
import { lifecycleChecks } from './lifecycle-checks.ts';

const place = containers('hvt');
const { run, must, start, inspect, says, pidOf, address } = place;
const checks = lifecycleChecks(place);
const MiB = 2 ** 20;
const missing = existsSync('/dev/kvm') ? '' : ' (needs /dev/kvm)';

const emulationFailed = {
  status: 70,
  stdout: '',
  stderr: expect.stringMatching(/^runnc: hvt: the guest was stopped: internal error of KVM, suberror 0x1 \(rip 0x[0-9a-f]+\)\n$/),
};

describe.skipIf(missing)(`on this machine's KVM${missing}`, () => {
  const exceedsMemory = checks.exceedsMemory();
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
  ])('stop ends %s at once, with 143', (guest, text) => checks.stops(guest, text));

  test.each([
    ['KILL', 137],
    ['INT', 130],
    ['QUIT', 131],
    ['HUP', 129],
  ])('kill --signal=%s ends it with %s', (signal, status) => checks.endsBy(signal, status));

  test('pause stops the guest and unpause lets it go on', () => checks.pauses());

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

  test('a guest that exceeds its memory ends with 137, and Docker knows why', exceedsMemory);

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

  test('restart, and start after stop, make a new machine', async () => checks.restarts(await start(['/sleep'])));

  test('with --tty lines end as on a terminal, and stop works', async () => {
    const stdout = 'Hello from a unikernel\r\ncommand line: <x>\r\n';
    expect(await run(['/hello', 'x'], ['--tty'])).toEqual({ stdout, stderr: '', status: 0 });
    const id = await start(['/sleep'], ['--tty']);
    await says(id, 'sleeping\r\n');
    await must('stop', '--time', '30', id);
    expect(await must('wait', id)).toBe('143');
  });
});
