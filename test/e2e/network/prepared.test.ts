/** A launch that waits for `start` because of the network goes on with what `create` found. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { until } from '../engine/until.ts';
import { createBare } from './bundle.ts';

const words = ['ip=10.9.0.2/24'];

test('what is written to config.json, runnc.config and the image after create has no effect', async () => {
  const bare = await createBare({ words, network: { unmatched: 'ignore' } });
  const edit = (name: string, from: string, to: string) => {
    const file = path.join(bare.folder, name);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain(from);
    writeFileSync(file, text.replace(from, to));
  };
  edit('config.json', '10.9.0.2', '10.9.0.3');
  // There is no interface.
  edit('runnc.config.json', '"ignore"', '"error"');
  rmSync(path.join(bare.folder, 'rootfs/guest'));
  await bare.runnc('start', bare.id);
  await until('the guest serves', 60_000, () => bare.output().includes('serving'));
  expect(bare.output()).toContain(`arguments: ${words[0]}\n`);
});

test('a container without what create found is refused with what to do', async () => {
  const bare = await createBare({ words, network: { unmatched: 'ignore' } });
  const state = path.join(bare.folder, 'state', bare.id, 'prepared.json');
  rmSync(state);
  await expect(bare.runnc('start', bare.id)).rejects.toThrow(
    `${state} cannot be read (ENOENT); the container was created by another version of runnc, or its folder is damaged: delete it, and create it again`,
  );
});

test('a step of the launch that the kernel refuses is named', async () => {
  const bare = await createBare({ words, network: { unmatched: 'ignore' } });
  await execa('prlimit', ['--pid', String(bare.pid), `--as=${64 * 2 ** 20}`]);
  await expect(bare.runnc('start', bare.id)).rejects.toThrow('mapping 512 MiB of guest memory: ENOMEM');
});
