/** Many containers at once: none is lost, none stays. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { containers, image } from './containers.ts';
import { readProc } from './engine/processes.ts';
import { nothingLeft, traces } from './engine/traces.ts';
import { until } from './engine/until.ts';
import { workplace } from './workplace.ts';

const { docker, address, must, run, start } = containers();
const place = workplace();
const count = 20;
const names = Array.from({ length: count }, (_, index) => `parallel-${index}`);

/** Processes of the engine that have ended, and that a parent which goes on has not waited for. */
function zombies(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readProc(Number(pid), 'stat'))
    .filter((stat) => {
      const [pid = 0, parent = 1] = [/^\d+/, /(?<=\) Z )\d+/].map((part) => Number(part.exec(stat)?.[0] ?? 1));
      return parent !== 1 && readProc(pid, 'cgroup').includes(address.cgroupParent);
    });
}

const noZombies = () => until('all zombies are gone', 60_000, () => zombies().length === 0);

test.each([1, 2, 3])(`${count} containers are started and removed at once (%s)`, async () => {
  const before = await traces(address);
  const started = await Promise.all(
    names.map((name) => docker('run', '--detach', '--runtime=runnc', '--name', name, image, '/sleep')),
  );
  expect(started.filter(({ status }) => status !== 0)).toEqual([]);
  const running = (await must('ps', '--format', '{{.Names}} {{.State}}')).split('\n').sort();
  expect(running).toEqual(names.map((name) => `${name} running`).sort());
  // One by one: containers that leave a network at the same time can lock up a Docker before version 23 (moby/moby#42545).
  for (const name of names) await must('network', 'disconnect', 'bridge', name);
  const removed = await Promise.all(names.map((name) => docker('rm', '--force', name)));
  expect(removed.filter(({ status }) => status !== 0)).toEqual([]);
  await nothingLeft(address, before);
  await noZombies();
});

test(`${count} containers that end by themselves give back all`, async () => {
  // In a network that none of them leaves, for the same reason.
  const network = `--network=container:${await start(['/sleep'])}`;
  const before = await traces(address);
  const ended = await Promise.all(names.map((_, index) => run(['/exit-code', String(index)], [network])));
  expect(ended.map(({ status, stderr }) => ({ status, stderr }))).toEqual(names.map((_, status) => ({ status, stderr: '' })));
  await nothingLeft(address, before);
  await noZombies();
});

test.each([1, 2, 3])(`${count} containers at once without an engine (%s)`, async () => {
  await Promise.all(names.map((name) => place.must(['create', '--bundle', place.bundle(name, ['/sleep']), name])));
  expect((await place.must(['list', '--quiet'])).stdout.trimEnd().split('\n')).toEqual([...names].sort());
  await Promise.all(names.map((name) => place.must(['start', name])));
  for (const name of names) expect(await place.state(name)).toMatchObject({ id: name, status: 'running' });
  await Promise.all(names.map((name) => place.must(['delete', '--force', name])));
  expect(place.left()).toEqual([]);
});

test('of many that create the same container at once one succeeds, and it is whole', async () => {
  const bundle = place.bundle('only-one', ['/sleep']);
  const tries = await Promise.all(names.map(() => place.runnc(['create', '--bundle', bundle, 'only-one'])));
  const refused = tries.filter(({ status }) => status !== 0);
  expect(refused).toHaveLength(count - 1);
  for (const { stderr } of refused) expect(stderr).toMatch(/^runnc: .*(exists already|in use|not empty|only-one).*\n$/);
  await place.must(['start', 'only-one']);
  expect(await place.state('only-one')).toMatchObject({ status: 'running' });
  await place.must(['delete', '--force', 'only-one']);
  expect(place.left()).toEqual([]);
});

test('commands on one container at once: one start succeeds, all deletes do', async () => {
  await place.must(['create', '--bundle', place.bundle('contended', ['/sleep']), 'contended']);
  const starts = await Promise.all([1, 2, 3, 4].map(() => place.runnc(['start', 'contended'])));
  expect(starts.filter(({ status }) => status === 0)).toHaveLength(1);
  const deletes = await Promise.all([1, 2, 3, 4].map(() => place.runnc(['delete', '--force', 'contended'])));
  expect(deletes.map(({ status, stderr }) => ({ status, stderr }))).toEqual(deletes.map(() => ({ status: 0, stderr: '' })));
  expect(place.left()).toEqual([]);
});
