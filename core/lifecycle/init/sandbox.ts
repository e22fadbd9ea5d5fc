/** Starts the container's first process from the init tape, and speaks with it until it waits for `start`. */
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../../errors.ts';
import type { InitOptions } from '../../launch/init/options.ts';
import { initTape } from '../../launch/init-tape.ts';
import { descriptor } from '../../launch/protocol.ts';
import { decodeReport, failureOf, type Report, reportSize, type TapeLabels } from '../../launch/report.ts';
import { assembleTape } from '../../launch/tape.ts';
import { execFifo } from '../../state/record.ts';
import { makeFifo, memoryFile, pipe } from '../../sys/files.ts';
import { type ProcessIdentity, processStat, reap, spawnImage } from '../../sys/process.ts';

/** Name of the file with the labels of the tapes' ops, read only when one fails. */
const labelsFile = 'labels.json';

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

  const opened: number[] = [];
  const keep = (fd: number) => {
    opened.push(fd);
    return fd;
  };
  try {
    const image = keep(await memoryFile('runnc-init', tape.image));
    const tenderFile = keep(await memoryFile('runnc-tender', tender?.image ?? new Uint8Array(0)));
    const folder = keep(openSync(directory, 'r'));
    const reports = await pipe();
    const sync = await pipe();
    keep(reports.write);
    keep(sync.read);
    const launcher = await spawnImage(
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
    for (const fd of opened.splice(0)) closeSync(fd);
    const conversation = converse(reports.read, sync.write, labels);
    try {
      const first = conversation.next('pid');
      await reap(launcher);
      const stat = processStat(first.pid);
      if (!stat) throw new RunncError('ERR_LAUNCH', 'the first process of the container ended before it was known');
      return { process: { pid: first.pid, startTime: stat.startTime }, proceed: conversation.proceed, close: conversation.close };
    } catch (error) {
      conversation.close();
      await reap(launcher);
      throw error;
    }
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

function converse(reports: number, sync: number, labels: TapeLabels) {
  let open = true;
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
    close() {
      if (!open) return;
      open = false;
      closeSync(reports);
      closeSync(sync);
    },
  };
}
