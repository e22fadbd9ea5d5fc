/** Containers inside a virtual machine: a bundle for each, run one after the other by a script, and what came of them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defaultSpec } from '../../core/oci/default-spec.ts';

export interface ContainerInVm {
  /** The program's name in the root and its arguments. */
  readonly args: readonly string[];
  /** Where its root is in the machine. */
  readonly root: string;
  readonly env?: readonly string[];
  /** Path of the network namespace to join, instead of one of its own. */
  readonly netns?: string;
  /** Global options of runnc, without blanks in them. */
  readonly options?: readonly string[];
}

/** How long each may take, in seconds, before it is killed: a guest that hangs is then named by its test. */
const patience = 60;

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const mark = '-- end of case --';

/** Writes a bundle for each into `folder`, as 0, 1, ...: their limit is 64 MiB, and their cgroups lie in /cases. */
export function writeBundles(folder: string, containers: readonly ContainerInVm[]): void {
  const spec = defaultSpec();
  containers.forEach(({ args, root, env = [], netns, options = [] }, index) => {
    const bundle = path.join(folder, String(index));
    mkdirSync(bundle, { recursive: true });
    const config = {
      ...spec,
      root: { path: root },
      process: { ...spec.process, terminal: false, args, env: [...(spec.process?.env ?? []), ...env] },
      linux: {
        ...spec.linux,
        namespaces: spec.linux?.namespaces?.map((one) => (one.type === 'network' && netns ? { ...one, path: netns } : one)),
        cgroupsPath: `/cases/${index}`,
        resources: { memory: { limit: 64 << 20 } },
      },
    };
    writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(config));
    writeFileSync(path.join(bundle, 'options'), options.join(' '));
  });
}

/** A script that runs the bundles at `folder` in the machine; what is then left of them follows in its output. */
export const runBundles = (folder: string, count: number): string => `
  cd ${folder}
  for n in $(seq 0 ${count - 1}); do
    ( cd $n && timeout -s KILL ${patience} runnc $(cat options) run c$n > /tmp/out 2> /tmp/err; echo $? > /tmp/status )
    [ "$(cat /tmp/status)" = 137 ] && runnc delete --force c$n 2> /dev/null
    cat /tmp/status /tmp/out; echo '${mark}'; cat /tmp/err; echo '${mark}'
  done
  ls /run/runnc /sys/fs/cgroup/cases`;

/** Takes the output of that script apart: how each one ended, and what followed. */
export function resultsOf(output: string, count: number): { readonly ended: readonly Ended[]; readonly rest: string } {
  const parts = output.split(`${mark}\n`);
  const rest = parts.slice(count * 2).join('');
  const ended = Array.from({ length: count }, (_, index) => {
    const [, status = '', stdout = ''] = /^(\d+)\n(.*)$/s.exec(parts[index * 2] ?? '') ?? [];
    return { status: Number(status), stdout, stderr: parts[index * 2 + 1] ?? '' };
  });
  return { ended, rest };
}

/** Reports, for tests that take minutes, how many of the bundles have ended. */
export function progress(count: number, names: (index: number) => string): (piece: string) => void {
  let seen = '';
  let told = 0;
  return (piece) => {
    seen += piece;
    const done = Math.floor((seen.split(`${mark}\n`).length - 1) / 2);
    for (; told < Math.min(done, count); told++) process.stderr.write(`  ${told + 1}/${count} ${names(told)}\n`);
  };
}
