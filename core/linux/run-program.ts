/** Runs a system program for a plugin: no shell, a minimal environment, a time limit, and one clear sentence when it fails. */
import { RunncError } from '../errors.ts';

export interface RunOptions {
  /** For its standard input; without it there is none. */
  readonly input?: string | Uint8Array;
  /** In milliseconds; then it is killed. */
  readonly timeout?: number;
  readonly cwd?: string;
}

const usualTimeout = 10_000;
/** Where distributions keep what only root uses; an engine's own PATH may lack it. */
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @throws RunncError ERR_PROGRAM with the last line of its standard error; `cause.code` is ENOENT where it is not installed */
export async function runProgram(
  file: string,
  args: readonly string[],
  { input, timeout = usualTimeout, cwd = '/' }: RunOptions = {},
): Promise<{ stdout: string }> {
  const { execa } = await import('execa');
  const result = await execa(file, args, {
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    cwd,
    timeout,
    killSignal: 'SIGKILL',
    env: { PATH: searchPath, LC_ALL: 'C' },
    extendEnv: false,
    reject: false,
  });
  if (!result.failed) return { stdout: String(result.stdout) };
  const { timedOut, code, signal, exitCode, stderr } = result;
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (code === 'ENOENT') {
    throw new RunncError('ERR_PROGRAM', `${name} is not installed`, {
      hint: `install the package that has ${name}`,
      cause: result,
    });
  }
  if (timedOut) throw new RunncError('ERR_PROGRAM', `${name} took longer than ${timeout / 1000} s and was ended`);
  const how = signal
    ? `was killed by ${signal}`
    : exitCode === undefined
      ? 'could not be started'
      : `ended with status ${exitCode}`;
  const said = String(stderr ?? '')
    .trim()
    .split('\n')
    .at(-1);
  throw new RunncError('ERR_PROGRAM', `${name} ${how}${said ? `: ${said}` : ''}`, { cause: result });
}
