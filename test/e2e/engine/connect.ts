/** For test files: the engine that test/e2e/global-setup.ts has started for all of them. */
import { inject } from 'vitest';
import { type Docker, dockerAt } from './docker.ts';
import type { EngineAddress } from './engine.ts';

declare module 'vitest' {
  interface ProvidedContext {
    engine: EngineAddress;
    /** The executable under test. */
    runnc: string;
    /** Folder with the test guests: hello.spt, ... */
    guests: string;
  }
}

export function connect(): Docker & { readonly address: EngineAddress } {
  const address = inject('engine');
  return { address, ...dockerAt(address) };
}
