/** A plugin for root file systems for the conformance checks: its image is a tar. `fault` makes it do one thing wrong. */
import { execFileSync } from 'node:child_process';
import { rmSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import type { Container, Plugin } from '../../../core/plugin.ts';

/** What tar is told to get wrong. */
const wrong: Readonly<Record<string, readonly string[]>> = {
  'loses a folder': ['--exclude=./empty-folder'],
  'changes modes': ['--mode=a+x'],
  'changes owners': ['--owner=0', '--group=0'],
  'changes times': ['--mtime=@0'],
  'follows links': ['--hard-dereference', '--exclude=./a/dangling', '--dereference'],
  'adds a file': ['--transform=s/^\\.\\/empty$/.\\/another/'],
};

export default {
  name: 'tar-rootfs',
  api: 1,
  options: { type: 'object', properties: { fault: { type: 'string', default: 'none' } } },
  apply({ hooks, resource, cacheDirectory }, { fault }) {
    const file = ({ id }: Container) => path.join(cacheDirectory('tar'), `${id}.tar`);
    let released = 0;
    const image = resource<undefined, { path: string }>({
      name: 'image',
      async acquire(container) {
        execFileSync('tar', [
          '--create',
          '--file',
          file(container),
          ...(wrong[fault] ?? []),
          '--directory',
          container.rootfs,
          '.',
        ]);
        truncateSync(file(container), Math.ceil(statSync(file(container)).size / 512) * 512);
        return { path: file(container) };
      },
      async release(container, state) {
        released += 1;
        if (fault === 'releases nothing') return;
        if (fault === 'releases only what it remembers' && state === undefined) return;
        rmSync(file(container), { force: fault !== 'releases once' || released === 1 });
      },
    });
    hooks.rootfs.tapPromise('tar-rootfs', async (container, _unikernel, { name }) => {
      const { path: made } = await image.take(container, undefined);
      return { name, path: made, readOnly: true, capacity: statSync(made).size, blockSize: 512 };
    });
  },
} satisfies Plugin<{ readonly fault: string }>;
