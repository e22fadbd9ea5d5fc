/** Lays out tapes for tests and plays them: as the kernel would start them, with no container around. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { onTestFinished } from 'vitest';
import { builtIn } from '../../../config/registry.ts';
import { Runtime } from '../../lifecycle/runtime.ts';
import type { Architecture, Op } from '../../plugin.ts';
import { recordingLog } from '../../testing/log.ts';
import { decodeReport, failureOf, reportSize } from '../report.ts';
import { assembleTape, type TapeImage, type TapeOptions } from '../tape.ts';

/** What the plugins know of this machine's processor. */
export const architecture: Architecture = await new Runtime({
  plugins: builtIn,
  log: recordingLog(),
  cacheDirectory: '/nonexistent',
}).architecture();

/** Where a played tape reports a failed op. */
const reportTo = 3;

export type PlayOptions = Partial<Pick<TapeOptions, 'enter' | 'segments' | 'number'>> & {
  readonly input?: string;
};

export interface Played {
  /** The exit status, or the name of the signal. */
  readonly ended: number | string | undefined;
  /** One character a byte. */
  readonly output: string;
  /** The sentence of the failed op. */
  readonly failure: string | undefined;
}

/** Lays out ops and plays them. */
export function play(ops: readonly Op[], options: PlayOptions = {}): Played {
  return playImage(layOut(ops, options), options);
}

function layOut(ops: readonly Op[], { enter, segments = [], number = 1 }: PlayOptions): TapeImage {
  return assembleTape({ architecture, number, reportTo, ops, segments, ...(enter ? { enter } : {}) });
}

export function playImage({ image, labels }: TapeImage, { number = 1, input = '' }: PlayOptions = {}): Played {
  const played = execaSync(temporaryFile('tape', image), {
    input,
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    encoding: 'buffer',
    stripFinalNewline: false,
    reject: false,
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  const record = Buffer.from(played.stdio[reportTo]);
  const report = record.length === reportSize ? decodeReport(record) : undefined;
  const failure = report?.kind === 'failed' ? failureOf(report, { [number]: labels }).message : undefined;
  const output = Buffer.from(played.stdout).toString('latin1');
  return { ended: played.signal ?? played.exitCode, output, failure };
}

/** Sends a signal to a tape that is being played, at its first output; the exit status, or the name of the signal that killed it. */
export async function signalled(ops: readonly Op[], signal: NodeJS.Signals): Promise<number | string | undefined> {
  const playing = execa(temporaryFile('tape', layOut(ops, {}).image), { reject: false, timeout: 10_000 });
  playing.stdout.once('data', () => playing.kill(signal));
  const { exitCode, signal: killedBy } = await playing;
  return killedBy ?? exitCode;
}

/** Bytes of machine code from assembler text, for tapes that enter something; `prefix` names other binutils: `aarch64-linux-gnu-`. */
export function machineCode(text: string, prefix = ''): Uint8Array {
  const object = temporaryFile('code.o', '');
  execaSync(`${prefix}as`, ['-o', object], { input: `${text}\n` });
  const binary = temporaryFile('code.bin', '');
  execaSync(`${prefix}objcopy`, ['-O', 'binary', '-j', '.text', object, binary]);
  return readFileSync(binary);
}

/** A file of the test's own, executable. */
export function temporaryFile(name: string, content: Uint8Array | string): string {
  const folder = mkdtempSync(join(tmpdir(), 'runnc-tape-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, name);
  writeFileSync(file, content, { mode: 0o700 });
  return file;
}
