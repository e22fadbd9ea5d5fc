/** What `runnc inspect` is pointed at, as a container: a program, an unpacked image, or a bundle. */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { RunncError } from '../errors.ts';
import type { ContainerSource } from '../lifecycle/container.ts';
import { loadBundle } from '../oci/bundle.ts';
import { defaultSpec } from '../oci/default-spec.ts';

/** What the container would be made of; `problem` where nothing at that place says which program is meant. */
export interface Place {
  readonly source: ContainerSource;
  readonly problem: RunncError | undefined;
}

/** @throws RunncError ERR_NO_PROGRAM when nothing is there */
export function placeAt(place: string): Place {
  if (!existsSync(place)) throw new RunncError('ERR_NO_PROGRAM', `${place} does not exist`);
  const common = { id: 'inspected', directory: '/nonexistent' };
  if (existsSync(path.join(place, 'config.json')))
    return { source: { ...common, bundle: loadBundle(place) }, problem: undefined };
  const isFolder = statSync(place).isDirectory();
  const folder = isFolder ? place : path.dirname(place);
  const found = isFolder ? onlyProgram(place) : path.basename(place);
  const spec = defaultSpec(typeof found === 'string' ? found : undefined);
  const named = typeof found === 'string' ? spec : { ...spec, process: { ...spec.process, args: [] } };
  const bundle = { path: folder, rootfs: folder, spec: named };
  return { source: { ...common, bundle }, problem: typeof found === 'string' ? undefined : found };
}

/** The one ELF file at the top of an unpacked image. */
function onlyProgram(folder: string): string | RunncError {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const programs = files.map(({ name }) => name).filter((name) => isElf(path.join(folder, name)));
  const [program, ...more] = programs;
  if (program !== undefined && more.length === 0) return program;
  const found = program === undefined ? 'no program' : `${programs.length} programs (${programs.slice(0, 8).join(', ')})`;
  return new RunncError('ERR_NO_PROGRAM', `${folder} has ${found} at its top`, { hint: 'name one of its files' });
}

function isElf(file: string): boolean {
  const fd = openSync(file, 'r');
  try {
    const magic = Buffer.alloc(4);
    return readSync(fd, magic) === 4 && magic.readUInt32BE() === 0x7f454c46;
  } finally {
    closeSync(fd);
  }
}
