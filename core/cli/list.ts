/** `runnc list`. */
import type { Context } from '../lifecycle/context.ts';
import { statusOf } from '../state/status.ts';

interface Row {
  readonly ociVersion: string;
  readonly id: string;
  readonly pid: number;
  readonly status: string;
  readonly bundle: string;
  readonly rootfs: string;
  readonly created: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner: string;
}

/** The list as text, ended by a newline. */
export function list({ store, log }: Context, format: 'table' | 'json' | 'quiet'): string {
  const rows = store.records(log.warn).map((record): Row => {
    const status = statusOf(record);
    const { ociVersion, id, bundle, rootfs, created, annotations, init } = record;
    const pid = status === 'stopped' ? 0 : (init?.pid ?? 0);
    return {
      ociVersion,
      id,
      pid,
      status,
      bundle,
      rootfs,
      created,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      owner: 'root',
    };
  });
  if (format === 'json') return `${JSON.stringify(rows)}\n`;
  if (format === 'quiet') return rows.map(({ id }) => `${id}\n`).join('');
  const cells = [
    ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'],
    ...rows.map(({ id, pid, status, bundle, created, owner }) => [id, String(pid), status, bundle, created, owner]),
  ];
  const widths = (cells[0] as string[]).map((_, column) => Math.max(...cells.map((row) => (row[column] as string).length)));
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] as number))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}
