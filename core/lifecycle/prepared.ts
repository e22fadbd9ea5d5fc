/**
 * What `create` found out of a container and `start` goes on with: what is changed in config.json after `create` has no effect on it
 * (runtime-spec, runtime.md, "Create"), and neither has what is changed in runnc.config or the image.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { RunncError } from '../errors.ts';
import type { Container, Program, SeccompProfile, Unikernel } from '../plugin.ts';

export interface Prepared {
  /** Without process and namespaces: there were none yet. */
  readonly container: Container;
  readonly config: Config;
  readonly program: Omit<Program, 'fd'>;
  readonly unikernel: Unikernel;
  /** The bundle's own filter. */
  readonly profile: SeccompProfile | undefined;
}

const fileIn = (directory: string) => join(directory, 'prepared.json');

/** Into the container's own folder, beside its state. */
export function writePrepared(directory: string, { program, ...rest }: Prepared): void {
  writeFileSync(fileIn(directory), JSON.stringify({ ...rest, program: storedProgram(program) }), { mode: 0o600 });
}

/** @throws RunncError ERR_STATE for a container that another version of runnc created */
export function readPrepared(directory: string): Prepared {
  let text: string;
  try {
    text = readFileSync(fileIn(directory), 'utf8');
  } catch (cause) {
    throw new RunncError('ERR_STATE', `${fileIn(directory)} cannot be read (${(cause as NodeJS.ErrnoException).code})`, {
      hint: 'the container was created by another version of runnc, or its folder is damaged: delete it, and create it again',
      cause,
    });
  }
  const { program, ...rest } = JSON.parse(text) as Omit<Prepared, 'program'> & { readonly program: StoredProgram };
  return { ...rest, program: programOf(program) };
}

/** In forms that JSON has: the entry in decimal digits, the manifest as base64. */
type StoredProgram = ReturnType<typeof storedProgram>;

function storedProgram({ path, size, elf, solo5: { abi, manifest } }: Prepared['program']) {
  const bytes = manifest && Buffer.from(manifest.bytes).toString('base64');
  return { path, size, elf: { ...elf, entry: String(elf.entry) }, abi, manifest: manifest && { ...manifest, bytes } };
}

function programOf({ path, size, elf, abi, manifest }: StoredProgram): Prepared['program'] {
  const bytes = Buffer.from(manifest?.bytes ?? '', 'base64');
  return {
    path,
    size,
    elf: { ...elf, entry: BigInt(elf.entry) },
    solo5: { abi, manifest: manifest && { ...manifest, bytes } },
  };
}
