/** Bundles for the executable itself, where a test needs what an engine of this version does not pass on: annotations, a configuration. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { inject, onTestFinished } from 'vitest';

export interface BundleOptions {
  /** A guest's name: raw-blocks. */
  readonly guest: string;
  readonly args?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly env?: readonly string[];
  readonly config?: object;
  readonly mounts?: readonly object[];
}

export interface TestBundle {
  readonly folder: string;
  readonly rootfs: string;
  readonly id: string;
  /** `runnc ARGS`, with the bundle's configuration. */
  runnc(...args: readonly string[]): Promise<{ stdout: string; stderr: string; status: number }>;
  run(): Promise<{ stdout: string; stderr: string; status: number }>;
}

let count = 0;

/** Not in /tmp: a configuration counts only where nobody but root could have written it. */
export async function makeBundle({
  guest,
  args = [],
  annotations,
  env,
  config,
  mounts = [],
}: BundleOptions): Promise<TestBundle> {
  const folder = mkdtempSync('/run/runnc-rootfs-');
  const rootfs = path.join(folder, 'rootfs');
  const root = path.join(folder, 'state');
  const id = `rootfs-${process.pid}-${count++}`;
  const program = inject('runnc');
  mkdirSync(rootfs);
  cpSync(path.join(inject('guests'), `${guest}.spt`), path.join(rootfs, guest));
  await execa(program, ['spec'], { cwd: folder });
  const file = path.join(folder, 'config.json');
  const spec = JSON.parse(readFileSync(file, 'utf8'));
  Object.assign(spec.process, { terminal: false, args: [`/${guest}`, ...args], ...(env ? { env } : {}) });
  spec.root.readonly = false;
  spec.mounts = [...(spec.mounts ?? []), ...mounts];
  if (annotations) spec.annotations = annotations;
  writeFileSync(file, JSON.stringify(spec));
  const settings = path.join(folder, 'runnc.config.json');
  writeFileSync(
    settings,
    JSON.stringify({ cacheDirectory: path.join(folder, 'cache'), dataDirectory: path.join(folder, 'data'), ...config }),
  );
  const runnc: TestBundle['runnc'] = async (...words) => {
    // To files: the container that `create` leaves behind would hold pipes open.
    const outputs = ['stdout', 'stderr'].map((name) => path.join(folder, name));
    const [out, err] = outputs.map((name) => openSync(name, 'w')) as [number, number];
    const child = spawn(program, ['--root', root, '--config', settings, ...words], {
      cwd: folder,
      stdio: ['ignore', out, err],
      timeout: 60_000,
    });
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    for (const descriptor of [out, err]) closeSync(descriptor);
    const [stdout = '', stderr = ''] = outputs.map((name) => readFileSync(name, 'utf8').trimEnd());
    return { stdout, stderr, status: exitCode ?? 255 };
  };
  onTestFinished(async () => {
    await runnc('delete', '--force', id);
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, rootfs, id, runnc, run: () => runnc('run', id) };
}
