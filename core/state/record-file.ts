/** The file with a container's record: replaced by rename, refused when it is damaged or of another version. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../errors.ts';
import { type ContainerRecord, execFifo, schemaVersion } from './record.ts';

const recordFile = 'state.json';

export const missing = (id: string) => new RunncError('ERR_NO_CONTAINER', `container ${id} does not exist`);

/** Replaces the record in a container's folder, whole or not at all. */
export function writeRecord(directory: string, record: ContainerRecord): void {
  const temporary = join(directory, `${recordFile}.new`);
  writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
  renameSync(temporary, join(directory, recordFile));
}

/**
 * The record in a container's folder; `running` is read from the exec fifo.
 * @throws RunncError ERR_NO_CONTAINER, ERR_STATE
 */
export function readRecord(directory: string, id: string): ContainerRecord {
  const file = join(directory, recordFile);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // A file in place of the folder is no container either.
    if (code === 'ENOENT' || code === 'ENOTDIR') throw missing(id);
    throw new RunncError('ERR_STATE', `${file} cannot be read (${code})`, { cause });
  }
  let record: ContainerRecord | null;
  try {
    record = JSON.parse(text);
  } catch (cause) {
    throw new RunncError('ERR_STATE', `${file} is damaged`, {
      hint: `end the processes in the cgroup of ${id}, if there are any, and remove the folder`,
      cause,
    });
  }
  if (record?.schema !== schemaVersion) {
    throw new RunncError(
      'ERR_STATE',
      `${file} was written by another version of runnc (schema ${record?.schema}, not ${schemaVersion})`,
      {
        hint: 'delete the container with that version',
      },
    );
  }
  return record.phase === 'created' && !existsSync(join(directory, execFifo)) ? { ...record, phase: 'running' } : record;
}
