import type { ArchitectureName } from './compilers.mjs';

interface LoopPlace {
  readonly folder: string;
  readonly architecture: ArchitectureName;
  readonly compiler: string;
  /** For which ABI: of today, or of 2018. */
  readonly name: 'loop' | 'legacy-loop';
}

export function loopModule(what: LoopPlace): string;
export function compileLoop(what: LoopPlace): { readonly bytes: Buffer; readonly symbols: Readonly<Record<string, number>> };
