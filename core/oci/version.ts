/** Versions of the runtime-spec that runnc speaks. */

/** The oldest that is read. */
export const OLDEST_OCI_VERSION = '1.0.0';

/** The newest whose parts are known here; what runnc itself writes has it. */
export const OCI_VERSION = '1.2.1';
