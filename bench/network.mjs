/**
 * The modes of network-tap beside each other, in one run and by turns: requests per second, throughput and ping of netserver, and
 * what a network costs `start`. See README.md.
 *
 *   node bench/network.mjs [--rounds N] [--starts N] [--runnc PATH] [--against PATH] [--json]
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildGuests } from '../test/guests/build.mjs';
import { median, quantile, table } from './figures.mjs';
import { makePlace } from './place.mjs';
import { processorTime, run, timed } from './processes.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', short: 'n', default: '10' },
    starts: { type: 'string', default: '40' },
    pause: { type: 'string', default: '100' },
    runnc: { type: 'string', default: 'dist/runnc' },
    // Another runnc, for what its `start` takes.
    against: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

const hasMacvtap = readFileSync('/proc/devices', 'latin1').includes(' macvtap\n');
const modes = ['redirect', 'bridge', ...(hasMacvtap ? ['macvtap'] : []), 'routed'];
const load = fileURLToPath(new URL('network-load.mjs', import.meta.url));

/** Namespaces of one host with a bridge and of pods on it, as files in a folder. */
function makeNetwork(folder) {
  const made = [];
  const sh = (program, ...args) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const namespace = (name) => {
    const file = path.join(folder, name);
    writeFileSync(file, '');
    sh('unshare', `--net=${file}`, 'ip', 'link', 'set', 'lo', 'up');
    made.push(file);
    return { file, inside: (...command) => sh('nsenter', `--net=${file}`, ...command) };
  };
  const host = namespace('host');
  host.inside('ip', 'link', 'add', 'br0', 'type', 'bridge');
  host.inside('ip', 'address', 'add', '10.99.0.1/24', 'dev', 'br0');
  host.inside('ip', 'link', 'set', 'br0', 'up');
  let count = 0;
  return {
    host,
    /** A pod with an interface, as an engine makes it. */
    pod() {
      const number = ++count;
      const pod = namespace(`pod-${number}`);
      const address = `10.99.0.${number + 1}`;
      host.inside('ip', 'link', 'add', `pod${number}`, 'master', 'br0', 'type', 'veth', 'peer', 'name', `peer${number}`);
      pod.inside('sh', '-c', `nsenter --net=${host.file} ip link set peer${number} netns $$`);
      host.inside('ip', 'link', 'set', `pod${number}`, 'up');
      pod.inside('ip', 'link', 'set', `peer${number}`, 'name', 'eth0', 'up');
      pod.inside('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
      pod.inside('ip', 'route', 'add', 'default', 'via', '10.99.0.1');
      return { ...pod, address };
    },
    remove() {
      for (const file of made) sh('umount', '--lazy', file);
    },
  };
}

/** The bundle of a guest in a pod, in a mode. */
function inPod(place, runtime, { program, args, pod, mode }) {
  const made = place.bundle(runtime, { program, args });
  for (const namespace of made.config.linux.namespaces) if (namespace.type === 'network') namespace.path = pod.file;
  made.config.annotations = { ...made.config.annotations, ...(mode === undefined ? {} : { 'org.runnc.network.mode': mode }) };
  return made;
}

function must(runtime, args) {
  const status = run(runtime.program, args);
  if (status !== 0) throw new Error(`${runtime.program} ${args.join(' ')} ended with ${status}`);
}

/** What network-load.mjs finds out in the host's namespace. */
function measure(host, address) {
  return new Promise((resolve, reject) => {
    const child = spawn('nsenter', [`--net=${host.file}`, process.execPath, load, address], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
    });
    child.on('close', (status) => (status === 0 ? resolve(JSON.parse(text)) : reject(new Error(`${load} ended with ${status}`))));
  });
}

async function throughModes(place, runtime, network) {
  const servers = modes.map((mode) => {
    const pod = network.pod();
    const args = [`ip=${pod.address}/${mode === 'routed' ? 31 : 24}`, `gw=${mode === 'routed' ? '{gateway4}' : '10.99.0.1'}`];
    const container = place.container(runtime, inPod(place, runtime, { program: 'netserver.spt', args, pod, mode }));
    for (const command of [container.create, container.start]) must(runtime, command);
    return { mode, pod, container };
  });
  await sleep(500);
  const series = Object.fromEntries(modes.map((mode) => [mode, []]));
  for (let round = -1; round < Number(options.rounds); round += 1) {
    for (const { mode, pod } of round % 2 === 0 ? servers : servers.toReversed()) {
      const found = await measure(network.host, pod.address);
      if (round >= 0) series[mode].push(found);
    }
  }
  for (const { container } of servers) must(runtime, container.force);
  const figures = ['requestsPerSecond', 'megabytesPerSecond', 'pingMicroseconds'];
  const of = (mode, name) => {
    const values = series[mode].map((found) => found[name]);
    const ratios = values.map((value, round) => value / series.redirect[round][name]);
    return { value: median(values), ratio: median(ratios), quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)] };
  };
  return Object.fromEntries(modes.map((mode) => [mode, Object.fromEntries(figures.map((name) => [name, of(mode, name)]))]));
}

