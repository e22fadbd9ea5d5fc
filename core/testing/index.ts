/** What plugin authors import as `runnc/testing`. Nothing here needs a test framework: what is wrong is thrown. */
export { checkNetwork, type NetworkCheck } from './check-network.ts';
export { checkRootfs } from './check-rootfs.ts';
export { checkTender, type Programs, type TenderCheck, type TestProgram } from './check-tender.ts';
export { type Harness, type HarnessOptions, harness } from './harness.ts';
export { type PluginUnderTest, type Ran, type RunOptions, runGuest } from './run-guest.ts';
