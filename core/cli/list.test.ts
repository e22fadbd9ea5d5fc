import { expect, test } from 'vitest';
import { makeContext } from '../lifecycle/context.ts';
import { dead, recordOf, self, temporaryStore } from '../state/testing/record.ts';
import { recordingLog } from '../testing/log.ts';
import { list } from './list.ts';

async function context() {
  const store = temporaryStore();
  (await store.reserve(recordOf('running', { phase: 'running', init: self, annotations: { a: 'b' } }))).release();
  (await store.reserve(recordOf('over', { phase: 'running', init: dead }))).release();
  return makeContext(store.root, recordingLog(), undefined);
}

test('the table has a row for each container, in columns, and no process of one that stopped', async () => {
  const pid = String(process.pid).padEnd(3);
  const rows = list(await context(), 'table').split('\n');
  expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
    ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'],
    ['over', '0', 'stopped', '/bundle', '2026-01-02T03:04:05.678Z', 'root'],
    ['running', pid.trim(), 'running', '/bundle', '2026-01-02T03:04:05.678Z', 'root'],
    [''],
  ]);
  expect(new Set(rows.slice(0, 3).map((row) => row.search(/STATUS|stopped|running {3}\//))).size).toBe(1);
});

test('as JSON it is what runc prints', async () => {
  const [over, running] = JSON.parse(list(await context(), 'json'));
  expect(over).toEqual({
    ociVersion: '1.2.1',
    id: 'over',
    pid: 0,
    status: 'stopped',
    bundle: '/bundle',
    rootfs: '/bundle/rootfs',
    created: '2026-01-02T03:04:05.678Z',
    owner: 'root',
  });
  expect(running).toMatchObject({ id: 'running', pid: process.pid, annotations: { a: 'b' } });
});

test('quietly it is the ids', async () => {
  expect(list(await context(), 'quiet')).toBe('over\nrunning\n');
});

test('without containers there is a heading, an empty list, or nothing', () => {
  const empty = makeContext('/nonexistent', recordingLog(), undefined);
  expect(list(empty, 'table')).toBe('ID   PID   STATUS   BUNDLE   CREATED   OWNER\n');
  expect([list(empty, 'json'), list(empty, 'quiet')]).toEqual(['[]\n', '']);
});
