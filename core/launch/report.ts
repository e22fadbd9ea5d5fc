/** What comes over the report pipe: two words a record, from the player or from the tape itself. */
import { RunncError } from '../errors.ts';
import { describeErrno } from '../sys/libc.ts';
import { report } from './protocol.ts';

export type Report =
  | { readonly kind: 'pid'; readonly pid: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'started' }
  | { readonly kind: 'failed'; readonly tape: number; readonly op: number; readonly errno: number };

export const reportSize = 16;

/** Decodes one record of 16 bytes. */
export function decodeReport(bytes: Buffer): Report {
  const first = bytes.readBigUInt64LE(0);
  const second = bytes.readBigInt64LE(8);
  if (first === report.pid) return { kind: 'pid', pid: Number(second) };
  if (first === report.ready) return { kind: 'ready' };
  if (first === report.started) return { kind: 'started' };
  // Ops are counted from 1 in the player's report.
  return { kind: 'failed', tape: Number(first >> 32n), op: Number(first & 0xffffffffn) - 1, errno: Number(second) };
}

/** Name of the file in the container's folder with the labels that `create` knows, read only when an op fails. */
export const labelsFile = 'labels.json';

/** Labels of the ops of each tape, by the tape's number. */
export type TapeLabels = Readonly<Record<number, readonly string[]>>;

/** The sentence of a failed op: `mounting tmpfs on /run/x: EPERM (operation not permitted)`. */
export function failureOf({ tape, op, errno }: Report & { kind: 'failed' }, labels: TapeLabels): RunncError {
  const label = labels[tape]?.[op] ?? `op ${op} of tape ${tape}`;
  if (errno === 0) return new RunncError('ERR_LAUNCH', `${label}: ended early`);
  const [name, text] = describeErrno(errno);
  const details = name === 'ENOMEM' ? { hint: 'the machine or the cgroup has too little memory' } : {};
  return new RunncError('ERR_LAUNCH', `${label}: ${name} (${text})`, details);
}
