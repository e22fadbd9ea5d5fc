/** Runs the OCI hooks of a bundle (runtime-spec, config.md, "POSIX-platform Hooks"): state on standard input, in order, with timeouts. */
import { RunncError } from '../errors.ts';
import type { Hook, HookName } from './types.ts';

/** Where a hook runs: in the runtime's namespaces, or in those of a process. */
export interface HookPlace {
  readonly pid: number;
  /** The hook's path and files are looked for below this folder; in the runtime's own root without it. */
  readonly root?: string;
}

/** How much of a failing hook's standard error is repeated. */
const shownError = 400;

/**
 * Runs each hook and waits for it.
 * @throws RunncError ERR_HOOK at the first one that fails
 */
export async function runHooks(
  name: HookName,
  hooks: readonly Hook[] | undefined,
  state: object,
  place?: HookPlace,
): Promise<void> {
  for (const hook of hooks ?? []) await runHook(name, hook, JSON.stringify(state), place);
}

async function runHook(name: HookName, hook: Hook, input: string, place: HookPlace | undefined): Promise<void> {
  const { execa } = await import('execa');
  const { path, args = [path], env, timeout } = hook;
  // nsenter runs the program by its path; a hook in another namespace sees that as its args[0].
  const [file, argv] = place ? ['nsenter', [...enter(place), '--', path, ...args.slice(1)]] : [path, args.slice(1)];
  const variables =
    env && Object.fromEntries(env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  const child = execa(file, argv, {
    input,
    stdout: 'ignore',
    argv0: place ? 'nsenter' : (args[0] ?? path),
    reject: false,
    detached: true,
    ...(variables
      ? { env: place ? { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', ...variables } : variables, extendEnv: false }
      : {}),
  });
  let late = false;
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          late = true;
          // The whole group: a hook's own children must not hold the pipes open.
          try {
            process.kill(-(child.pid as number), 'SIGKILL');
          } catch {
            // It ended this moment.
          }
          // Nor must one that has left the group.
          child.stderr.destroy();
        }, timeout * 1000);
  const result = await child;
  clearTimeout(timer);
  if (!result.failed) return;
  if (late) throw new RunncError('ERR_HOOK', `${name} hook ${path} took longer than its timeout of ${timeout} s`);
  const said = result.stderr.trim().slice(-shownError);
  const how =
    result.exitCode === undefined
      ? result.signal
        ? `was killed by ${result.signal}`
        : (result.shortMessage ?? 'could not be started')
      : `ended with status ${result.exitCode}`;
  throw new RunncError('ERR_HOOK', `${name} hook ${path} ${how}${said ? `: ${said}` : ''}`);
}

/** Options of nsenter(1): every namespace of the container but its empty root's, unless the hook belongs in it. */
function enter({ pid, root }: HookPlace): readonly string[] {
  const common = [`--target=${pid}`, '--uts', '--ipc', '--net', '--cgroup'];
  return root === undefined ? [...common, '--mount'] : [...common, `--root=${root}`];
}
