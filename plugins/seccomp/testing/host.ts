/** As much of the host as this plugin uses, with a cache folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { RunncError } from '../../../core/errors.ts';
import type { Architecture, FilterRequest, ForeignLibrary, Host, Policy } from '../../../core/plugin.ts';
import { loadLibrary } from '../../../core/sys/library.ts';
import { sha256 } from '../../../core/sys/sha256.ts';
import seccomp from '../index.ts';

/** linux/audit.h */
export const AUDIT_ARCH_X86_64 = 0xc000003e;
export const AUDIT_ARCH_I386 = 0x40000003;
export const AUDIT_ARCH_AARCH64 = 0xc00000b7;

const unused = {
  elfMachine: 0,
  player: new Uint8Array(),
  handlerOffset: 0,
  restorerOffset: undefined,
  guestCalls: [],
  launcherBase: 0,
};
const architecture = { ...unused, userSpaceEnd: 0, stackGap: 0, numbers: {} };
export const amd64 = { ...architecture, name: 'amd64', auditArch: AUDIT_ARCH_X86_64 } as Architecture;
export const arm64 = { ...architecture, name: 'arm64', auditArch: AUDIT_ARCH_AARCH64 } as Architecture;

export const hasher = { sha256 };

export interface TestHost {
  readonly directory: string;
  readonly warnings: string[];
  /** Sonames asked for, in order. */
  readonly loaded: string[];
  filter(request: FilterRequest, architecture?: Architecture): Promise<Uint8Array>;
  compile(policy: Policy, architecture?: Architecture): Promise<Uint8Array>;
}

export interface TestHostOptions {
  readonly library?: (soname: string) => Promise<ForeignLibrary>;
  readonly directory?: string;
}

export function testHost({ library = loadLibrary, directory = temporaryDirectory() }: TestHostOptions = {}): TestHost {
  const warnings: string[] = [];
  const loaded: string[] = [];
  let answer: TestHost['filter'] | undefined;
  const host = {
    hooks: {
      filter: {
        tapPromise(_name: string, tap: TestHost['filter']) {
          answer = tap;
        },
      },
    },
    sha256,
    log: { warn: (message: string) => warnings.push(message) },
    cacheDirectory: () => directory,
    library: (soname: string) => {
      loaded.push(soname);
      return library(soname);
    },
  };
  seccomp.apply(host as unknown as Host);
  const filter: TestHost['filter'] = (request, of = amd64) => {
    if (answer === undefined) throw new Error('the plugin tapped nothing');
    return answer(request, of);
  };
  return { directory, warnings, loaded, filter, compile: (policy, of) => filter({ kind: 'policy', policy }, of) };
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'runnc-seccomp-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What `answer` is rejected with: its code and the sentence a user would read. */
export async function refusalOf(answer: Promise<unknown>): Promise<string> {
  const error: unknown = await answer.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  const { code, message, hint } = error as { code?: string; message: string; hint?: string };
  const sentence = new RunncError('ERR_SECCOMP', message, hint === undefined ? {} : { hint }).sentence;
  return `${code}: ${sentence}`;
}
