/** Lays out tapes for tests and plays them: as the kernel would start them, with no container around. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { onTestFinished } from 'vitest';
import { builtIn } from '../../../config/registry.ts';
import { aarch64 } from '../../../plugins/arch-aarch64/aarch64.ts';
import { isInstalled } from '../../../scripts/compilers.mjs';
import { Runtime } from '../../lifecycle/runtime/runtime.ts';
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

/** What plays tapes: this machine, or an emulator of another processor's user mode. */
export interface Machine {
  readonly name: string;
  readonly architecture: Architecture;
  /** The emulator's name; none for this machine. */
  readonly emulator?: string;
}

/** This machine, and aarch64 where qemu's emulator of it and a player are there. */
export const machines: readonly Machine[] = [
  { name: 'this machine', architecture },
  { name: 'aarch64', architecture: aarch64({ pageSize: 4096, addressBits: 39 }), emulator: 'qemu-aarch64-static' },
].filter(({ emulator, architecture: { player } }) => emulator === undefined || (player.length > 0 && isInstalled(emulator)));

/** Where a played tape reports a failed op. */
const reportTo = 3;

export type PlayOptions = Partial<Pick<TapeOptions, 'enter' | 'segments' | 'number'>> & {
  readonly input?: string;
  /** @default this machine */
  readonly on?: Machine;
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

function layOut(ops: readonly Op[], { enter, segments = [], number = 1, on }: PlayOptions): TapeImage {
  return assembleTape({
    architecture: on?.architecture ?? architecture,
    number,
    reportTo,
    ops,
    segments,
    ...(enter ? { enter } : {}),
  });
}

export function playImage({ image, labels }: TapeImage, { number = 1, input = '', on }: PlayOptions = {}): Played {
  const file = temporaryFile('tape', image);
  const played = execaSync(on?.emulator ?? file, on?.emulator === undefined ? [] : [file], {
    input,
    // An emulator has its own to say of a crash.
    stdio: ['pipe', 'pipe', on?.emulator === undefined ? 'inherit' : 'ignore', 'pipe'],
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
export async function signalled(
  ops: readonly Op[],
  signal: NodeJS.Signals,
  on: Machine | undefined = undefined,
): Promise<number | string | undefined> {
  const file = temporaryFile('tape', layOut(ops, on ? { on } : {}).image);
  const options = { reject: false, timeout: 10_000 } as const;
  const playing = on?.emulator === undefined ? execa(file, options) : execa(on.emulator, [file], options);
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
