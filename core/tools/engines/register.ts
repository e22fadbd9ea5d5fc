/** Registers runnc with an engine, and takes it out again: what else is in the file stays, and the file as it was is kept. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RunncError } from '../../errors.ts';
import { containerdFile, withContainerdRuntime, withoutContainerdRuntime } from './containerd.ts';
import { dockerFile, withDockerRuntime, withoutDockerRuntime } from './docker.ts';
import { podmanFile, podmanText } from './podman.ts';

export interface Entry {
  readonly name: string;
  /** runnc.config for this entry. */
  readonly config: string | undefined;
  readonly profile: string | undefined;
}

interface Where {
  /** Undefined: where the engine has it. */
  readonly file: string | undefined;
  readonly dryRun: boolean;
  /** The runtime's program. */
  readonly program?: string;
}

interface Change {
  readonly file: string;
  /** Undefined: the file goes. */
  readonly text: string | undefined;
  /** Whether the file is written by nobody else. */
  readonly isOurs?: boolean;
  /** What makes the engine read it. */
  readonly next: string;
}

/** Does it, or tells what would be done; returns what to tell. @throws RunncError ERR_CONFIG, ERR_ARGUMENT; nothing is changed then */
export function register(engine: string, { name, config, profile }: Entry, where: Where): string {
  checkName(name);
  const { program = process.execPath } = where;
  const args = [...(config === undefined ? [] : ['--config', config]), ...(profile === undefined ? [] : ['--profile', profile])];
  if (args.length > 0 && engine !== 'docker')
    throw new RunncError('ERR_UNSUPPORTED', `${engine} passes no arguments to a runtime`, {
      hint: 'name a script that calls runnc with them, or use /etc/runnc',
    });
  const changes: Readonly<Record<string, () => Change>> = {
    docker: () => edit(where.file ?? dockerFile, dockerNext, (text) => withDockerRuntime(text, name, program, args)),
    containerd: () => edit(where.file ?? containerdFile, containerdNext, (text) => withContainerdRuntime(text, name, program)),
    podman: () => ({
      file: where.file ?? podmanFile(name),
      text: podmanText(name, program),
      isOurs: true,
      next: 'nothing else is needed',
    }),
  };
  return apply(chosen(changes, engine)(), where.dryRun, `the runtime ${name} (${[program, ...args].join(' ')})`);
}

export function unregister(engine: string, name: string, where: Where): string {
  checkName(name);
  const changes: Readonly<Record<string, () => Change>> = {
    docker: () => edit(where.file ?? dockerFile, dockerNext, (text) => withoutDockerRuntime(text, name)),
    containerd: () => edit(where.file ?? containerdFile, containerdNext, (text) => withoutContainerdRuntime(text, name)),
    podman: () => ({ file: where.file ?? podmanFile(name), text: undefined, isOurs: true, next: 'nothing else is needed' }),
  };
  return apply(chosen(changes, engine)(), where.dryRun, `without the runtime ${name}`);
}

const dockerNext = 'systemctl reload docker, or kill -HUP $(cat /run/docker.pid), makes dockerd read it; containers go on';
const containerdNext = 'systemctl restart containerd makes containerd read it; containers go on';

function chosen(changes: Readonly<Record<string, () => Change>>, engine: string): () => Change {
  const change = Object.hasOwn(changes, engine) ? changes[engine] : undefined;
  if (change) return change;
  throw new RunncError('ERR_ARGUMENT', `${engine} is no engine that runnc knows`, {
    hint: `it knows ${Object.keys(changes).join(', ')}`,
  });
}

/** Names go into TOML keys and file names. */
function checkName(name: string): void {
  if (/^[a-z0-9][\w-]{0,62}$/i.test(name)) return;
  throw new RunncError('ERR_ARGUMENT', `${JSON.stringify(name)} cannot be the name of a runtime`, {
    hint: 'letters, digits, - and _',
  });
}

function edit(file: string, next: string, change: (text: string) => string): Change {
  try {
    return { file, next, text: change(existsSync(file) ? readFileSync(file, 'utf8') : '') };
  } catch (error) {
    if (!(error instanceof RunncError)) throw error;
    throw new RunncError(error.code, `${file} is left as it is: ${error.message}`, {
      cause: error,
      ...(error.hint && { hint: error.hint }),
    });
  }
}

function apply({ file, text, next, isOurs = false }: Change, dryRun: boolean, what: string): string {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (isSame(before, text)) return `${file} is as it should be: ${what}`;
  if (dryRun) return text === undefined ? `${file} would be removed` : `${file} would become:\n${text}`;
  const backup = `${file}.before-runnc`;
  const keeps = before !== undefined && !isOurs;
  if (keeps && !existsSync(backup)) copyFileSync(file, backup);
  if (text === undefined) {
    rmSync(file);
  } else {
    mkdirSync(path.dirname(file), { recursive: true });
    const mode = before === undefined ? 0o644 : statSync(file).mode & 0o7777;
    writeFileSync(`${file}.new`, text, { mode });
    renameSync(`${file}.new`, file);
  }
  return `${file}: ${what}${keeps ? `; as it was: ${backup}` : ''}\n${next}`;
}

/** JSON is compared by what it says, so that a file of another spacing is not written for nothing. */
function isSame(before: string | undefined, after: string | undefined): boolean {
  if (before === after) return true;
  if (after === undefined) return before === undefined;
  try {
    return JSON.stringify(JSON.parse(before ?? '{}')) === JSON.stringify(JSON.parse(after));
  } catch {
    return false; // Not JSON: the texts differ.
  }
}
