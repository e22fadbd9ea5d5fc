/** Control files of cgroupfs: a write is one system call, and a failure is known by the name of its errno. */
import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';

/** The content of a control file, or undefined when it or its cgroup is gone. */
export function readControl(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch (error) {
    // ENODEV: the cgroup was removed between open and read. EOPNOTSUPP: cgroup.procs of a threaded cgroup, whose processes
    // are listed in the cgroup above it.
    if (['ENOENT', 'ENODEV', 'EOPNOTSUPP', 'ENOTSUP'].includes(errnoName(error))) return undefined;
    throw error;
  }
}

/**
 * Writes a control file that exists. Without O_CREAT a missing file is ENOENT (with it, cgroupfs says EACCES). A write of
 * nothing would not reach the kernel, so an empty value is written as a line end.
 */
export function writeControl(path: string, value: string): void {
  const fd = openSync(path, constants.O_WRONLY);
  try {
    writeSync(fd, value === '' ? '\n' : value);
  } finally {
    closeSync(fd);
  }
}

/** Name of the errno of an error that node:fs threw: `ENOENT`. */
export function errnoName(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}

/** `EINVAL (invalid argument)` for an error that node:fs threw. */
export function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, name, text] = /^(E[A-Z0-9]+): ([^,]+)/.exec(message) ?? [];
  return name === undefined ? message : `${name} (${text})`;
}

export function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
