/** Another OCI runtime as a program: it is run with our own descriptors, and what it said last is read from the log that we share. */
import { readFileSync, statSync } from 'node:fs';
import { spawnImage, waitFor } from '../../sys/process.ts';

/** Signals that go on to it: its caller knows only us. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
/** More than any message. */
const mostRead = 64 * 1024;

/** Returns its exit status. `root` is for its --root; its environment is ours, as its arguments are. */
export async function runElsewhere(root: string, path: string, argv: readonly string[]): Promise<number> {
  let pid: number | undefined;
  const pass = (signal: NodeJS.Signals) => {
    if (pid !== undefined) process.kill(pid, signal);
  };
  for (const signal of signals) process.on(signal, pass);
  try {
    pid = await spawnImage(
      path,
      [path, '--root', root, ...argv],
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
      Object.entries(process.env).map(([name, value]) => `${name}=${value}`),
    );
    const status = await waitFor(pid);
    pid = undefined;
    return status;
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}

/**
 * Call it before, and what it returns after: the last error that was added to the log of these arguments (`--log FILE`) in between, in
 * either of the forms in which runc and crun write (`--log-format`).
 */
export function lastWords(argv: readonly string[]): () => string | undefined {
  const file = logOf(argv);
  const before = file === undefined ? 0 : sizeOf(file);
  return () => {
    if (file === undefined) return undefined;
    const end = sizeOf(file);
    const text = readFileSync(file)
      .subarray(Math.max(before, end - mostRead))
      .toString();
    return text
      .split('\n')
      .map(errorOf)
      .findLast((message) => message !== undefined);
  };
}

function logOf(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => word === '--log' || word.startsWith('--log='));
  if (at < 0) return undefined;
  const word = argv[at] as string;
  return word === '--log' ? argv[at + 1] : word.slice('--log='.length);
}

/** The message of a line that is an error. */
function errorOf(line: string): string | undefined {
  try {
    const { level, msg } = JSON.parse(line) as { level?: unknown; msg?: unknown };
    return level === 'error' && typeof msg === 'string' ? msg : undefined;
  } catch {
    const [, quoted, plain] = /\blevel=error msg=(?:("(?:[^"\\]|\\.)*")|(\S+))/.exec(line) ?? [];
    try {
      return quoted === undefined ? plain : (JSON.parse(quoted) as string);
    } catch {
      return quoted;
    }
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
