/**
 * Builders of ops: each system call that a tape may hold, with named arguments and a label that reads well before
 * `: ENOENT (no such file or directory)`. Numbers are the kernel's, with the header that defines them.
 */
export * from './calls/files.ts';
export * from './calls/loopback.ts';
export * from './calls/mailbox.ts';
export * from './calls/memory.ts';
export { addressOf, call, mark, mutable, type OpOptions, putWord, slot, struct, words } from './calls/op.ts';
export * from './calls/privileges.ts';
export * from './calls/process.ts';
export * from './calls/root.ts';
export * from './calls/waiting.ts';
