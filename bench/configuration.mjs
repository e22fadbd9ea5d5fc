/**
 * What configuration costs: `node bench/configuration.mjs [RUNNC] [ROUNDS]`, as root. The median and the least time of one command, with and without a
 * YAML configuration that names two plugins of others, one of them with options; rounds are interleaved, so that a busy machine
 * slows both.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const [runnc = path.join(root, 'dist/runnc'), rounds = '40'] = process.argv.slice(2);
const folder = mkdtempSync('/run/runnc-bench-');
const bundle = path.join(folder, 'bundle');
const config = path.join(folder, 'runnc.config.yaml');

function run(...args) {
  const started = process.hrtime.bigint();
  const { status } = spawnSync(runnc, ['--root', path.join(folder, 'state'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`${args.join(' ')} failed`);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

function prepare() {
  mkdirSync(path.join(bundle, 'rootfs'), { recursive: true });
  cpSync(path.join(root, 'build/guests/hello.spt'), path.join(bundle, 'rootfs/hello'));
  run('spec', '--bundle', bundle);
  const spec = JSON.parse(readFileSync(path.join(bundle, 'config.json'), 'utf8'));
  writeFileSync(path.join(bundle, 'config.json'), JSON.stringify({ ...spec, process: { ...spec.process, args: ['/hello'] } }));
  const plugin = (name) => `export default { name: '${name}', api: 1,
    options: { type: 'object', properties: { text: { type: 'string', default: 'x' } }, additionalProperties: false },
    apply({ hooks }, { text }) { hooks.launch.tap('${name}', (launch) => ({ ...launch, commandLine: launch.commandLine + text })); } };`;
  for (const name of ['one', 'two']) {
    const at = path.join(folder, 'node_modules', name);
    mkdirSync(at, { recursive: true });
    writeFileSync(path.join(at, 'package.json'), `{ "name": "${name}", "type": "module", "exports": "./index.js" }`);
    writeFileSync(path.join(at, 'index.js'), plugin(name));
  }
  const beneath = path.join(folder, 'node_modules');
  writeFileSync(config, `memory: 64MiB\nplugins:\n  - ${beneath}/one\n  - [${beneath}/two, { text: abc }]\n`);
}

const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];
const ways = { without: [], 'YAML, two plugins': ['--config', config] };
const commands = [
  ['create', (id) => ['create', '--bundle', bundle, id]],
  ['state', (id) => ['state', id]],
  ['start', (id) => ['start', id]],
  ['delete', (id) => ['delete', '--force', id]],
];

try {
  prepare();
  const times = Object.fromEntries(
    Object.keys(ways).map((way) => [way, Object.fromEntries(commands.map(([name]) => [name, []]))]),
  );
  for (let round = -2; round < Number(rounds); round++) {
    for (const [way, options] of Object.entries(ways)) {
      for (const [name, args] of commands) {
        const time = run(...options, ...args(`bench-${process.pid}`));
        if (round >= 0) times[way][name].push(time);
      }
    }
  }
  for (const [way, all] of Object.entries(times)) {
    console.log(
      `${way}: ${Object.entries(all)
        .map(([name, list]) => `${name} ${median(list).toFixed(1)} ms (least ${Math.min(...list).toFixed(1)})`)
        .join(', ')}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
