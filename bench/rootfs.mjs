/**
 * What a root image adds to `create`: of an image of 100 MB in 5,000 files, the first and later containers, by kind of image and file system;
 * beside genisoimage and mke2fs -d alone of the same tree. See README.md.
 *
 *   node bench/rootfs.mjs [--rounds N] [--pause MS] [--runnc PATH] [--folder PATH] [--files N] [--size BYTES] [--types here,xfs,btrfs]
 *                         [--kinds iso,ext2] [--own] [--json]
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildGuests } from '../test/guests/build.mjs';
import { median, quantile, table } from './figures.mjs';
import { makePlace, must } from './place.mjs';
import { run, timed } from './processes.mjs';
import { makeRootfsPlace } from './rootfs-place.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', short: 'n', default: '15' },
    pause: { type: 'string', default: '100' },
    runnc: { type: 'string', default: 'dist/runnc' },
    folder: { type: 'string', default: '/var/tmp' },
    files: { type: 'string', default: '5000' },
    size: { type: 'string', default: '20000' },
    types: { type: 'string', default: 'here,xfs,btrfs' },
    kinds: { type: 'string', default: 'iso,ext2' },
    own: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const pause = () => sleep(Number(options.pause));
const program = path.resolve(options.runnc);

/** The files that an engine makes for each container. */
function engineFiles(folder) {
  return ['resolv.conf', 'hosts', 'hostname'].map((name) => {
    const source = path.join(folder, name);
    writeFileSync(source, `of ${name}\n`);
    return { destination: `/etc/${name}`, type: 'bind', source, options: ['rbind', 'rprivate'] };
  });
}

/** By kind: the guest that declares the device, and what makes such an image of a tree without runnc. */
const kinds = {
  iso: {
    guest: 'list-iso.spt',
    alone: 'genisoimage',
    make: (rootfs, output) => ['genisoimage', ['-quiet', '-R', '-o', output, rootfs]],
  },
  ext2: {
    guest: 'ext2-files.spt',
    alone: 'mke2fs -d',
    // The block size and the free space of rootfs-ext2, and an inode for each file.
    make: (rootfs, output) => {
      const size = Math.ceil((Number(options.files) * (Number(options.size) + 2048)) / 1024) + 64 * 1024;
      return [
        'mke2fs',
        ['-q', '-t', 'ext2', '-b', '1024', '-N', String(2 * Number(options.files)), '-d', rootfs, output, String(size)],
      ];
    },
  },
};
const chosen = options.kinds.split(',');

function makeCreate(place, images, layer, where) {
  const mounts = engineFiles(place.folder);
  const settings = Object.fromEntries(
    Object.keys(kinds).map((kind) => {
      const file = path.join(place.folder, `${kind}.config.json`);
      const folders = { cacheDirectory: path.join(where, 'cache'), dataDirectory: path.join(where, 'data') };
      writeFileSync(file, JSON.stringify({ ...folders, rootfs: kind }));
      return [kind, file];
    }),
  );
  /** Milliseconds of one `create`, of a container that is deleted afterwards. */
  return (kind, guest, isPatched) => {
    const file = settings[kind];
    const runtime = { name: 'runnc', program };
    const made = place.bundle(runtime, { program: guest });
    made.config.root = { path: images.overlay(layer), readonly: false };
    if (isPatched) made.config.mounts = [...(made.config.mounts ?? []), ...mounts];
    const container = place.container(runtime, made);
    const log = path.join(place.folder, 'log');
    const milliseconds = timed(() => {
      const status = run(program, ['--config', file, '--log', log, ...container.create]);
      if (status !== 0) throw new Error(`create ended with ${status}: see ${log}`);
    });
    must(spawnSync(program, ['--config', file, ...container.force], { encoding: 'utf8' }), 'delete');
    images.removeOverlay();
    return milliseconds;
  };
}

