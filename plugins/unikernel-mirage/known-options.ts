/**
 * Which options a unikernel has, where nobody says it: it is asked once, in a sandbox of its own, and the answer is kept by the
 * program's content. An option that it does not have is fatal to a unikernel, and the container that a user waits for is not the place
 * to find out.
 */
import { readFileSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, Program, Unikernel } from '../../core/plugin.ts';
import { optionsOfHelp } from './help.ts';

type Asking = Pick<Host, 'cacheDirectory' | 'runApart' | 'log'>;

/** What is kept; without options it ended by itself and told none. */
interface Answer {
  readonly options?: readonly string[];
}

const chunk = 1024 * 1024;
const isName = (value: unknown): boolean => typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(value);

/** Undefined: it could not be asked, or did not answer. Containers of the same program may ask at the same time: each writes the same. */
export async function knownOptions(host: Asking, program: Program, unikernel: Unikernel): Promise<readonly string[] | undefined> {
  const file = join(host.cacheDirectory('unikernel-mirage'), `${digest(program)}.json`);
  const kept = read(file);
  if (kept) return kept.options;
  const { output, status, problem } = await host.runApart(program, unikernel, { args: ['--help=plain'] });
  const options = optionsOfHelp(output);
  if (options === undefined) {
    const why = status === undefined ? 'it did not end in time' : problem || `it ended with status ${status} and listed none`;
    host.log.warn(`${program.path} could not be asked for its options (--help=plain): ${why}; the usual ones are assumed`);
  }
  // A machine that was busy, or a tender that failed, says nothing of the program.
  if (options !== undefined || (status !== undefined && problem === '')) {
    try {
      write(file, options === undefined ? {} : { options });
    } catch (error) {
      // A full disk must not stop a container: the next one asks again.
      host.log.warn(`the options of ${program.path} cannot be kept: ${(error as Error).message}`);
    }
  }
  return options;
}

/** Undefined for what is not there or not whole, which is asked for again. */
function read(file: string): Answer | undefined {
  try {
    const { options } = JSON.parse(readFileSync(file, 'utf8')) as Answer;
    if (options === undefined) return {};
    return Array.isArray(options) && options.every(isName) ? { options } : undefined;
  } catch {
    return undefined;
  }
}

function write(file: string, answer: Answer): void {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify(answer), { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** SHA-256 of the whole program: 10 MiB take less time than a page of its help. */
function digest({ fd, size }: Program): string {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
  const buffer = Buffer.alloc(chunk);
  for (let at = 0; at < size; ) {
    const count = readSync(fd, buffer, 0, chunk, at);
    if (count === 0) break;
    hash.update(buffer.subarray(0, count));
    at += count;
  }
  return hash.digest('hex');
}
