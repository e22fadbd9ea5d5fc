/** The record with which a container begins: what has to be known before the first thing is made for it. */
import { resolve } from 'node:path';
import { type CgroupPlan, detectHierarchy, planCgroup, requireUnused } from '../linux/cgroup/index.ts';
import type { Bundle } from '../oci/bundle.ts';
import { OCI_VERSION } from '../oci/version.ts';
import type { Metadata } from '../plugin.ts';
import { type ContainerRecord, schemaVersion } from '../state/record.ts';
import { processStat } from '../sys/process.ts';
import { joinedNetns } from './container.ts';
import type { Context } from './context.ts';
import type { CreateOptions } from './create-options.ts';
import type { Loaded } from './load.ts';

export async function firstRecord(
  context: Context,
  { id }: CreateOptions,
  bundle: Bundle,
  { runtime }: Loaded,
  metadata: Metadata,
): Promise<ContainerRecord> {
  const { spec, path, rootfs } = bundle;
  const { startContainer, poststart, poststop } = spec.hooks ?? {};
  const cgroup = await cgroupOf(context, { cgroupsPath: spec.linux?.cgroupsPath, id });
  const netns = joinedNetns(spec);
  // Before the plan is ours: giving up later ends every process in it.
  requireUnused(cgroup);
  return {
    schema: schemaVersion,
    ociVersion: OCI_VERSION,
    id,
    bundle: path,
    rootfs,
    created: new Date().toISOString(),
    annotations: spec.annotations ?? {},
    phase: 'creating',
    creator: { pid: process.pid, startTime: processStat(process.pid)?.startTime ?? 0 },
    // Known before the first directory is made, so that whatever is made can be found again.
    cgroup,
    resources: [],
    ...(netns === undefined ? {} : { joinedNetns: netns }),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    hooks: {
      ...(startContainer ? { startContainer } : {}),
      ...(poststart ? { poststart } : {}),
      ...(poststop ? { poststop } : {}),
    },
    tapped: runtime.tapped(),
    ...(context.config === undefined ? {} : { config: resolve(context.config) }),
    ...(context.profile === undefined ? {} : { profile: context.profile }),
  };
}

async function cgroupOf({ systemdCgroup }: Context, asked: Parameters<typeof planCgroup>[0]): Promise<CgroupPlan> {
  if (!systemdCgroup) return planCgroup(asked, detectHierarchy());
  const { planUnit, requireNoUnit } = await import('../linux/cgroup/systemd/index.ts');
  const plan = planUnit(asked, detectHierarchy());
  await requireNoUnit(plan);
  return plan;
}
