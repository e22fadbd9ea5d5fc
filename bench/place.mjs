/** The containers of a benchmark: bundles, ids, one folder and one cgroup above them all, and their removal. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './processes.mjs';

const guests = fileURLToPath(new URL('../build/guests', import.meta.url));
const docker = new URL('../test/fixtures/bundles/docker-20/config.json', import.meta.url);

/** Where all of it is: on a file system in memory, as /run/runnc and /run/runc are. */
export function makePlace() {
  const folder = mkdtempSync('/run/runnc-bench-');
  const name = path.basename(folder);
  const used = [];
  return {
    folder,
    /** A program of build/guests, as the only file of a bundle whose config.json is that of `runc spec`. */
    bundle(runtime, { program, args = [], confined = false }) {
      const bundle = mkdtempSync(path.join(folder, 'bundle-'));
      mkdirSync(path.join(bundle, 'rootfs'));
      copyFileSync(path.join(guests, program), path.join(bundle, 'rootfs', program));
      must(spawnSync(runtime.program, ['spec', '--bundle', bundle]), `${runtime.name} spec`);
      const file = path.join(bundle, 'config.json');
      const config = JSON.parse(readFileSync(file, 'utf8'));
      config.process = { ...config.process, terminal: false, args: [`/${program}`, ...args] };
      config.linux = {
        ...config.linux,
        ...(confined ? { seccomp: JSON.parse(readFileSync(docker, 'utf8')).linux.seccomp } : {}),
      };
      return { bundle, file, config };
    },
    /** A new container of a bundle: its id, the runtime's options for it, and where its process id will be. */
    container(runtime, { bundle, file, config }) {
      const id = `${runtime.name}-${used.length}`;
      config.linux.cgroupsPath = `/${name}/${id}`;
      writeFileSync(file, JSON.stringify(config));
      const root = ['--root', path.join(folder, runtime.name)];
      const pidFile = path.join(folder, `${id}.pid`);
      used.push({ runtime, root, id });
      return {
        id,
        create: [...root, 'create', '--bundle', bundle, '--pid-file', pidFile, id],
        start: [...root, 'start', id],
        state: [...root, 'state', id],
        delete: [...root, 'delete', id],
        force: [...root, 'delete', '--force', id],
        run: [...root, 'run', '--bundle', bundle, id],
        pid: () => Number(readFileSync(pidFile, 'utf8')),
      };
    },
    remove() {
      for (const { runtime, root, id } of used) {
        if (existsSync(path.join(folder, runtime.name, id))) run(runtime.program, [...root, 'delete', '--force', id]);
      }
      for (const hierarchy of cgroupsNamed(name)) rmdirSync(hierarchy);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Throws with what the program said when it failed. */
export function must({ status, stderr, stdout, error }, what) {
  if (error) throw error;
  if (status !== 0) throw new Error(`${what} ended with ${status}: ${stderr}${stdout}`);
  return String(stdout);
}

/** The folders of that cgroup, in the one hierarchy of version 2 or the several of version 1. */
function cgroupsNamed(name) {
  const top = '/sys/fs/cgroup';
  const below = readdirSync(top, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() && readdirSync(path.join(top, entry.name)).includes(name) ? [path.join(top, entry.name, name)] : [],
  );
  return readdirSync(top).includes(name) ? [path.join(top, name), ...below] : below;
}