/** `start` of a guest without network devices, and of netserver in each mode, of one runnc or two. */
async function starts(place, runtimes, network) {
  const pod = network.pod();
  const scenarios = runtimes.flatMap((runtime) => {
    const known = runtime.name === 'runnc' ? modes : ['redirect', 'routed'];
    return [
      { runtime, name: 'no network device', bundle: inPod(place, runtime, { program: 'sleep.spt', args: [], pod }) },
      ...['none', ...known].map((mode) => ({
        runtime,
        name: mode,
        bundle: inPod(place, runtime, { program: 'netserver.spt', args: ['ip={ipv4}'], pod, mode }),
      })),
    ].map((scenario) => ({ ...scenario, times: [], processor: [], deletes: [] }));
  });
  for (let round = -2; round < Number(options.starts); round += 1) {
    for (const { runtime, bundle, times, processor, deletes } of round % 2 === 0 ? scenarios : scenarios.toReversed()) {
      const container = place.container(runtime, bundle);
      must(runtime, container.create);
      await sleep(Number(options.pause));
      const before = processorTime();
      const started = timed(() => must(runtime, container.start));
      const taken = processorTime() - before;
      const deleted = timed(() => must(runtime, container.force));
      if (round < 0) continue;
      times.push(started);
      processor.push(taken);
      deletes.push(deleted);
    }
  }
  return scenarios.map(({ runtime, name, times, processor, deletes }) => {
    const [base] = scenarios.filter((each) => each.runtime === runtime);
    return {
      runtime: runtime.name,
      name,
      start: median(times),
      added: median(times.map((time, round) => time - base.times[round])),
      least: Math.min(...times),
      processor: median(processor),
      delete: median(deletes),
    };
  });
}

function report({ machine, date, loadBefore, loadAfter, through, started }) {
  const cell = ({ value, ratio, quartiles: [low, high] }, unit) =>
    `${value.toFixed(0)} ${unit}, ${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  const rows = Object.entries(through).map(([mode, found]) => [
    mode,
    cell(found.requestsPerSecond, '/s'),
    cell(found.megabytesPerSecond, 'MB/s'),
    cell(found.pingMicroseconds, 'µs'),
  ]);
  const times = started.map(({ runtime, name, start, added, least, processor, delete: removed }) => [
    `${runtime}, ${name}`,
    `${start.toFixed(1)} ms`,
    `${added.toFixed(1)} ms`,
    `${least.toFixed(1)} ms`,
    `${processor.toFixed(1)} ms`,
    `${removed.toFixed(1)} ms`,
  ]);
  return [
    `${machine}, ${date}, load ${loadBefore.toFixed(1)} to ${loadAfter.toFixed(1)}; medians of ${options.rounds} rounds and ${options.starts} starts, by turns`,
    table([['mode: median, ratio to redirect (quartiles)', 'requests', 'throughput', 'ping'], ...rows]),
    table([['start', 'median', 'added by the network', 'least', 'processor time', 'delete --force'], ...times]),
  ].join('\n\n');
}

async function main() {
  if (process.getuid() !== 0) throw new Error('containers need root');
  await buildGuests();
  const runtimes = [
    { name: 'runnc', program: path.resolve(options.runnc) },
    ...(options.against === undefined ? [] : [{ name: 'against', program: path.resolve(options.against) }]),
  ];
  for (const { program } of runtimes) if (!existsSync(program)) throw new Error(`${program} does not exist (npm run build)`);
  const place = makePlace();
  const namespaces = path.join(place.folder, 'namespaces');
  mkdirSync(namespaces);
  const network = makeNetwork(namespaces);
  try {
    const loadBefore = os.loadavg()[0];
    const through = Number(options.rounds) > 0 ? await throughModes(place, runtimes[0], network) : {};
    const started = Number(options.starts) > 0 ? await starts(place, runtimes, network) : [];
    const figures = {
      machine: `${os.cpus().length} x ${os.cpus()[0]?.model}, Linux ${os.release()}`,
      date: new Date().toISOString().slice(0, 10),
      loadBefore,
      loadAfter: os.loadavg()[0],
      through,
      started,
    };
    console.log(options.json ? JSON.stringify(figures, undefined, 2) : report(figures));
  } finally {
    network.remove();
    place.remove();
  }
}

await main();
