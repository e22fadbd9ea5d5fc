import type { ArchitectureName } from './compilers.mjs';

interface LoopPlace {
  readonly folder: string;
  readonly architecture: ArchitectureName;
  readonly compiler: string;
}

export function loopModule(what: LoopPlace): string;
export function compileLoop(what: LoopPlace): { readonly bytes: Buffer; readonly symbols: Readonly<Record<string, number>> };
