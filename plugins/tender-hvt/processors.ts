import type { Processor } from './processor.ts';

/** The processors that there are, by OCI's names for them and the guest's ABI, each with a run loop and loaded only where it is needed. */
export const processors: Readonly<Record<string, Readonly<Record<string, () => Promise<Processor>>>>> = {
  amd64: {
    hvt: async () => (await import('./x86_64/processor.ts')).x86_64,
    'legacy-hvt': async () => (await import('./x86_64/legacy-processor.ts')).legacyX86_64,
  },
  arm64: { hvt: async () => (await import('./aarch64/processor.ts')).aarch64 },
};
