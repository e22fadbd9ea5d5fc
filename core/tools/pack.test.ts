import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { canCompileFor } from '../../scripts/compilers.mjs';
import { buildGuests } from '../../test/guests/build.mjs';
import { pack } from './pack.ts';

const guests = await buildGuests();
const hello = path.join(guests, 'hello.spt');

function packed(more: Partial<Parameters<typeof pack>[0]> = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-pack-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const output = path.join(folder, 'image.tar');
  const said = pack({ files: [hello], tag: 'me/hello', output, entrypoint: undefined, memory: undefined, ...more });
  const unpacked = (name: string) => execFileSync('tar', ['-xOf', output, name]);
  const json = (name: string) => JSON.parse(unpacked(name).toString());
  return { folder, said, output, unpacked, json };
}

test('docker, containerd and OCI find the same layer, in which the program is', () => {
  const data = path.join(mkdtempSync(path.join(tmpdir(), 'runnc-pack-')), 'disk.img');
  onTestFinished(() => rmSync(path.dirname(data), { recursive: true }));
  writeFileSync(data, 'not a program');
  const { json, unpacked, folder } = packed({ files: [data, hello], memory: '64m' });
  const [{ Config, RepoTags, Layers }] = json('manifest.json');
  const [{ digest, annotations, platform }] = json('index.json').manifests;
  expect({ RepoTags, platform, name: annotations['io.containerd.image.name'] }).toEqual({
    RepoTags: ['me/hello:latest'],
    platform: { architecture: 'amd64', os: 'linux' },
    name: 'docker.io/me/hello:latest',
  });
  const manifest = json(`blobs/${digest.replace(':', '/')}`);
  expect(`blobs/${manifest.config.digest.replace(':', '/')}`).toBe(Config);
  expect(`blobs/${manifest.layers[0].digest.replace(':', '/')}`).toBe(Layers[0]);
  expect(json(Config)).toMatchObject({
    architecture: 'amd64',
    config: { Entrypoint: ['/hello.spt'], Labels: { 'org.runnc.memory': '64m', 'org.runnc.programs': 'disk.img hello.spt' } },
    rootfs: { diff_ids: [manifest.layers[0].digest] },
  });
  writeFileSync(path.join(folder, 'layer.tar'), unpacked(Layers[0]));
  expect(execFileSync('tar', ['-xOf', path.join(folder, 'layer.tar'), 'hello.spt'])).toEqual(readFileSync(hello));
});

test('the same programs make the same bytes, whose digests are those of their content', () => {
  const { output, unpacked, json } = packed();
  expect(readFileSync(packed().output)).toEqual(readFileSync(output));
  const { digest } = json('index.json').manifests[0];
  const sum = execFileSync('sha256sum', { input: unpacked(`blobs/${digest.replace(':', '/')}`) }).toString();
  expect(`sha256:${sum.slice(0, 64)}`).toBe(digest);
});

test.skipIf(!canCompileFor('aarch64'))(
  'programs for two processors make an image for each, in one index',
  async () => {
    const foreign = path.join(await buildGuests('arm64'), 'hello.spt');
    const { json, unpacked, folder, said } = packed({ files: [hello, foreign] });
    expect(said).toContain('me/hello:latest for amd64 and arm64');
    const images = json('index.json').manifests as { digest: string; platform: { architecture: string } }[];
    expect(images.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64']);
    const programs = images.map(({ digest }, index) => {
      const { layers } = json(`blobs/${digest.replace(':', '/')}`);
      const layer = path.join(folder, `layer-${index}.tar`);
      writeFileSync(layer, unpacked(`blobs/${layers[0].digest.replace(':', '/')}`));
      return execFileSync('tar', ['-xOf', layer, 'hello.spt']);
    });
    expect(programs).toEqual([readFileSync(hello), readFileSync(foreign)]);
  },
  60_000,
);

test.each([
  [{ entrypoint: 'hello' }, '--entrypoint must be a JSON array of strings, not hello'],
  [{ entrypoint: '[]' }, '--entrypoint must be a JSON array of strings'],
  [{ files: ['/etc/passwd'] }, 'none of the files is a program'],
  [{ memory: 'lots' }, '"lots" is not a size'],
])('%j is refused', (more, message) => {
  expect(() => packed(more)).toThrow(message);
});
