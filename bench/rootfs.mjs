/**
 * What a root image adds to `create`: of an image of 100 MB in 5,000 files, the first and later containers, by file system; beside
 * genisoimage alone of the same tree. See README.md.
 *
 *   node bench/rootfs.mjs [--rounds N] [--pause MS] [--runnc PATH] [--folder PATH] [--files N] [--size BYTES] [--types here,xfs,btrfs] [--json]
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

function makeCreate(place, images, layer, cacheDirectory) {
  const file = path.join(place.folder, 'runnc.config.json');
  writeFileSync(file, JSON.stringify({ cacheDirectory }));
  const mounts = engineFiles(place.folder);
  /** Milliseconds of one `create`, of a container that is deleted afterwards. */
  return (guest, isPatched) => {
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
  const cache = path.join(where, 'cache');
  const create = makeCreate(place, images, layer, cache);
  const series = { without: [], first: [], patched: [], shared: [] };
  create('hello.spt', true);
  for (let round = 0; round < Math.min(rounds, 5); round += 1) {
    rmSync(cache, { recursive: true, force: true });
    await pause();
    series.first.push(create('list-iso.spt', true));
  }
  create('list-iso.spt', false);
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, guest, isPatched] of [
      ['without', 'hello.spt', true],
      ['patched', 'list-iso.spt', true],
      ['shared', 'list-iso.spt', false],
    ]) {
      await pause();
      series[name].push(create(guest, isPatched));
    }
  }
  return series;
}

/** genisoimage alone, of the same overlay to the same file system. */
async function genisoimage(images, layer, where) {
  const found = [];
  for (let round = 0; round < Math.min(rounds, 5); round += 1) {
    const rootfs = images.overlay(layer);
    await pause();
    const output = path.join(where, 'genisoimage.iso');
    found.push(
      timed(() => must(spawnSync('genisoimage', ['-quiet', '-R', '-o', output, rootfs], { encoding: 'utf8' }), 'genisoimage')),
    );
    rmSync(output);
    images.removeOverlay();
  }
  return found;
}

function report({ machine, date, loads, fileSystems }) {
  const ms = (value) => `${value.toFixed(1)} ms`;
  const rows = Object.entries(fileSystems).flatMap(([type, { without, first, patched, shared, alone }]) => {
    const base = median(without);
    const added = (name, values) => [
      `${type}: ${name}`,
      ms(median(values) - base),
      `${ms(quantile(values, 0.25) - base)} to ${ms(quantile(values, 0.75) - base)}`,
      (Math.max(median(values) - base, 0) / median(alone)).toFixed(3),
    ];
    return [
      [`${type}: genisoimage alone`, ms(median(alone)), `${ms(quantile(alone, 0.25))} to ${ms(quantile(alone, 0.75))}`, '1'],
      added('first create', first),
      added('later creates, files of the engine put in', patched),
      added('later creates, nothing to put in', shared),
    ];
  });
  return [
    `${machine}, ${date}, load ${loads.map((load) => load.toFixed(1)).join(' to ')}; ${options.files} files of ${options.size} bytes; medians of ${rounds} rounds`,
    table([['added to create', 'median', 'quartiles', '/ genisoimage'], ...rows]),
  ].join('\n\n');
}

async function main() {
  if (process.getuid() !== 0) throw new Error('containers need root');
  await buildGuests();
  const place = makePlace();
  const images = makeRootfsPlace(options.folder);
  try {
    const layer = images.layer({ files: Number(options.files), size: Number(options.size) });
    const before = os.loadavg()[0];
    const fileSystems = {};
    for (const type of options.types.split(',')) {
      const where = type === 'here' ? images.folder : images.fileSystem(type);
      const alone = await genisoimage(images, layer, where);
      fileSystems[type] = { ...(await ofFileSystem(place, images, layer, where)), alone };
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
