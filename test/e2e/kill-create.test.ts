/** SIGKILL for `runnc create` at many points in time: `runnc delete --force` cleans up after each. */
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { until } from './engine/until.ts';
import { type BundleOptions, type CallOptions, workplace } from './workplace.ts';

const place = workplace();
const points = 24;
const killed = 137;

const plain: BundleOptions = {};
/** As with Docker before version 28: everything is there and held while the hook takes its time. */
const hooked: BundleOptions = { hooks: { prestart: [{ path: '/bin/sleep', args: ['sleep', '0.1'] }] } };

const command = (bundle: string) => ['create', '--bundle', bundle, '--pid-file', path.join(bundle, 'pid'), 'killed'];

/** Creates a container and deletes it, whatever has become of it: returns the status of create. */
async function createAndDelete(
  options: BundleOptions,
  run: (args: readonly string[]) => Promise<{ status: number }>,
): Promise<number> {
  const bundle = place.bundle('killed', ['/sleep'], options);
  rmSync(path.join(bundle, 'pid'), { force: true });
  const { status } = await run(command(bundle));
  if (status === 0) expect(existsSync(path.join(bundle, 'pid'))).toBe(true);
  const { status: deleted, stdout, stderr } = await place.runnc(['delete', '--force', 'killed']);
  expect({ deleted, stdout, stderr }).toEqual({ deleted: 0, stdout: '', stderr: '' });
  expect((await place.runnc(['state', 'killed'])).stderr).toContain('does not exist');
  // A hook is its own process, and may be asleep still.
  await until('the hook has ended', 60_000, () => !place.left().some((line) => line.includes('sleep 0.1')));
  expect(place.left()).toEqual([]);
  return status;
}

const killedAfter = (milliseconds: number): CallOptions => ({
  started: (kill) => void setTimeout(() => kill('SIGKILL'), milliseconds),
});

test.each([
  ['', plain],
  [', with a prestart hook', hooked],
])(`killed at ${points} points in time%s`, async (_what, options) => {
  const durations: number[] = [];
  for (let round = 0; round < 5; round++) {
    await createAndDelete(options, async (args) => {
      const before = performance.now();
      const ended = await place.must(args);
      durations.push(performance.now() - before);
      return ended;
    });
  }
  // Not the longest: a single slow one would put most of the points behind the end of the others.
  const usual = durations.sort((one, other) => one - other)[2] as number;
  const statuses = [];
  for (let point = 0; point < points; point++) {
    statuses.push(await createAndDelete(options, (args) => place.runnc(args, killedAfter((1.2 * usual * point) / points))));
  }
  expect(statuses.filter((status) => status !== killed && status !== 0)).toEqual([]);
  expect(statuses.filter((status) => status === killed).length).toBeGreaterThan(points / 4);
});

/** What changes something outside of the process, or starts another one. */
const effects =
  'mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,mknod,mknodat,write,pwrite64,writev,flock,pipe2,clone,clone3,vfork,fork,memfd_create,wait4';

test('killed before each of its system calls that has an effect', async () => {
  for (let call = 1; ; call++) {
    const strace = [
      'strace',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${effects}`,
      '-e',
      `inject=${effects}:signal=KILL:when=${call}`,
    ];
    const status = await createAndDelete(plain, (args) =>
      place.call([...strace, inject('runnc'), '--root', place.root, ...args], {}),
    );
    if (status === 0) {
      expect(call).toBeGreaterThan(20);
      return;
    }
    expect(status).toBe(killed);
  }
});
