/** The log: lines as runc writes them, so that engines show the last error to people. */
import { appendFileSync, writeSync } from 'node:fs';
import type { Log } from './plugin.ts';

export interface LogOptions {
  /** File to append to (`--log`); standard error without it. */
  readonly file?: string;
  readonly format: 'text' | 'json';
  readonly debug: boolean;
}

type Level = 'debug' | 'info' | 'warning' | 'error';

/** One line, in the form of logrus: containerd decodes the file line by line and shows the last error's `msg`. */
export function formatLine(format: LogOptions['format'], level: Level, message: string, time: Date): string {
  const oneLine = oneLineOf(message);
  const stamp = time.toISOString().replace(/\.\d+Z$/, 'Z');
  if (format === 'json') return `${JSON.stringify({ level, msg: oneLine, time: stamp })}\n`;
  return `time="${stamp}" level=${level} msg=${JSON.stringify(oneLine)}\n`;
}

/** Not by a regular expression, which takes the square of the time for a long row of blanks. */
const oneLineOf = (message: string) =>
  message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');

/** A log that writes each line whole, with one call. Without a file only warnings and errors (and, with --debug, all) are said. */
export function openLog({ file, format, debug }: LogOptions): Log {
  const write = (level: Level, message: string) => {
    const line = formatLine(format, level, message, new Date());
    try {
      if (file === undefined) writeSync(2, line);
      else appendFileSync(file, line, { mode: 0o600 });
    } catch {
      // A log that cannot be written (its folder is gone, the disk is full) must not end a container.
    }
  };
  return {
    debug: (message) => {
      if (debug) write('debug', message);
    },
    info: (message) => {
      if (debug || file !== undefined) write('info', message);
    },
    warn: (message) => write('warning', message),
    error: (message) => write('error', message),
  };
}
