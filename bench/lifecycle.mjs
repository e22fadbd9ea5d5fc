/**
 * runnc beside runc, in one run and by turns, so that what else the machine does hits both: see README.md.
 *
 *   node bench/lifecycle.mjs [--rounds N] [--pause MS] [--runnc PATH] [--runc PATH] [--docker] [--json]
 */
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildGuests } from '../test/guests/build.mjs';
import { callsOfTape } from './calls.mjs';
import { dockerFigures } from './engine.mjs';
import { compare, comparisonRow, table } from './figures.mjs';
import { cgroupMemory, residentMemory } from './memory.mjs';
import { makePlace } from './place.mjs';
import { run, timed, wait } from './processes.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', short: 'n', default: '40' },
    // Between two things that are timed: where the kernel has nothing left to do from the one before.
    pause: { type: 'string', default: '100' },
    runnc: { type: 'string', default: 'dist/runnc' },
    runc: { type: 'string', default: inPath('runc') ?? 'runc' },
    docker: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

function inPath(name) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

/** One container from create to delete; milliseconds of each step. */
function cycle(runtime, container) {
  const command = (name) => {
    const status = run(runtime.program, container[name]);
    if (status !== 0) throw new Error(`${runtime.name} ${name} ended with ${status}`);
  };
  const create = timed(() => command('create'));
  const start = timed(() => command('start'));
  const life = timed(() => {
    const status = wait(container.pid());
    if (status !== 0) throw new Error(`the container of ${runtime.name} ended with ${status}`);
  });
  const remove = timed(() => command('delete'));
  return { create, start, wait: life, delete: remove, [whole]: create + start + life + remove };
}

const whole = 'create + start + wait + delete';

/** All that is timed: figures of one runtime by their name. */
const scenarios = [
  (place, { runtime, plain }) => cycle(runtime, place.container(runtime, plain)),
  (place, { runtime, confined }) => ({
    "the same with Docker's seccomp profile": cycle(runtime, place.container(runtime, confined))[whole],
  }),
  (place, { runtime, plain }) => {
    const container = place.container(runtime, plain);
    return { run: timed(() => run(runtime.program, container.run)) };
  },
  (_, { runtime, created }) => ({ 'state of a created container': timed(() => run(runtime.program, created.state)) }),
];

async function times(place, contenders, rounds) {
  const series = { runnc: {}, runc: {} };
  // Two rounds that do not count: caches, of the kernel's and of filters.
  for (let count = -2; count < rounds; count += 1) {
    for (const scenario of scenarios) {
      for (const contender of count % 2 === 0 ? contenders : contenders.toReversed()) {
        await sleep(Number(options.pause));
        const found = scenario(place, contender);
        const all = series[contender.runtime.name];
        if (count >= 0) for (const [name, figure] of Object.entries(found)) all[name] = [...(all[name] ?? []), figure];
      }
    }
  }
  return Object.fromEntries(Object.keys(series.runnc).map((name) => [name, compare(series.runnc[name], series.runc[name])]));
}

/** Memory of a container that waits for `start`, of both; of a sleeping guest. */
function memory(place, contenders) {
  const ofProcess = (pid) => ({
    residentKB: residentMemory(pid),
    cgroupKB: Math.round((cgroupMemory(pid) ?? Number.NaN) / 1024),
  });
  const waiting = Object.fromEntries(contenders.map(({ runtime, created }) => [runtime.name, ofProcess(created.pid())]));
  const { runtime } = contenders[0];
  const sleeping = (program) => {
    const sleeper = place.container(runtime, place.bundle(runtime, { program }));
    for (const command of [sleeper.create, sleeper.start]) run(runtime.program, command);
    const found = ofProcess(sleeper.pid());
    run(runtime.program, sleeper.force);
    return { runnc: found };
  };
  return {
    'sleeping guest, spt': sleeping('sleep.spt'),
    ...(existsSync('/dev/kvm') ? { 'sleeping guest, hvt': sleeping('sleep.hvt') } : {}),
    'created, before start': waiting,
  };
}

async function calls(place, { runtime, plain }) {
  const container = place.container(runtime, plain);
  run(runtime.program, container.create);
  const pid = container.pid();
  return callsOfTape(pid, path.join(place.folder, 'calls'), () => {
    run(runtime.program, container.start);
    wait(pid);
  });
}

async function measure(place) {
  const contender = (runtime, program) => {
    const plain = place.bundle(runtime, { program });
    const created = place.container(runtime, place.bundle(runtime, { program }));
    if (run(runtime.program, created.create) !== 0) throw new Error(`${runtime.program} create failed`);
    return { runtime, plain, created, confined: place.bundle(runtime, { program, confined: true }) };
  };
  const contenders = [
    contender({ name: 'runnc', program: path.resolve(options.runnc) }, 'hello.spt'),
    contender({ name: 'runc', program: options.runc }, 'linux'),
  ];
  return {
    machine: `${os.cpus().length} x ${os.cpus()[0]?.model}, Linux ${os.release()}`,
    date: new Date().toISOString().slice(0, 10),
    loadBefore: os.loadavg()[0],
    times: await times(place, contenders, Number(options.rounds)),
    memory: memory(place, contenders),
    calls: await calls(place, contenders[0]),
    ...(options.docker ? { docker: dockerFigures(place, Number(options.rounds)) } : {}),
    loadAfter: os.loadavg()[0],
  };
}

const heading = ['', 'runnc', 'runc', 'ratio', 'quartiles of the ratio'];

function report({ machine, date, loadBefore, loadAfter, times, memory, calls, docker }) {
  const cell = (found) => (found ? `${found.residentKB} kB, cgroup ${found.cgroupKB} kB` : '-');
  const timeTable = (figures) => table([heading, ...Object.entries(figures).map(([name, found]) => comparisonRow(name, found))]);
  const memoryRows = Object.entries(memory).map(([name, { runnc, runc }]) => [name, cell(runnc), cell(runc)]);
  return [
    `${machine}, ${date}, load ${loadBefore.toFixed(1)} to ${loadAfter.toFixed(1)}; medians of ${options.rounds} rounds, by turns, ${options.pause} ms apart`,
    timeTable(times),
    table([['memory (VmRSS)', 'runnc', 'runc'], ...memoryRows]),
    `${calls.length} system calls between execve and the guest's first instruction:\n${calls.join(' ')}`,
    ...Object.entries(docker ?? {}).map(([network, figures]) => `docker run --rm --network=${network}\n${timeTable(figures)}`),
  ].join('\n\n');
}

async function main() {
  if (process.getuid() !== 0) throw new Error('containers need root');
  for (const program of [options.runnc, options.runc]) {
    if (!existsSync(program)) throw new Error(`${program} does not exist (npm run build; apt-get install runc)`);
  }
  await buildGuests();
  const place = makePlace();
  try {
    const figures = await measure(place);
    console.log(options.json ? JSON.stringify(figures, undefined, 2) : report(figures));
  } finally {
    place.remove();
  }
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
