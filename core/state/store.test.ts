import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { lock } from './lock.ts';
import { execFifo } from './record.ts';
import { recordOf, temporaryStore } from './testing/record.ts';

const nobody = () => expect.unreachable();

test('what is reserved can be read, is listed, and is for root alone', async () => {
  const store = temporaryStore();
  const held = await store.reserve(recordOf('one'));
  expect(held.directory).toBe(store.directory('one'));
  expect(store.read('one')).toEqual(recordOf('one'));
  expect(store.records(nobody)).toEqual([recordOf('one')]);
  expect(statSync(held.directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(held.directory, 'state.json')).mode & 0o777).toBe(0o600);
  held.release();
});

test('an id is reserved once, and again when it was removed', async () => {
  const store = temporaryStore();
  const held = await store.reserve(recordOf('one'));
  const again = expect.objectContaining({ code: 'ERR_CONTAINER_EXISTS', message: 'container with id one exists already' });
  await expect(store.reserve(recordOf('one'))).rejects.toEqual(again);
  expect(() => store.demandFree('one')).toThrow(again);
  held.remove();
  store.demandFree('one');
  (await store.reserve(recordOf('one'))).remove();
  expect(readdirSync(store.root)).toEqual([]);
});

test('what is saved is there for the next one who holds it', async () => {
  const store = temporaryStore();
  const held = await store.reserve(recordOf('one'));
  held.save({ planned: true });
  held.save({ blocks: [] });
  expect(held.record).toMatchObject({ planned: true, blocks: [] });
  held.release();
  const next = await store.hold('one');
  expect(next.record).toEqual({ ...recordOf('one'), planned: true, blocks: [] });
  next.release();
  next.release();
});

