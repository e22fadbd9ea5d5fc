/** The same inside `docker run`, from what `docker events` says when. DOCKER_HOST names the dockerd; it must know runnc. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare } from './figures.mjs';
import { must } from './place.mjs';
import { timed } from './processes.mjs';

const guests = fileURLToPath(new URL('../build/guests', import.meta.url));
const programs = { runnc: 'hello.spt', runc: 'linux' };
const image = (runtime) => `runnc-bench-${runtime}`;

const docker = (...args) => must(spawnSync('docker', args, { encoding: 'utf8' }), `docker ${args[0]}`);

/** By network, for `docker run --rm` of both runtimes by turns. */
export function dockerFigures({ folder }, rounds) {
  for (const runtime of Object.keys(programs)) build(folder, runtime);
  try {
    return { none: byTurns('none', rounds), bridge: byTurns('bridge', rounds) };
  } finally {
    docker('rmi', ...Object.keys(programs).map(image));
  }
}

function build(folder, runtime) {
  const context = path.join(folder, image(runtime));
  mkdirSync(context);
  copyFileSync(path.join(guests, programs[runtime]), path.join(context, 'program'));
  writeFileSync(path.join(context, 'Dockerfile'), 'FROM scratch\nCOPY program /program\nENTRYPOINT ["/program"]\n');
  docker('build', '--quiet', '--tag', image(runtime), context);
}

function byTurns(network, rounds) {
  const series = { runnc: [], runc: [] };
  for (let count = -1; count < rounds; count += 1) {
    for (const runtime of count % 2 === 0 ? ['runnc', 'runc'] : ['runc', 'runnc']) {
      const figures = once(runtime, network, `${image(runtime)}-${process.pid}-${network}-${count + 1}`);
      if (count >= 0) series[runtime].push(figures);
    }
  }
  const of = (runtime, name) => series[runtime].map((figures) => figures[name]);
  return Object.fromEntries(Object.keys(series.runnc[0]).map((name) => [name, compare(of('runnc', name), of('runc', name))]));
}

function once(runtime, network, name) {
  const since = (Date.now() - 1000) / 1000;
  const whole = timed(() =>
    docker('run', '--rm', `--runtime=${runtime}`, `--network=${network}`, '--name', name, image(runtime)),
  );
  const until = (Date.now() + 1000) / 1000;
  const events = docker(
    'events',
    '--since',
    String(since),
    '--until',
    String(until),
    '--filter',
    `container=${name}`,
    '--format',
    '{{.Action}} {{.TimeNano}}',
  );
  const at = Object.fromEntries(
    events
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([action, time]) => [action, Number(BigInt(time) / 1000n) / 1000]),
  );
  return {
    'docker run --rm': whole,
    'from attached to started': at.start - at.attach,
    'from started to dead': at.die - at.start,
    'from dead to destroyed': at.destroy - at.die,
  };
}
