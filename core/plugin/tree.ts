/** Trees of files, for plugins that make images of them. */

export type { Read } from '../tree/contents.ts';
export type { Graft, Mounts, Volume } from '../tree/mounts.ts';
export type { Data, Entry, Limits } from '../tree/tree.ts';

/** Reads trees and what mounts put into them (core/tree/tools.ts). */
export type TreeTools = typeof import('../tree/tools.ts');
