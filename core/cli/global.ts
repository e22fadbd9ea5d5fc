/** From the global options to what every command is given. */
import type { Command } from 'commander';
import { RunncError } from '../errors.ts';
import { type Context, makeContext } from '../lifecycle/context.ts';
import { openLog } from '../log.ts';

interface GlobalOptions {
  readonly root: string;
  readonly log?: string;
  readonly logFormat: 'text' | 'json';
  readonly debug?: boolean;
  readonly config?: string;
  readonly systemdCgroup?: boolean;
}

/** @throws RunncError ERR_UNSUPPORTED for --systemd-cgroup */
export function contextOf(command: Command): Context {
  const { root, log: file, logFormat: format, debug = false, config, systemdCgroup } = command.optsWithGlobals<GlobalOptions>();
  if (systemdCgroup) {
    throw new RunncError('ERR_UNSUPPORTED', 'the systemd cgroup driver is not supported yet', {
      hint: 'set native.cgroupdriver=cgroupfs for Docker, SystemdCgroup = false for containerd, cgroup_manager = "cgroupfs" for Podman',
    });
  }
  return makeContext(root, openLog({ ...(file === undefined ? {} : { file }), format, debug }), config);
}
