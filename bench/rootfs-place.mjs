/** The layers, overlays and file systems of the benchmark of root images, and their removal. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from './place.mjs';

const guests = fileURLToPath(new URL('../build/guests', import.meta.url));
const shell = (file, args) => must(spawnSync(file, args, { encoding: 'utf8' }), file);

/** `parent`: a folder on a file system that overlays can lie on. */
export function makeRootfsPlace(parent) {
  const folder = mkdtempSync(path.join(parent, 'runnc-bench-'));
  const mounts = [];
  const mount = (where, ...args) => {
    mkdirSync(where, { recursive: true });
    shell('mount', [...args, where]);
    mounts.push(where);
  };
  let count = 0;
  return {
    folder,
    /**
     * A layer of an image: `files` of `size` random bytes each, 50 in a folder, and the guests. As it lies in Docker's store, unless it is to be
     * somebody's `own` folder.
     */
    layer({ files, size, own = false }) {
      const stored = path.join(folder, 'overlay2', 'f'.repeat(64));
      const layer = own ? path.join(folder, 'layer') : path.join(stored, 'diff');
      mkdirSync(layer, { recursive: true });
      if (!own) writeFileSync(path.join(stored, 'link'), 'SHORTNAME');
      for (let index = 0; index < files; index += 1) {
        const place = path.join(layer, `folder-${Math.floor(index / 50)}`);
        if (index % 50 === 0) mkdirSync(place, { recursive: true });
        writeFileSync(path.join(place, `file-${index}`), noise(size));
      }
      for (const guest of ['list-iso.spt', 'ext2-files.spt', 'hello.spt'])
        copyFileSync(path.join(guests, guest), path.join(layer, guest));
      return layer;
    },
    /** An overlay of its own, as Docker makes one for each container. */
    overlay(layer) {
      const own = path.join(folder, `container-${count++}`);
      const made = path.join(own, 'init');
      for (const name of ['dev/pts', 'dev/shm', 'etc', 'proc', 'sys']) mkdirSync(path.join(made, name), { recursive: true });
      for (const name of ['.dockerenv', 'dev/console', 'etc/hosts', 'etc/hostname', 'etc/resolv.conf']) {
        writeFileSync(path.join(made, name), '');
      }
      symlinkSync('/proc/mounts', path.join(made, 'etc/mtab'));
      const [upper, work] = ['upper', 'work'].map((name) => path.join(own, name));
      for (const name of [upper, work]) mkdirSync(name);
      const rootfs = path.join(own, 'rootfs');
      mount(rootfs, '-t', 'overlay', 'overlay', '-o', `lowerdir=${made}:${layer},upperdir=${upper},workdir=${work}`);
      return rootfs;
    },
    /** Removes the last overlay. */
    removeOverlay() {
      shell('umount', [mounts.pop()]);
    },
    /** A file system of that type in a file, mounted. */
    fileSystem(type) {
      const image = path.join(folder, type);
      shell('truncate', ['-s', '1500M', image]);
      shell(`mkfs.${type}`, [...(type === 'ext4' ? ['-q', '-F'] : ['-q']), image]);
      const where = path.join(folder, `on-${type}`);
      mount(where, '-o', 'loop', image);
      return where;
    },
    remove() {
      for (const where of mounts.reverse()) spawnSync('umount', [where]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Bytes that no file system packs; quickly made. */
function noise(size) {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE((Math.random() * 2 ** 32) >>> 0, at);
  return bytes;
}
