/** The command line: ids of containers, which are to be used and which are taken. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { commandLine } from './command-line.ts';

const { place, refusal, bare } = commandLine();

test('an id of 1024 characters works, one of 1025 is refused', async () => {
  const id = 'i'.repeat(1024);
  const bundle = place.bundle(id, ['/sleep']);
  await place.must(['create', '--bundle', bundle, id]);
  await place.must(['start', id]);
  expect(await place.state(id)).toMatchObject({ id, status: 'running' });
  expect(JSON.parse((await place.must(['list', '-f', 'json'])).stdout)).toMatchObject([{ id }]);
  await place.must(['delete', '--force', id]);
  expect(await refusal(['create', '--bundle', bundle, `${id}i`])).toContain('1025 characters');
});

test.each(['.', '..', '../x', 'a/b', '/etc', '', ' ', 'a b', 'a\nb', '~x', '%2e', 'ä', '*', 'a\\b', '-\x01'])(
  'the id %j is refused by every command',
  async (id) => {
    const bundle = place.bundle('harmless', ['/sleep']);
    const before = existsSync(place.root) ? readdirSync(place.root) : [];
    for (const args of [
      ['create', '--bundle', bundle],
      ['start'],
      ['state'],
      ['kill'],
      ['delete'],
      ['delete', '--force'],
      ['ps'],
      ['pause'],
    ]) {
      const { status, stderr } = await place.runnc([...args, '--', id]);
      expect({ args, status, stderr }).toEqual({ args, status: 1, stderr: expect.stringMatching(/container id/) });
    }
    expect(existsSync(place.root) ? readdirSync(place.root) : []).toEqual(before);
  },
);

test.each(['a', 'A1', '_', 'a.b', 'a+b-c_d', '1', '.a', 'x..y', '...'])('the id %j works', async (id) => {
  await place.must(['create', '--bundle', place.bundle(id, ['/sleep']), '--', id]);
  expect(await place.state(id)).toMatchObject({ id, status: 'created' });
});

test('a second container with the same id is refused, and the first one goes on', async () => {
  await place.must(['run', '--detach', '--bundle', place.bundle('taken', ['/sleep']), 'taken']);
  const before = await place.state('taken');
  const other = place.bundle('other', ['/sleep']);
  expect(await refusal(['create', '--bundle', other, 'taken'])).toContain('container with id taken exists already');
  expect(await refusal(['run', '--bundle', other, 'taken'])).toContain('container with id taken exists already');
  expect(await place.state('taken')).toEqual(before);
});

test('a second container in the same cgroup is refused, and the first one goes on', async () => {
  await place.must(['run', '--detach', '--bundle', place.bundle('first', ['/sleep']), 'first']);
  const bundle = place.bundle('second', ['/sleep'], { linux: { cgroupsPath: place.cgroupsPath('first') } });
  expect(await refusal(['create', '--bundle', bundle, 'second'])).toContain('is in use by process');
  expect((await place.state('first')).status).toBe('running');
});

test('containers of different roots do not know each other', async () => {
  const root = path.join(place.folder, 'another', 'state');
  await place.must(['create', '--bundle', place.bundle('rooted', ['/sleep']), 'rooted']);
  expect(await bare('--root', root, 'state', 'rooted')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('does not exist'),
  });
  expect(await bare(`--root=${root}`, 'list', '-q')).toMatchObject({ status: 0, stdout: '' });
});
