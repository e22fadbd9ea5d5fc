/** netserver without an engine: a bundle, the executable, and a network namespace that the test fills itself. */
import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { inject, onTestFinished } from 'vitest';
import { defaultSpec } from '../../../core/oci/default-spec.ts';
import { until } from '../engine/until.ts';

const runnc = inject('runnc');
const guests = inject('guests');

export interface Bare {
  readonly id: string;
  /** Of its process. */
  readonly pid: number;
  /** The bundle, and in it `runnc.config.json`. */
  readonly folder: string;
  /** The arguments with those that every call needs. */
  command(...args: string[]): string[];
  /** runnc with these arguments; throws when it fails. */
  runnc(...args: string[]): Promise<string>;
  /** Path of the container's network namespace. */
  netns(): string;
  /** Runs a program in there. */
  inside(program: string, ...args: string[]): Promise<string>;
  output(): string;
}

export interface BareOptions {
  readonly words: readonly string[];
  /** A namespace to join instead of one of its own. */
  readonly netns?: string;
  readonly guest?: string;
  /** What starts it; `spt` unless told. */
  readonly target?: 'spt' | 'hvt';
  /** Options of the plugin. */
  readonly network?: Readonly<Record<string, unknown>>;
  /** Text of the /etc/resolv.conf that is mounted into it. */
  readonly resolvConf?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Folder of states, for containers that are to know each other; one of its own unless told. */
  readonly root?: string;
}

let count = 0;

/** Creates a container; it is deleted when the test has ended. Its folder is in /run: configuration is not read where others may write. */
export async function createBare(options: BareOptions): Promise<Bare> {
  const { words, netns, guest = 'netserver', target = 'spt', network, resolvConf, annotations = {} } = options;
  const folder = mkdtempSync('/run/runnc-network-');
  const id = `bare-${process.pid}-${++count}`;
  const config = path.join(folder, 'runnc.config.json');
  const plugins = ['arch-x86_64', 'seccomp', ['network-tap', network ?? {}], `tender-${target}`, 'unikernel-solo5'];
  writeFileSync(config, JSON.stringify({ plugins }));
  const { root = path.join(folder, 'state') } = options;
  const command = (...args: string[]) => ['--root', root, '--config', config, ...args];
  const run = async (...args: string[]) => (await execa(runnc, command(...args), { cwd: folder })).stdout;
  onTestFinished(async () => {
    if (existsSync(path.join(root, id))) await run('delete', '--force', id);
    rmSync(folder, { recursive: true, force: true });
  });
  mkdirSync(path.join(folder, 'rootfs'));
  cpSync(path.join(guests, `${guest}.${target}`), path.join(folder, 'rootfs/guest'));
  const spec = defaultSpec();
  const namespaces = spec.linux?.namespaces?.map(({ type }) =>
    type === 'network' && netns !== undefined ? { type, path: netns } : { type },
  );
  const source = path.join(folder, 'resolv.conf');
  if (resolvConf !== undefined) writeFileSync(source, resolvConf);
  const mounts = [{ destination: '/etc/resolv.conf', type: 'bind', source, options: ['rbind'] }];
  const bundle = {
    ...spec,
    process: { ...spec.process, args: ['/guest', ...words] },
    linux: { ...spec.linux, namespaces },
    annotations,
    ...(resolvConf === undefined ? {} : { mounts }),
  };
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(bundle));
  const output = path.join(folder, 'output');
  const fd = openSync(output, 'w');
  // The guest goes on writing when the executable has ended, so it has to be the file itself.
  const { status } = spawnSync(runnc, command('create', '--pid-file', 'pid', id), { cwd: folder, stdio: ['ignore', fd, fd] });
  closeSync(fd);
  if (status !== 0) throw new Error(readFileSync(output, 'utf8'));
  const pid = Number(readFileSync(path.join(folder, 'pid'), 'utf8'));
  const own = `/proc/${pid}/ns/net`;
  return {
    id,
    pid,
    folder,
    command,
    runnc: run,
    netns: () => own,
    inside: async (program, ...args) => (await execa('nsenter', [`--net=${own}`, program, ...args])).stdout,
    output: () => readFileSync(output, 'utf8'),
  };
}

/** For `expect.poll` of what a namespace has: the kernel puts back what belongs to addresses of IPv6 when it has the time. */
export const settling = { timeout: 10_000, interval: 20 };

/** A network namespace held by a file, and gone with the test. */
export async function makeNamespace(): Promise<{
  readonly path: string;
  inside(program: string, ...args: string[]): Promise<string>;
}> {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-namespace-'));
  const file = path.join(folder, 'net');
  writeFileSync(file, '');
  await execa('unshare', [`--net=${file}`, 'ip', 'link', 'set', 'lo', 'up']);
  onTestFinished(async () => {
    await execa('umount', ['--lazy', file]);
    rmSync(folder, { recursive: true, force: true });
  });
  return { path: file, inside: async (program, ...args) => (await execa('nsenter', [`--net=${file}`, program, ...args])).stdout };
}

/** A veth pair: one end here in `host`, the other as `name` in the namespace `netns`, with its address, up. */
export async function plug(host: string, hostEnd: string, netns: string, name: string, address: string): Promise<void> {
  await execa('nsenter', [`--net=${host}`, 'ip', 'link', 'add', hostEnd, 'type', 'veth', 'peer', 'name', name]);
  const fd = openSync(netns, 'r');
  await execa('nsenter', [`--net=${host}`, 'ip', 'link', 'set', name, 'netns', `/proc/${process.pid}/fd/${fd}`]);
  closeSync(fd);
  await execa('nsenter', [`--net=${host}`, 'ip', 'link', 'set', hostEnd, 'up']);
  await execa('nsenter', [`--net=${netns}`, 'ip', 'address', 'add', address, 'dev', name]);
  await execa('nsenter', [`--net=${netns}`, 'ip', 'link', 'set', name, 'up']);
  // The kernel takes its time over saying so.
  const link = async () => (await execa('nsenter', [`--net=${netns}`, 'ip', 'link', 'show', name])).stdout;
  await until(`${name} is up`, 60_000, async () => (await link()).includes('state UP'));
}
