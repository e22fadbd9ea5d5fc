/** Several processes at once on one container, as when an engine and an operator disagree. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { recordOf, temporaryStore } from './testing/record.ts';

/** Beside node_modules, where koffi is found. */
const folder = join(import.meta.dirname, '../../build', `store-${process.pid}`);

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const options = { bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'silent' } as const;
  await build({ ...options, entryPoints: [join(import.meta.dirname, 'store.ts')], outfile: join(folder, 'store.mjs') });
  return () => rmSync(folder, { recursive: true });
});

/** Runs `body` in several processes at once; what each has written, word by word. */
async function inProcesses(count: number, root: string, body: string): Promise<string[]> {
  const file = join(folder, 'body.mjs');
  writeFileSync(file, `import { Store } from './store.mjs'; const store = new Store(${JSON.stringify(root)});\n${body}`);
  const all = Array.from({ length: count }, () => execa('node', [file], { timeout: 20_000 }));
  return (await Promise.all(all)).flatMap(({ stdout }) => stdout.split(/\s+/).filter((word) => word !== ''));
}

test('of several that reserve an id at once one gets it', { timeout: 30_000 }, async () => {
  const store = temporaryStore();
  const record = JSON.stringify(recordOf('one'));
  const start = Date.now() + 700;
  const body = `
    while (Date.now() < ${start});
    for (let round = 0; round < 20; round++) {
      const record = { ...${record}, id: 'id' + round };
      await store.reserve(record).then((held) => { console.log('won'); held.release(); }, ({ code }) => console.log(code));
    }`;
  const words = await inProcesses(6, store.root, body);
  expect(words.filter((word) => word === 'won')).toHaveLength(20);
  expect(words.filter((word) => word === 'ERR_CONTAINER_EXISTS')).toHaveLength(100);
  expect(readdirSync(store.root)).toHaveLength(20);
});

test('whoever makes and removes the same container at once, no record is seen half made and nothing is left', {
  timeout: 30_000,
}, async () => {
  const store = temporaryStore();
  const body = `
    const record = ${JSON.stringify(recordOf('one'))};
    const codes = new Set();
    const count = (error) => codes.add(error.code ?? error.message);
    for (let round = 0; round < 100; round++) {
      await store.reserve(record).then((held) => { held.save({ planned: true }); held.release(); }, count);
      try { store.records((sentence) => codes.add(sentence)); } catch (error) { count(error); }
      await store.hold('one').then((held) => held.remove(), count);
    }
    console.log([...codes].join(' '));`;
  const codes = new Set(await inProcesses(4, store.root, body));
  expect([...codes].filter((code) => !['ERR_CONTAINER_EXISTS', 'ERR_NO_CONTAINER'].includes(code))).toEqual([]);
  expect(readdirSync(store.root)).toEqual([]);
});
