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
  /** Whether no copy of the file as it was is needed. */
  readonly isOurs?: boolean;
  /** The copy of the file as it was, which is needed no more. */
  readonly spent?: string;
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
    docker: () => takeOut(where.file ?? dockerFile, dockerNext, (text) => withoutDockerRuntime(text, name)),
    containerd: () => takeOut(where.file ?? containerdFile, containerdNext, (text) => withoutContainerdRuntime(text, name)),
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

const backupOf = (file: string) => `${file}.before-runnc`;

/** A file that is then as it was before runnc came is put back byte for byte; one that runnc made, and that has nothing else in it, goes. */
function takeOut(file: string, next: string, change: (text: string) => string): Change {
  if (!existsSync(file)) return { file, next, text: undefined };
  const edited: Change = { ...edit(file, next, change), isOurs: true };
  const backup = backupOf(file);
  if (existsSync(backup)) {
    const before = readFileSync(backup, 'utf8');
    return isSame(before, edited.text) ? { ...edited, text: before, spent: backup } : edited;
  }
  return /^\s*(\{\s*\})?\s*$/.test(edited.text ?? '') ? { ...edited, text: undefined } : edited;
}

function apply({ file, text, next, isOurs = false, spent }: Change, dryRun: boolean, what: string): string {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (isSame(before, text)) return `${file} is as it should be: ${what}`;
  if (dryRun) return text === undefined ? `${file} would be removed` : `${file} would become:\n${text}`;
  const backup = backupOf(file);
  const keeps = before !== undefined && !isOurs;
  if (keeps && !existsSync(backup)) copyFileSync(file, backup);
  if (spent !== undefined) rmSync(spent);
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
