/** Output without Node's streams, which cost two milliseconds to load. */
import { writeAll } from '../sys/files.ts';

/** Writes to standard output. */
export const print = (text: string): void => writeAll(1, Buffer.from(text));