test('a second command waits until the first has released', async () => {
  const store = temporaryStore();
  const held = await store.reserve(recordOf('one'));
  const order: string[] = [];
  const second = store.hold('one').then((next) => {
    order.push('held');
    next.release();
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  order.push('released');
  held.release();
  await second;
  expect(order).toEqual(['released', 'held']);
});

test('a clock that is set meanwhile does not cut the wait short', async () => {
  const store = temporaryStore();
  const held = await store.reserve(recordOf('one'));
  const second = store.hold('one');
  await new Promise((resolve) => setTimeout(resolve, 30));
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Number.MAX_SAFE_INTEGER);
  await new Promise((resolve) => setTimeout(resolve, 60));
  held.release();
  (await second).release();
  clock.mockRestore();
});

test('a command that waits for a container that is removed is told that there is none', async () => {
  const store = temporaryStore();
  const held = await store.reserve(recordOf('one'));
  const waiting = expect(store.hold('one')).rejects.toMatchObject({ code: 'ERR_NO_CONTAINER' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  held.remove();
  await waiting;
});

test('a command that waits for a container that is removed and made again gets the new one', async () => {
  const store = temporaryStore();
  const held = await store.reserve(recordOf('one', { bundle: '/old' }));
  const waiting = store.hold('one');
  await new Promise((resolve) => setTimeout(resolve, 5));
  held.remove();
  (await store.reserve(recordOf('one', { bundle: '/new' }))).release();
  const next = await waiting;
  expect(next.record.bundle).toBe('/new');
  next.release();
});

test('patience with another command ends', async () => {
  const store = temporaryStore();
  const held = await store.reserve(recordOf('one'));
  vi.useFakeTimers();
  const waiting = expect(store.hold('one')).rejects.toMatchObject({
    code: 'ERR_BUSY',
    message: 'container one is held by another runnc command, or a program that one has run, for more than 10 s',
  });
  await vi.advanceTimersByTimeAsync(11_000);
  vi.useRealTimers();
  await waiting;
  held.release();
});

test('a lock that the kernel refuses is told as what it is, at once', async () => {
  await expect(lock(1_000_000, 'one')).rejects.toMatchObject({
    code: 'ERR_SYSCALL',
    message: 'locking the folder of container one: EBADF (bad file descriptor)',
  });
});

test('a created container runs when its fifo is gone', async () => {
  const store = temporaryStore();
  const held = await store.reserve(recordOf('one', { phase: 'created' }));
  writeFileSync(join(held.directory, execFifo), '');
  expect(store.read('one').phase).toBe('created');
  rmSync(join(held.directory, execFifo));
  expect(store.read('one').phase).toBe('running');
  held.release();
});

test('there is no container where there is no root, no folder, no record, or a file', async () => {
  const store = temporaryStore();
  const missing = expect.objectContaining({ code: 'ERR_NO_CONTAINER', message: 'container one does not exist' });
  expect(() => store.read('one')).toThrow(missing);
  await expect(store.hold('one')).rejects.toEqual(missing);
  expect(store.records(nobody)).toEqual([]);
  mkdirSync(store.directory('one'), { recursive: true });
  expect(() => store.read('one')).toThrow(missing);
  await expect(store.hold('one')).rejects.toEqual(missing);
  writeFileSync(join(store.root, 'two'), '');
  await expect(store.hold('two')).rejects.toMatchObject({ code: 'ERR_NO_CONTAINER' });
  expect(store.records(nobody)).toEqual([]);
});

test.each([
  ['', /state\.json is damaged$/],
  ['{"schema": 1', /state\.json is damaged$/],
  ['null', /written by another version of runnc \(schema undefined, not 1\)$/],
  ['{"schema": 2}', /written by another version of runnc \(schema 2, not 1\)$/],
])('the record %j is refused, and hides no other container', async (text, message) => {
  const store = temporaryStore();
  for (const id of ['bad', 'good']) (await store.reserve(recordOf(id))).release();
  writeFileSync(join(store.directory('bad'), 'state.json'), text);
  expect(() => store.read('bad')).toThrow(
    expect.objectContaining({ code: 'ERR_STATE', message: expect.stringMatching(message) }),
  );
  await expect(store.hold('bad')).rejects.toMatchObject({ code: 'ERR_STATE' });
  const told: string[] = [];
  expect(store.records((sentence) => told.push(sentence)).map(({ id }) => id)).toEqual(['good']);
  expect(told).toHaveLength(1);
});

test.each([1, 200, 201, 1024])('an id of %i characters is kept, listed under its own name, and removed', async (length) => {
  const store = temporaryStore();
  const id = 'x'.repeat(length);
  (await store.reserve(recordOf(id))).release();
  expect(store.records(nobody).map(({ id }) => id)).toEqual([id]);
  (await store.hold(id)).remove();
  expect(readdirSync(store.root)).toEqual([]);
});

test('drafts of makers that died are removed, and those of living ones and of other containers are not', async () => {
  const store = temporaryStore();
  const held = await store.reserve(recordOf('one'));
  const [dead, alive, other] = [`~one~${2 ** 22 + 1}`, `~one~${process.pid}`, `~one.two~${2 ** 22 + 1}`];
  for (const draft of [dead, alive, other]) mkdirSync(join(store.root, draft, 'folder'), { recursive: true });
  store.removeDrafts('one');
  expect(readdirSync(store.root).sort()).toEqual(['one', other, alive].sort());
  expect(store.records(nobody)).toHaveLength(1);
  held.release();
  store.removeDrafts('never');
});

test("a draft of an earlier process with the same number is in nobody's way", async () => {
  const store = temporaryStore();
  mkdirSync(join(store.root, `~one~${process.pid}`, 'left'), { recursive: true });
  const held = await store.reserve(recordOf('one'));
  mkdirSync(join(store.root, `~one~${process.pid}`, 'left'), { recursive: true });
  held.remove();
  expect(readdirSync(store.root)).toEqual([]);
});

test('a record that cannot be written leaves no draft', async () => {
  const store = temporaryStore();
  const circular: { self?: unknown } = {};
  circular.self = circular;
  await expect(store.reserve(recordOf('one', { annotations: circular as Record<string, string> }))).rejects.toThrow();
  expect(readdirSync(store.root)).toEqual([]);
});
