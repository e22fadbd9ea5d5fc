/** The docker command, pointed at one engine. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { inNetwork } from './network.ts';

/** How a command ended; output is byte for byte, final newline included. */
export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status; 128 + signal when a signal ended it, as a shell would say. */
  readonly status: number;
}

export interface Image {
  /** Files in the image by their path: a path on this machine, or bytes. All get mode 0755. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly workdir?: string;
}

export interface Docker {
  /** Runs `docker ARGS`; does not throw when it fails. */
  docker(...args: string[]): Promise<Result>;
  /** Runs `docker ARGS` with something on its standard input. */
  dockerWithInput(input: string | Uint8Array, ...args: string[]): Promise<Result>;
  /** Builds an image FROM scratch; throws when that fails. */
  buildImage(name: string, image: Image): Promise<void>;
  /** Runs a command where the engine's bridge is: what a user of that machine would reach containers with. */
  onHost(program: string, ...args: string[]): Promise<Result>;
}

export interface ClientAddress {
  readonly folder: string;
  readonly socket: string;
  readonly network: string;
  readonly programs: { readonly docker: string };
}

/** What makes the docker command speak to that engine. */
export function clientEnvironment({ folder, socket }: Pick<ClientAddress, 'folder' | 'socket'>): Record<string, string> {
  // DOCKER_BUILDKIT=0: Debian packages no buildx, and FROM scratch needs none of what it adds.
  return { DOCKER_CONFIG: path.join(folder, 'client'), DOCKER_BUILDKIT: '0', DOCKER_HOST: `unix://${socket}` };
}

export function dockerAt(address: ClientAddress): Docker {
  const { folder, network, programs } = address;
  const env = clientEnvironment(address);
  const docker = (...args: string[]) => run(programs.docker, args, { env });
  return {
    docker,
    dockerWithInput: (input, ...args) => run(programs.docker, args, { env, input }),
    async buildImage(name, image) {
      const context = mkdtempSync(path.join(folder, 'context-'));
      try {
        fill(context, image);
        const { status, stdout, stderr } = await docker('build', '--quiet', '--tag', name, context);
        if (status !== 0) throw new Error(`docker build of ${name} failed: ${stderr}${stdout}`);
      } finally {
        rmSync(context, { recursive: true, force: true });
      }
    },
    onHost(program, ...args) {
      const [first, ...rest] = inNetwork(network, [program, ...args]);
      return run(first, rest, {});
    },
  };
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
}

async function run(program: string, args: readonly string[], { env = {}, input }: RunOptions): Promise<Result> {
  const { stdout, stderr, exitCode, signal, originalMessage } = await execa(program, args, {
    env,
    reject: false,
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
  });
  if (exitCode === undefined && signal === undefined) throw new Error(`cannot run ${program}: ${originalMessage}`);
  return { stdout, stderr, status: exitCode ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0) };
}

/** Writes the build context: the files under rootfs/, and the Dockerfile beside it. */
function fill(context: string, { files, entrypoint, cmd, env = {}, labels = {}, workdir }: Image): void {
  mkdirSync(path.join(context, 'rootfs'));
  for (const [name, content] of Object.entries(files)) {
    const target = path.join(context, 'rootfs', name);
    mkdirSync(path.dirname(target), { recursive: true });
    if (typeof content === 'string') copyFileSync(content, target);
    else writeFileSync(target, content);
    chmodSync(target, 0o755);
  }
  const lines = [
    'FROM scratch',
    'COPY rootfs /',
    ...Object.entries(env).map(([key, value]) => `ENV ${key}=${quoted(value)}`),
    ...Object.entries(labels).map(([key, value]) => `LABEL ${quoted(key)}=${quoted(value)}`),
    ...(workdir === undefined ? [] : [`WORKDIR ${workdir}`]),
    ...(entrypoint === undefined ? [] : [`ENTRYPOINT ${JSON.stringify(entrypoint)}`]),
    ...(cmd === undefined ? [] : [`CMD ${JSON.stringify(cmd)}`]),
  ];
  writeFileSync(path.join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
}

/** A word of a Dockerfile, where $ stands for a variable. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"$]/g, '\\$&')}"`;
}
