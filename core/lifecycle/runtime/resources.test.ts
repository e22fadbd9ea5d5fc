import { expect, test } from 'vitest';
import type { Container, Json } from '../../plugin.ts';
import type { TakenResource } from '../../state/record.ts';
import { type Ledger, Resources } from './resources.ts';

const container = { id: 'one' } as Container;

/** A ledger as state.json keeps it: what is saved is only what JSON can say. */
function written(resources: readonly TakenResource[] = []): Ledger & { readonly history: string[] } {
  let now = resources;
  const history: string[] = [];
  return {
    history,
    get resources() {
      return now;
    },
    save(resources) {
      now = resources;
      history.push(
        resources.map(({ name, state }) => (state === undefined ? `${name}?` : `${name}=${JSON.stringify(state)}`)).join(' '),
      );
    },
  };
}

/** Resources whose every release is noted, and fails where it is told to. */
function noting(names: readonly string[], failing: readonly string[] = []) {
  const resources = new Resources();
  const released: [string, Json | undefined][] = [];
  const handles = names.map((name) =>
    resources.register<number, number>({
      name,
      acquire: async (_, input) => {
        if (input < 0) throw new Error(`${name} cannot be had`);
        return input * 2;
      },
      release: async (_, state) => {
        released.push([name, state]);
        if (failing.includes(name)) throw new Error(`${name} is stuck`);
      },
    }),
  );
  const take = (index: number, input: number) => (handles[index] as (typeof handles)[0]).take(container, input);
  return { resources, released, take };
}

test('what is taken is written down before and after, and returned', async () => {
  const { resources, take } = noting(['tap', 'image']);
  const ledger = written();
  resources.attach(ledger);
  expect(await take(0, 4)).toBe(8);
  expect(await take(1, 5)).toBe(10);
  expect(ledger.history).toEqual(['tap?', 'tap=8', 'tap=8 image?', 'tap=8 image=10']);
});

test('what is taken at the same time is all written down', async () => {
  const { resources, take, released } = noting(['tap', 'image']);
  const ledger = written();
  resources.attach(ledger);
  await Promise.all([take(0, 1), take(0, 2), take(1, 3)]);
  expect(ledger.resources).toEqual([
    { name: 'tap', state: 2 },
    { name: 'tap', state: 4 },
    { name: 'image', state: 6 },
  ]);
  await resources.releaseAll(container, ledger);
  expect(released).toEqual([
    ['image', 6],
    ['tap', 4],
    ['tap', 2],
  ]);
});

test('everything is given back in reverse order', async () => {
  const { resources, take, released } = noting(['one', 'two', 'three']);
  const ledger = written();
  resources.attach(ledger);
  for (const index of [0, 1, 2]) await take(index, index);
  await resources.releaseAll(container, ledger);
  expect(released.map(([name]) => name)).toEqual(['three', 'two', 'one']);
  expect(ledger.resources).toEqual([]);
});

test('what could not be taken is given back too, since part of it may be there', async () => {
  const { resources, take, released } = noting(['one', 'two']);
  const ledger = written();
  resources.attach(ledger);
  await take(0, 1);
  await expect(take(1, -1)).rejects.toThrow('two cannot be had');
  await resources.releaseAll(container, ledger);
  expect(released).toEqual([
    ['two', undefined],
    ['one', 2],
  ]);
});

test('what was being taken when the process died is given back by its name, in another process', async () => {
  const { resources, released } = noting(['one', 'two']);
  await resources.releaseAll(container, written([{ name: 'one', state: 1 }, { name: 'two' }]));
  expect(released).toEqual([
    ['two', undefined],
    ['one', 1],
  ]);
});

test('a release that fails keeps no other from being tried, and is kept for the next time', async () => {
  const { resources, released } = noting(['one', 'two', 'three'], ['two']);
  const ledger = written(['one', 'two', 'three'].map((name) => ({ name, state: null })));
  await expect(resources.releaseAll(container, ledger)).rejects.toMatchObject({
    code: 'ERR_LEFT_BEHIND',
    sentence: 'could not give back two (two is stuck); mend the cause and delete the container again',
  });
  expect(released.map(([name]) => name)).toEqual(['three', 'two', 'one']);
  expect(ledger.resources).toEqual([{ name: 'two', state: null }]);
  await expect(resources.releaseAll(container, ledger)).rejects.toThrow('two is stuck');
  expect(released.map(([name]) => name)).toEqual(['three', 'two', 'one', 'two']);
});

test('a resource of a plugin that is not loaded is kept and named', async () => {
  const { resources } = noting([]);
  const ledger = written([{ name: 'unknown', state: 1 }]);
  await expect(resources.releaseAll(container, ledger)).rejects.toThrow(
    'could not give back unknown (no plugin that is loaded knows how)',
  );
  expect(ledger.resources).toEqual([{ name: 'unknown', state: 1 }]);
});

test('a name is registered once, and nothing is taken without a container', async () => {
  const { take } = noting(['one']);
  await expect(take(0, 1)).rejects.toMatchObject({
    code: 'ERR_PLUGIN',
    message: 'the resource one can be taken for a container only',
  });
  expect(() => noting(['one', 'one'])).toThrow('two plugins register the resource one');
});
