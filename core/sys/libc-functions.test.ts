import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { answers } from './testing/libc-calls.ts';

const packages = path.dirname(path.dirname(createRequire(import.meta.url).resolve('vitest/package.json')));
const bun = path.join(packages, '@oven', process.arch === 'x64' ? 'bun-linux-x64' : 'bun-linux-aarch64', 'bin/bun');
const calls = pathToFileURL(fileURLToPath(new URL('testing/libc-calls.ts', import.meta.url))).href;

test('libc answers the same through koffi and through the engine of the single executable', async () => {
  const script = `import { answers } from ${JSON.stringify(calls)}; console.log(JSON.stringify(await answers()));`;
  const compiled = execFileSync(bun, [`--conditions=compiled-${process.arch}`, '-e', script], { encoding: 'utf8' });
  const answered = await answers();
  expect(JSON.parse(compiled)).toEqual(JSON.parse(JSON.stringify(answered)));
  expect(answered).toMatchObject({
    clock: [0, true, { result: -1, errno: 22 }],
    closed: { result: -1, errno: 9 },
    far: { result: 5_000_000_000, errno: 0 },
    holes: [
      { result: 0, errno: 0 },
      { result: -1, errno: 6 },
    ],
    terminal: { result: -1, errno: 25 },
    copy: true,
    self: true,
    spawned: { isIt: true, status: 3, said: 'with blanks ünïcode value\n' },
    pipes: { got: 7, said: 'through', ends: [true, true] },
    sleeping: [undefined, 137],
    fifo: [true, 0o600, 'making the fifo it: EEXIST (file already exists)'],
    inside: [true, 'opening: ENOENT (no such file or directory)'],
    sockets: [
      { result: -1, errno: 2 },
      { result: -1, errno: 92 },
    ],
  });
});
