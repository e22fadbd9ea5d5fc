/** What plugin authors import as `runnc/testing`. Nothing here needs a test framework: what is wrong is thrown. */
export { type Conformance, checkRootfs, checkTender, type Programs } from './conformance.ts';
export { type Harness, type HarnessOptions, harness } from './harness.ts';
export { type Ran, type RunOptions, runGuest } from './run-guest.ts';
