/** The containers' folders: made whole or not at all, locked by one command at a time, their records replaced atomically. */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../errors.ts';
import { processStat } from '../sys/process.ts';
import { sleep } from '../sys/sleep.ts';
import { checkId, folderName } from './id.ts';
import { type ContainerRecord, execFifo, schemaVersion } from './record.ts';

const recordFile = 'state.json';
/** How long a command waits for another one that works on the same container. */
const lockPatience = 10_000;

/** A container's folder, held by this command. */
export interface Held {
  readonly directory: string;
  readonly record: ContainerRecord;
  /** Replaces the record, whole or not at all. */
  save(change: Partial<ContainerRecord>): void;
  /** Removes the folder. */
  remove(): void;
  release(): void;
}

/** All containers below one root folder (`--root`). */
export class Store {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Where a container's folder is. */
  directory(id: string): string {
    return join(this.root, folderName(checkId(id)));
  }

  /**
   * For a good answer at once; `reserve` makes sure.
   * @throws RunncError ERR_CONTAINER_EXISTS
   */
  demandFree(id: string): void {
    if (existsSync(this.directory(id))) throw exists(id);
  }

  /**
   * Makes a container's folder with its first record, and holds it. The folder appears under its name complete.
   * @throws RunncError ERR_CONTAINER_EXISTS
   */
  async reserve(record: ContainerRecord): Promise<Held> {
    const directory = this.directory(record.id);
    mkdirSync(this.root, { recursive: true, mode: 0o711 });
    const draft = join(this.root, `${draftPrefix(record.id)}${process.pid}`);
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { mode: 0o700 });
    writeRecord(draft, record);
    const fd = openSync(draft, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await lock(fd, record.id);
      if (existsSync(directory)) throw exists(record.id);
      try {
        renameSync(draft, directory);
      } catch (cause) {
        if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(cause))) throw exists(record.id);
        throw cause;
      }
    } catch (error) {
      closeSync(fd);
      rmSync(draft, { recursive: true, force: true });
      throw error;
    }
    return held(fd, directory, record);
  }

  /**
   * Holds an existing container.
   * @throws RunncError ERR_NO_CONTAINER, ERR_BUSY, ERR_STATE
   */
  async hold(id: string): Promise<Held> {
    const directory = this.directory(id);
    for (;;) {
      let fd: number;
      try {
        fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
      } catch (cause) {
        if (codeOf(cause) === 'ENOENT') throw missing(id);
        throw cause;
      }
      try {
        await lock(fd, id);
        // The folder may have been removed, and made again, while this command waited for the lock.
        if (sameFile(fd, directory)) return held(fd, directory, readRecord(directory, id));
      } catch (error) {
        closeSync(fd);
        throw error;
      }
      closeSync(fd);
    }
  }

  /** The record as it is now, without holding the container. */
  read(id: string): ContainerRecord {
    return readRecord(this.directory(id), id);
  }

  /** Ids of all containers. */
  list(): readonly string[] {
    let names: string[];
    try {
      names = readdirSync(this.root);
    } catch {
      // No root folder: no containers.
      return [];
    }
    return names
      .filter((name) => !name.startsWith('~') && existsSync(join(this.root, name, recordFile)))
      .map((name) => readRecord(join(this.root, name), name).id)
      .sort();
  }

  /** Removes what a `create` that was killed before it had a record left behind. */
  removeDrafts(id: string): void {
    const prefix = draftPrefix(checkId(id));
    let names: string[];
    try {
      names = readdirSync(this.root);
    } catch {
      // No root folder: no drafts.
      return;
    }
    for (const name of names.filter((name) => name.startsWith(prefix))) {
      const maker = Number(name.slice(prefix.length));
      if (!processStat(maker)) rmSync(join(this.root, name), { recursive: true, force: true });
    }
  }
}

/** `~` begins no id. */
const draftPrefix = (id: string) => `~${folderName(id)}~`;
const exists = (id: string) =>
  new RunncError('ERR_CONTAINER_EXISTS', `container with id ${id} exists already`, {
    hint: 'choose another id or delete it first',
  });
const missing = (id: string) => new RunncError('ERR_NO_CONTAINER', `container ${id} does not exist`);
const codeOf = (error: unknown) => String((error as NodeJS.ErrnoException).code);

async function lock(fd: number, id: string): Promise<void> {
  const { tryLock } = await import('#flock');
  const giveUp = Date.now() + lockPatience;
  for (let wait = 1; !(await tryLock(fd)); wait = Math.min(wait * 2, 50)) {
    if (Date.now() > giveUp) {
      throw new RunncError(
        'ERR_BUSY',
        `container ${id} is held by another runnc command for more than ${lockPatience / 1000} s`,
        {
          hint: 'see what it waits for, or end it',
        },
      );
    }
    await sleep(wait);
  }
}

function sameFile(fd: number, path: string): boolean {
  const here = fstatSync(fd);
  try {
    const there = statSync(path);
    return here.ino === there.ino && here.dev === there.dev;
  } catch {
    // Removed meanwhile.
    return false;
  }
}

function held(fd: number, directory: string, first: ContainerRecord): Held {
  let record = first;
  let open = true;
  const release = () => {
    if (open) closeSync(fd);
    open = false;
  };
  return {
    directory,
    get record() {
      return record;
    },
    save(change) {
      record = { ...record, ...change };
      writeRecord(directory, record);
    },
    remove() {
      rmSync(directory, { recursive: true, force: true });
      release();
    },
    release,
  };
}

function writeRecord(directory: string, record: ContainerRecord): void {
  const temporary = join(directory, `${recordFile}.new`);
  writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
  renameSync(temporary, join(directory, recordFile));
}

function readRecord(directory: string, id: string): ContainerRecord {
  const file = join(directory, recordFile);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') throw missing(id);
    throw new RunncError('ERR_STATE', `${file} cannot be read (${codeOf(cause)})`, { cause });
  }
  let record: ContainerRecord;
  try {
    record = JSON.parse(text);
  } catch (cause) {
    throw new RunncError('ERR_STATE', `${file} is damaged`, { hint: `runnc delete --force ${id}`, cause });
  }
  if (record.schema !== schemaVersion) {
    throw new RunncError(
      'ERR_STATE',
      `${file} was written by another version of runnc (schema ${record.schema}, not ${schemaVersion})`,
      {
        hint: 'delete the container with that version',
      },
    );
  }
  return record.phase === 'created' && !existsSync(join(directory, execFifo)) ? { ...record, phase: 'running' } : record;
}
