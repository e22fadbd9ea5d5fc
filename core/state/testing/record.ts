/** Stores and records of containers that nobody runs, for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ProcessIdentity, processStat } from '../../sys/process.ts';
import { type ContainerRecord, schemaVersion } from '../record.ts';
import { Store } from '../store.ts';

/** This process. */
export const self: ProcessIdentity = { pid: process.pid, startTime: processStat(process.pid)?.startTime ?? 0 };
/** One that is no more. */
export const dead: ProcessIdentity = { pid: process.pid, startTime: 1 };

export function recordOf(id: string, change: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    schema: schemaVersion,
    ociVersion: '1.2.1',
    id,
    bundle: '/bundle',
    rootfs: '/bundle/rootfs',
    created: '2026-01-02T03:04:05.678Z',
    annotations: {},
    phase: 'creating',
    creator: self,
    resources: [],
    ...change,
  };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runnc-state-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A store whose root does not exist yet. */
export const temporaryStore = (): Store => new Store(join(temporaryFolder(), 'root'));
