/**
 * hvt guests: how fast they start, what a hypercall takes, what is in memory beside the guest. See README.md.
 *
 *   node bench/hvt.mjs [--rounds N] [--pause MS] [--calls N] [--runnc PATH] [--solo5-hvt PATH] [--json]
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileLoop } from '../scripts/loops.mjs';
import { buildGuests } from '../test/guests/build.mjs';
import { median, table } from './figures.mjs';
import { memoryBesideGuest, residentMemory } from './memory.mjs';
import { makePlace } from './place.mjs';
import { actionsTo, run, start, timed, wait } from './processes.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', short: 'n', default: '20' },
    pause: { type: 'string', default: '100' },
    calls: { type: 'string', default: '20000' },
    runnc: { type: 'string', default: 'dist/runnc' },
    'solo5-hvt': { type: 'string', default: '/usr/bin/solo5-hvt' },
    json: { type: 'boolean', default: false },
  },
});
const source = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A pipe that never ends: what is written to it can be waited for. */
function makePipe(folder) {
  const name = path.join(folder, 'output');
  execFileSync('mkfifo', [name]);
  const fd = openSync(name, constants.O_RDWR);
  const rest = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  const bytes = Buffer.alloc(4096);
  return {
    actions: actionsTo(fd),
    read: () => bytes.toString('utf8', 0, readSync(fd, bytes)),
    /** What is left of a guest that has ended. */
    drain: () => {
      try {
        readSync(rest, bytes);
      } catch (error) {
        if (error.code !== 'EAGAIN') throw error;
      }
    },
    close: () => {
      closeSync(fd);
      closeSync(rest);
    },
  };
}

/** Each answers a process that is made ready, set going by `go`, and prints; `args` is the guest's command line. */
function contendersOf(place, pipe, guests) {
  const runtime = { name: 'runnc', program: path.resolve(options.runnc) };
  const minimum = path.join(place.folder, 'kvm-minimum');
  execFileSync('gcc', ['-O2', '-Wall', '-o', minimum, source('kvm-minimum.c')]);
  const direct = (program, argsOf) => (guest, args) => {
    let pid;
    return {
      go: () => {
        pid = start(program, argsOf(guest, args), pipe.actions);
      },
      pid: () => pid,
      end: () => undefined,
    };
  };
  const container = (guest, args) => {
    const one = place.container(runtime, place.bundle(runtime, { program: `${guest}.hvt`, args }));
    if (wait(start(runtime.program, one.create, pipe.actions)) !== 0) throw new Error('runnc create failed');
    const go = () => wait(start(runtime.program, one.start));
    return { go, pid: one.pid, end: () => run(runtime.program, one.force) };
  };
  const solo5 = direct(options['solo5-hvt'], (guest, args) => ['--mem=64', path.join(guests, `${guest}.hvt`), ...args]);
  return {
    'runnc start': container,
    ...(existsSync(options['solo5-hvt']) ? { 'solo5-hvt': solo5 } : {}),
    'bare KVM, one exit': direct(minimum, (_, args) => args),
  };
}

/** Milliseconds from the command to the guest's first output and to its end. */
function life(contender, pipe) {
  const guest = contender('hello', []);
  let rest = 0;
  const output = timed(() => {
    guest.go();
    pipe.read();
  });
  const status = timed(() => {
    rest = wait(guest.pid());
  });
  if (rest !== 0) throw new Error(`the guest ended with ${rest}`);
  guest.end();
  pipe.drain();
  return { output, exit: output + status };
}

/** Hypercalls in a second. */
function rate(contender, pipe) {
  const guest = contender('hypercalls', [options.calls]);
  guest.go();
  const nanoseconds = Number(pipe.read());
  wait(guest.pid());
  guest.end();
  return (Number(options.calls) / nanoseconds) * 1e9;
}

/** Resident kB of a sleeping guest's process, and how much of it is not guest memory. */
function memory(contender, pipe) {
  const guest = contender('sleep', []);
  guest.go();
  pipe.read();
  const found = { resident: residentMemory(guest.pid()), besideGuest: memoryBesideGuest(guest.pid()) };
  process.kill(guest.pid(), 'SIGKILL');
  wait(guest.pid());
  guest.end();
  return found;
}

async function measure(place, pipe, guests) {
  const contenders = Object.entries(contendersOf(place, pipe, guests));
  const series = Object.fromEntries(contenders.map(([name]) => [name, { output: [], exit: [], rate: [] }]));
  for (let count = -1; count < Number(options.rounds); count += 1) {
    for (const [name, contender] of contenders) {
      await sleep(Number(options.pause));
      const { output, exit } = life(contender, pipe);
      if (count < 0) continue;
      series[name].output.push(output);
      series[name].exit.push(exit);
      if (count < 5) series[name].rate.push(rate(contender, pipe));
    }
  }
  const figures = contenders.map(([name, contender]) => {
    const { output, exit, rate } = series[name];
    const resident = name.startsWith('bare') ? undefined : memory(contender, pipe);
    return [name, { output: median(output), exit: median(exit), rate: median(rate), ...resident }];
  });
  const { bytes } = compileLoop({
    folder: source('../plugins/tender-hvt/loop'),
    architecture: 'x86_64',
    compiler: 'gcc',
    name: 'loop',
  });
  return { figures: Object.fromEntries(figures), loop: bytes.length };
}

function report({ figures, loop }) {
  const kB = (value) => (value === undefined ? '-' : `${value} kB`);
  const rows = Object.entries(figures).map(([name, { output, exit, rate, resident, besideGuest }]) => [
    ...[name, `${output.toFixed(1)} ms`, `${exit.toFixed(1)} ms`, `${Math.round(rate / 1000)} k/s`],
    ...[kB(resident), kB(besideGuest)],
  ]);
  return [
    `${os.cpus().length} x ${os.cpus()[0]?.model}, Linux ${os.release()}, load ${os.loadavg()[0].toFixed(1)}; medians of ${options.rounds} rounds`,
    table([['', 'first output', 'end', 'hypercalls', 'VmRSS', 'beside guest memory'], ...rows]),
    `run loop: ${loop} bytes of code`,
  ].join('\n\n');
}

if (process.getuid() !== 0) throw new Error('containers need root');
const guests = await buildGuests();
const place = makePlace();
const pipe = makePipe(place.folder);
try {
  const found = await measure(place, pipe, guests);
  console.log(options.json ? JSON.stringify(found, undefined, 2) : report(found));
} finally {
  pipe.close();
  place.remove();
}
