/** Starts the container's first process from the init tape, and speaks with it until it waits for `start`. */
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../../errors.ts';
import type { InitOptions } from '../../launch/init/options.ts';
import { initTape } from '../../launch/init-tape.ts';
import { descriptor } from '../../launch/protocol.ts';
import { decodeReport, failureOf, labelsFile, type Report, reportSize, type TapeLabels } from '../../launch/report.ts';
import { assembleTape } from '../../launch/tape.ts';
import { execFifo } from '../../state/record.ts';
import { makeFifo, memoryFile, pipe } from '../../sys/files.ts';
import { type ProcessIdentity, processStat, reap, spawnImage } from '../../sys/process.ts';

export interface SandboxOptions {
  readonly init: InitOptions;
  /** The unikernel's file, open. */
  readonly program: number;
  /** The tender's tape, if it is known already; else `start` writes it into the same file. */
  readonly tender: { readonly image: Uint8Array; readonly labels: readonly string[] } | undefined;
  /** What becomes 0, 1 and 2. */
  readonly stdio: readonly [number, number, number];
}

/** Init, up and waiting for one byte. */
export interface Sandbox {
  readonly process: ProcessIdentity;
  /** Lets init go on and returns when it waits for `start`. */
  proceed(): void;
  /** Closes the pipes; an init that was not told to proceed ends by that. */
  close(): void;
}

/** @throws RunncError ERR_LAUNCH with the op that failed */
export async function startSandbox({ init, program, tender, stdio }: SandboxOptions): Promise<Sandbox> {
  const { directory } = init;
  const tape = assembleTape({ architecture: init.architecture, number: 1, reportTo: descriptor.report, ops: initTape(init) });
  const labels: TapeLabels = { 1: tape.labels, 2: tender?.labels ?? [] };
  writeFileSync(join(directory, labelsFile), JSON.stringify(labels), { mode: 0o600 });
  await makeFifo(join(directory, execFifo));

  // For init, and closed here as soon as it has them; and for as long as it is spoken with.
  const [handed, kept]: [number[], number[]] = [[], []];
  const hand = (fd: number) => {
    handed.push(fd);
    return fd;
  };
  let launcher: number | undefined;
  try {
    const image = hand(await memoryFile('runnc-init', tape.image));
    const tenderFile = hand(await memoryFile('runnc-tender', tender?.image ?? new Uint8Array(0)));
    const folder = hand(openSync(directory, 'r'));
    const reports = await pipe();
    handed.push(reports.write);
    kept.push(reports.read);
    const sync = await pipe();
    handed.push(sync.read);
    kept.push(sync.write);
    launcher = await spawnImage(
      image,
      [init.name],
      [
        ...stdio.map((fd, index) => [index, fd] as const),
        [descriptor.sync, sync.read],
        [descriptor.directory, folder],
        [descriptor.tender, tenderFile],
        [descriptor.report, reports.write],
        [descriptor.program, program],
      ],
    );
    // Without its writing end here, the pipe of reports ends with init.
    closeAll(handed);
    const { next, proceed } = converse(reports.read, sync.write, labels);
    const first = next('pid');
    await reap(launcher);
    const stat = processStat(first.pid);
    if (!stat) throw new RunncError('ERR_LAUNCH', 'the first process of the container ended before it was known');
    return { process: { pid: first.pid, startTime: stat.startTime }, proceed, close: () => closeAll(kept) };
  } catch (error) {
    closeAll(kept);
    if (launcher !== undefined) await reap(launcher);
    throw error;
  } finally {
    closeAll(handed);
  }
}

/** Once: what is closed is no longer on the list. */
function closeAll(descriptors: number[]): void {
  for (const fd of descriptors.splice(0)) closeSync(fd);
}

function converse(reports: number, sync: number, labels: TapeLabels) {
  function next<Kind extends Report['kind']>(kind: Kind): Report & { kind: Kind } {
    const bytes = Buffer.alloc(reportSize);
    let size = 0;
    while (size < reportSize) {
      const count = readSync(reports, bytes, size, reportSize - size, null);
      if (count === 0) break;
      size += count;
    }
    if (size < reportSize)
      throw new RunncError('ERR_LAUNCH', 'the first process of the container was killed while it was set up');
    const report = decodeReport(bytes);
    if (report.kind === 'failed') throw failureOf(report, labels);
    if (report.kind !== kind) throw new RunncError('ERR_INTERNAL', `expected ${kind} from init and got ${report.kind}`);
    return report as Report & { kind: Kind };
  }
  return {
    next,
    proceed() {
      try {
        writeSync(sync, Buffer.alloc(1));
      } catch (error) {
        // Init has ended already, and what it reported says why.
        if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      }
      next('ready');
    },
  };
}
