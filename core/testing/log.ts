/** A log that keeps its lines, for tests. */
import type { Log } from '../plugin.ts';

export function recordingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const level = (name: string) => (message: string) => void lines.push(`${name}: ${message}`);
  return { lines, debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };
}
