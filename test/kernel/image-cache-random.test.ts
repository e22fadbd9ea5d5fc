/** Random trees in layers, through the plugin rootfs-iso and the cache, and back by bsdtar: each container's image is its root file system. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Runtime } from '../../core/lifecycle/runtime/runtime.ts';
import type { Container, Program, Unikernel } from '../../core/plugin.ts';
import type { TakenResource } from '../../core/state/record.ts';
import rootfsIso from '../../plugins/rootfs-iso/index.ts';
import { children, plant } from './random-trees.ts';
import { describeTree } from './trees.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const unikernel: Unikernel = {
  name: 'solo5',
  abi: 'spt',
  devices: [{ kind: 'block', name: 'rootfs', handle: 1 }],
  commandLine: '',
};
const program = { path: '/no-such-program', fd: -1, size: 0 } as Program;

/** A runnc of its own, as each `create` is one. Returns the image, and gives it back with `release`. */
async function create(cacheDirectory: string, container: Container) {
  const runtime = new Runtime({
    plugins: [[rootfsIso]],
    log: silent,
    cacheDirectory,
    dataDirectory: cacheDirectory,
    cacheSize: 2 ** 30,
  });
  let resources: readonly TakenResource[] = [];
  const ledger = {
    get resources() {
      return resources;
    },
    save(now: readonly TakenResource[]) {
      resources = now;
    },
  };
  runtime.resources.attach(ledger);
  const block = await runtime.hooks.rootfs.promise(container, unikernel, unikernel.devices[0] as never, program);
  await runtime.imagesChecked();
  return { image: block?.path as string, release: () => runtime.resources.releaseAll(container, ledger) };
}

function place() {
  const folder = mkdtempSync('/var/tmp/runnc-cached-');
  const mounted: string[] = [];
  const unmount = () => {
    for (const where of mounted.splice(0).reverse()) execFileSync('umount', [where]);
  };
  onTestFinished(async () => {
    unmount();
    await execa('rm', ['-rf', folder]);
  });
  const make = (name: string) => {
    const made = path.join(folder, name);
    mkdirSync(made, { recursive: true });
    return made;
  };
  return {
    make,
    async empty() {
      unmount();
      await execa('rm', ['-rf', folder]);
      mkdirSync(folder);
    },
    /** A container above layers, the topmost first, with what Docker puts between. */
    container(id: string, layers: readonly string[]): Container {
      const [init, upper, work, rootfs] = ['init', 'upper', 'work', 'rootfs'].map((name) => make(`${id}/${name}`)) as [
        string,
        string,
        string,
        string,
      ];
      for (const name of ['etc', 'dev', 'proc', 'sys']) mkdirSync(path.join(init, name));
      for (const name of ['etc/hosts', '.dockerenv']) writeFileSync(path.join(init, name), '');
      execFileSync('touch', ['-d', '@1000000000', ...['.dockerenv', 'etc'].map((name) => path.join(init, name))]);
      const options = `lowerdir=${[init, ...layers].join(':')},upperdir=${upper},workdir=${work}`;
      execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, rootfs]);
      mounted.push(rootfs);
      const source = path.join(folder, id, 'hosts');
      writeFileSync(source, `of ${id}\n`.repeat(id.length * 100));
      const mounts = [{ destination: '/etc/hosts', type: 'bind', source, options: ['rbind'] }];
      return {
        ...{ id, bundle: folder, rootfs, rootfsReadOnly: false, directory: path.join(folder, id), mounts },
        ...{ args: [], env: [], cwd: '/', annotations: {}, metadata: {}, hostname: id },
        ...{ pid: undefined, netns: undefined, joinedNetns: undefined },
      };
    },
  };
}

/** What the guest is to see: the root file system as it is, but for the host's folders and the file of the engine. */
function expected({ rootfs, mounts }: Container) {
  const found = describeTree(Buffer.from(rootfs)) as Record<string, { content?: string }>;
  const shown = Object.entries(found).filter(([name]) => !/^\/(dev|proc|sys)(\/|$)/.test(name));
  return withoutTimeOf(Object.fromEntries(shown), readFileSync(mounts[0]?.source as string).toString('base64'));
}

/** A file of the engine's has a time of its own. */
function withoutTimeOf(tree: Record<string, object>, hosts: string) {
  expect(tree['/etc/hosts']).toBeDefined();
  return { ...tree, '/etc/hosts': { ...tree['/etc/hosts'], seconds: 0, content: hosts } };
}

test('every container of one image has its own root file system in its image', { timeout: 180_000 }, async () => {
  const { make, container, empty } = place();
  await fc.assert(
    fc.asyncProperty(children(1, 3000), children(1, 3000), children(1, 3000), async (lower, middle, written) => {
      await empty();
      const layers = [make('middle'), make('lower')];
      plant(Buffer.from(layers[1] as string), lower);
      plant(Buffer.from(layers[0] as string), middle);
      // As if they had been there for a while.
      await new Promise((resolve) => setTimeout(resolve, 30));
      const cache = make('cache');
      const check = async (one: Container, counted = (tree: object): object => tree) => {
        const { image, release } = await create(cache, one);
        const back = make(`${one.id}/back`);
        await execa('bsdtar', ['-C', back, '--numeric-owner', '-xpf', image]);
        const hosts = readFileSync(path.join(back, 'etc/hosts')).toString('base64');
        const found = withoutTimeOf(describeTree(Buffer.from(back)) as Record<string, object>, hosts);
        expect(counted(found)).toEqual(counted(expected(one)));
        await release();
        return readdirSync(path.join(cache, 'images')).filter((name) => name.endsWith('.img'));
      };
      const kept = await check(container('first', layers));
      expect(kept).toHaveLength(1);
      expect(await check(container('second', layers))).toEqual(kept);
      // Things written, removed, renamed and replaced in the container.
      const third = container('third', layers);
      plant(Buffer.from(third.rootfs), written);
      const names = readdirSync(third.rootfs, { encoding: 'buffer' }) as unknown as Buffer[];
      for (const [index, name] of names.entries()) {
        const where = Buffer.concat([Buffer.from(`${third.rootfs}/`), name]);
        if (['etc', 'dev', 'proc', 'sys'].includes(name.toString())) continue;
        if (index % 3 === 0) rmSync(where, { recursive: true, force: true });
        if (index % 3 === 1 && !lstatSync(where).isDirectory())
          renameSync(where, Buffer.concat([Buffer.from(`${third.rootfs}/`), Buffer.from(`renamed-${index}`)]));
      }
      // overlayfs goes on counting names of a file that are gone.
      await check(third, (tree) => Object.fromEntries(Object.entries(tree).map(([name, what]) => [name, { ...what, same: 0 }])));
      expect(await check(container('fourth', layers))).toEqual(kept);
      expect(readdirSync(path.join(cache, 'containers'))).toEqual([]);
    }),
    // Always the same trees, as in rootfs-iso-random.test.ts.
    { seed: 20261124, numRuns: 5, endOnFailure: true },
  );
});
