/** The containers' folders: made whole or not at all, locked by one command at a time, their records replaced atomically. */
import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RunncError, sentenceOf } from '../errors.ts';
import { processStat } from '../sys/process.ts';
import { checkId, folderName } from './id.ts';
import { lock, sameFile } from './lock.ts';
import type { ContainerRecord } from './record.ts';
import { missing, readRecord, writeRecord } from './record-file.ts';

/** A container's folder, held by this command. */
export interface Held {
  readonly directory: string;
  readonly record: ContainerRecord;
  /** Descriptor of the folder, locked. */
  readonly lock: number;
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
    let fd: number | undefined;
    try {
      writeRecord(draft, record);
      fd = openSync(draft, constants.O_RDONLY | constants.O_DIRECTORY);
      await lock(fd, record.id);
      if (existsSync(directory)) throw exists(record.id);
      try {
        renameSync(draft, directory);
      } catch (cause) {
        if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(cause))) throw exists(record.id);
        throw cause;
      }
    } catch (error) {
      if (fd !== undefined) closeSync(fd);
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
        // A file in place of the folder is no container either.
        if (['ENOENT', 'ENOTDIR'].includes(codeOf(cause))) throw missing(id);
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

  /** The records of all containers, by their ids; what cannot be read is told and left out. */
  records(unreadable: (sentence: string) => void): readonly ContainerRecord[] {
    const read = (name: string): readonly ContainerRecord[] => {
      try {
        return [readRecord(join(this.root, name), name)];
      } catch (error) {
        // Gone since the folder was listed, or not a container's.
        if (!(error instanceof RunncError) || error.code !== 'ERR_NO_CONTAINER') unreadable(sentenceOf(error));
        return [];
      }
    };
    const names = namesIn(this.root).filter((name) => !name.startsWith('~'));
    return names.flatMap(read).sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Removes what a `create` or a `delete` that was killed left behind beside the container's own folder. */
  removeDrafts(id: string): void {
    const prefix = draftPrefix(checkId(id));
    for (const name of namesIn(this.root).filter((name) => name.startsWith(prefix))) {
      const maker = Number(name.slice(prefix.length));
      if (!processStat(maker)) rmSync(join(this.root, name), { recursive: true, force: true });
    }
  }
}

/** Empty where there is no such folder. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return [];
    throw cause;
  }
}

/** `~` begins no id. */
const draftPrefix = (id: string) => `~${folderName(id)}~`;
const exists = (id: string) =>
  new RunncError('ERR_CONTAINER_EXISTS', `container with id ${id} exists already`, {
    hint: 'choose another id or delete it first',
  });
const codeOf = (error: unknown) => String((error as NodeJS.ErrnoException).code);

function held(fd: number, directory: string, first: ContainerRecord): Held {
  let record = first;
  let open = true;
  const release = () => {
    if (open) closeSync(fd);
    open = false;
  };
  return {
    directory,
    lock: fd,
    get record() {
      return record;
    },
    save(change) {
      record = { ...record, ...change };
      writeRecord(directory, record);
    },
    remove() {
      // Renamed first: a command that is killed meanwhile leaves no folder without a record, which nobody could delete.
      const rest = join(dirname(directory), `${draftPrefix(record.id)}${process.pid}`);
      rmSync(rest, { recursive: true, force: true });
      if (existsSync(directory)) renameSync(directory, rest);
      rmSync(rest, { recursive: true, force: true });
      release();
    },
    release,
  };
}