async function ofFileSystem(place, images, layer, where) {
  const create = makeCreate(place, images, layer, where);
  const without = () => create('iso', 'hello.spt', true);
  const series = { without: [] };
  without();
  for (const kind of chosen) {
    const { guest } = kinds[kind];
    series[kind] = { alone: await alone(images, layer, where, kind), first: [], patched: [], shared: [] };
    for (let round = 0; round < Math.min(rounds, 5); round += 1) {
      rmSync(path.join(where, 'cache'), { recursive: true, force: true });
      await pause();
      series[kind].first.push(create(kind, guest, true));
    }
  }
  for (const kind of chosen) for (const isPatched of [true, false]) create(kind, kinds[kind].guest, isPatched);
  for (let round = 0; round < rounds; round += 1) {
    await pause();
    series.without.push(without());
    for (const kind of chosen) {
      for (const [name, isPatched] of [
        ['patched', true],
        ['shared', false],
      ]) {
        await pause();
        series[kind][name].push(create(kind, kinds[kind].guest, isPatched));
      }
    }
  }
  return series;
}

/** The usual program alone, of the same overlay to the same file system. */
async function alone(images, layer, where, kind) {
  const found = [];
  for (let round = 0; round < Math.min(rounds, 5); round += 1) {
    const rootfs = images.overlay(layer);
    await pause();
    const output = path.join(where, `alone.${kind}`);
    const [file, args] = kinds[kind].make(rootfs, output);
    found.push(timed(() => must(spawnSync(file, args, { encoding: 'utf8' }), file)));
    rmSync(output);
    images.removeOverlay();
  }
  return found;
}

function report({ machine, date, loads, fileSystems }) {
  const ms = (value) => `${value.toFixed(1)} ms`;
  const rows = Object.entries(fileSystems).flatMap(([type, { without, ...byKind }]) => {
    const base = median(without);
    return Object.entries(byKind).flatMap(([kind, { first, patched, shared, alone }]) => {
      const added = (name, values) => [
        `${type}, ${kind}: ${name}`,
        ms(median(values) - base),
        `${ms(quantile(values, 0.25) - base)} to ${ms(quantile(values, 0.75) - base)}`,
        (Math.max(median(values) - base, 0) / median(alone)).toFixed(3),
      ];
      return [
        [
          `${type}, ${kind}: ${kinds[kind].alone} alone`,
          ms(median(alone)),
          `${ms(quantile(alone, 0.25))} to ${ms(quantile(alone, 0.75))}`,
          '1',
        ],
        added('first create', first),
        added('later creates, files of the engine put in', patched),
        added('later creates, nothing to put in', shared),
      ];
    });
  });
  return [
    `${machine}, ${date}, load ${loads.map((load) => load.toFixed(1)).join(' to ')}; ${options.files} files of ${options.size} bytes; medians of ${rounds} rounds`,
    table([['added to create', 'median', 'quartiles', '/ alone'], ...rows]),
  ].join('\n\n');
}

async function main() {
  if (process.getuid() !== 0) throw new Error('containers need root');
  await buildGuests();
  const place = makePlace();
  const images = makeRootfsPlace(options.folder);
  try {
    const layer = images.layer({ files: Number(options.files), size: Number(options.size), own: options.own });
    const before = os.loadavg()[0];
    const fileSystems = {};
    for (const type of options.types.split(',')) {
      const where = type === 'here' ? images.folder : images.fileSystem(type);
      fileSystems[type] = await ofFileSystem(place, images, layer, where);
    }
    const figures = {
      machine: `${os.cpus().length} x ${os.cpus()[0]?.model}, Linux ${os.release()}`,
      date: new Date().toISOString().slice(0, 10),
      loads: [before, os.loadavg()[0]],
      fileSystems,
    };
    console.log(options.json ? JSON.stringify(figures, undefined, 2) : report(figures));
  } finally {
    images.remove();
    place.remove();
  }
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
