/**
 * What a frame costs an hvt guest by hypercalls, and through the ring of Solo5 0.11: nanoseconds for each frame sent, and for each look
 * whether one has come. See README.md.
 *
 *   node bench/ring.mjs [--rounds N] [--frames N] [--size BYTES] [--runnc PATH] [--json]
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildGuests } from '../test/guests/build.mjs';
import { median, table } from './figures.mjs';
import { makePlace } from './place.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', short: 'n', default: '10' },
    frames: { type: 'string', default: '5000' },
    size: { type: 'string', default: '1514' },
    runnc: { type: 'string', default: 'dist/runnc' },
    json: { type: 'boolean', default: false },
  },
});
const runtime = { name: 'runnc', program: path.resolve(options.runnc) };
const namespace = `runnc-bench-${process.pid}`;
const ip = (...args) => execFileSync('ip', args);

/** A network namespace with an interface, whose other end is here and goes with it. */
function makeNetwork() {
  const other = `rb${process.pid}`;
  ip('netns', 'add', namespace);
  ip('link', 'add', other, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  ip('-netns', namespace, 'addr', 'add', '10.9.8.2/24', 'dev', 'eth0');
  ip('-netns', namespace, 'link', 'set', 'eth0', 'up');
  ip('link', 'set', other, 'up');
}

/** Nanoseconds that the guest `frames` measured. */
function measure(place, ring) {
  const settings = path.join(place.folder, `ring-${ring}.json`);
  writeFileSync(settings, JSON.stringify({ plugins: [['tender-hvt', { ring }]] }));
  const bundle = place.bundle(runtime, { program: 'frames.hvt', args: [options.frames, options.size] });
  for (const one of bundle.config.linux.namespaces) if (one.type === 'network') one.path = `/run/netns/${namespace}`;
  const { run } = place.container(runtime, bundle);
  const said = execFileSync(runtime.program, ['--config', settings, ...run], { encoding: 'utf8' });
  const [, write, read] = /^write: (\d+) ns\nread: (\d+) ns$/m.exec(said) ?? [];
  if (write === undefined) throw new Error(`the guest said ${JSON.stringify(said)}`);
  return { write: Number(write), read: Number(read) };
}

function report({ off, on, ratio }) {
  const ns = (value) => `${Math.round(value)} ns`;
  const row = (name, { write, read }, show) => [name, show(write), show(read)];
  return [
    `${os.cpus().length} x ${os.cpus()[0]?.model}, Linux ${os.release()}, load ${os.loadavg()[0].toFixed(1)}; medians of ${options.rounds} rounds of ${options.frames} frames of ${options.size} bytes`,
    table([
      ['', 'a frame sent', 'a look for one'],
      row('hypercalls', off, ns),
      row('ring', on, ns),
      row('ring / hypercalls', ratio, (value) => value.toFixed(2)),
    ]),
  ].join('\n\n');
}

if (process.getuid() !== 0) throw new Error('containers need root');
await buildGuests();
const place = makePlace();
try {
  makeNetwork();
  const series = { off: [], on: [] };
  for (let count = -1; count < Number(options.rounds); count += 1) {
    for (const ring of ['off', 'on']) {
      const figures = measure(place, ring);
      if (count >= 0) series[ring].push(figures);
    }
  }
  const medians = (list) => ({ write: median(list.map(({ write }) => write)), read: median(list.map(({ read }) => read)) });
  const ratio = medians(
    series.on.map(({ write, read }, at) => ({ write: write / series.off[at].write, read: read / series.off[at].read })),
  );
  const found = { off: medians(series.off), on: medians(series.on), ratio };
  console.log(options.json ? JSON.stringify(found, undefined, 2) : report(found));
} finally {
  place.remove();
  execFileSync('ip', ['netns', 'delete', namespace]);
}
