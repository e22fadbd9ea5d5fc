/**
 * systemd's own programs, by which it is spoken to: for root they use systemd's private socket and need no D-Bus daemon, wait for
 * the job, and know how a property is written.
 */
import { existsSync } from 'node:fs';
import { RunncError } from '../../../errors.ts';
import { runProgram } from '../../run-program.ts';
import { eventually } from '../eventually.ts';

const folders = ['/usr/bin', '/bin', '/usr/local/bin', '/run/current-system/sw/bin'];
const otherDriver =
  'or use the cgroupfs driver: native.cgroupdriver=cgroupfs for Docker, SystemdCgroup = false for containerd, cgroup_manager = "cgroupfs" for Podman';

/** For how long a call may take, in milliseconds. */
const patience = 30_000;

/**
 * Path of a program of systemd's.
 * @throws RunncError ERR_CGROUP where there is none, or systemd does not run
 */
export function systemdProgram(name: 'systemd-run' | 'systemctl'): string {
  // As sd_booted(3) finds out.
  if (!existsSync('/run/systemd/system')) {
    throw new RunncError(
      'ERR_CGROUP',
      '--systemd-cgroup is given, and systemd does not run here: there is no /run/systemd/system',
      {
        hint: `boot with systemd, ${otherDriver}`,
      },
    );
  }
  const path = whereIs(name);
  if (path !== undefined) return path;
  throw new RunncError('ERR_CGROUP', `--systemd-cgroup is given, and ${name} is not installed`, {
    hint: `install the package systemd, ${otherDriver}`,
  });
}

export const whereIs = (name: string): string | undefined =>
  folders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));

/** Whether systemd has a unit that was started at somebody's request: it keeps a file for it as long. */
export const isLoaded = (unit: string): boolean => existsSync(`/run/systemd/transient/${unit}`);

/** Has systemd forget a unit that failed; false when it has not within the second. */
export async function forgetFailed(unit: string): Promise<boolean> {
  await systemctl(['reset-failed', unit]).catch(() => undefined);
  return eventually(() => !isLoaded(unit), 1000);
}

export async function systemctl(args: readonly string[]): Promise<void> {
  await runProgram(systemdProgram('systemctl'), ['--no-ask-password', ...args], { timeout: patience });
}

/** The property that this systemd is too old for, in what one of its programs has said. */
export const unknownProperty = (said: string): string | undefined =>
  /(?:Unknown assignment: |Cannot set property )(\w+)/.exec(said)?.[1];
