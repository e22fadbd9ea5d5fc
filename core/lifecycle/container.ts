/** The container as plugins see it, made from its bundle or from its record. */
import type { Bundle } from '../oci/bundle.ts';
import { engineInits } from '../oci/engine-inits.ts';
import type { Container, Metadata } from '../plugin.ts';
import type { ContainerRecord } from '../state/record.ts';
import { statusOf } from '../state/status.ts';

export interface ContainerSource {
  readonly id: string;
  readonly bundle: Bundle;
  readonly directory: string;
  readonly pid?: number;
  readonly metadata?: Metadata;
}

export function containerOf({ id, bundle: { path, rootfs, spec }, directory, pid, metadata = {} }: ContainerSource): Container {
  return {
    id,
    bundle: path,
    rootfs,
    rootfsReadOnly: spec.root.readonly === true,
    hostname: spec.hostname,
    args: argsOf(spec.process.args, metadata),
    env: spec.process.env ?? [],
    cwd: spec.process.cwd,
    annotations: spec.annotations ?? {},
    metadata,
    mounts: spec.mounts ?? [],
    directory,
    pid,
    netns: pid === undefined ? undefined : `/proc/${pid}/ns/net`,
    joinedNetns: joinedNetns(spec),
  };
}

/** Path of the network namespace in config.json, if it has one. */
export const joinedNetns = ({ linux }: Bundle['spec']): string | undefined =>
  linux?.namespaces?.find(({ type }) => type === 'network')?.path;

/** process.args with `docker run --init` undone, as a unikernel has no processes to reap, and what metadata says in its place. */
function argsOf(args: readonly string[], { program, programs, argv0, args: others }: Metadata): readonly string[] {
  const [first = '', second] = args;
  const own = engineInits.includes(first) && second === '--' ? args.slice(2) : args;
  const name = argv0 ?? program ?? own[0] ?? programs?.[0]?.path;
  return name === undefined ? [] : [name, ...(others ?? own.slice(1))];
}

/** For commands that come after the bundle may have gone: what is needed to give resources back. */
export function containerOfRecord(record: ContainerRecord, directory: string): Container {
  const { id, bundle, rootfs, annotations, init, joinedNetns } = record;
  const netns = init ? { pid: init.pid, netns: `/proc/${init.pid}/ns/net` } : { pid: undefined, netns: undefined };
  return {
    ...{ id, bundle, rootfs, rootfsReadOnly: true, directory, annotations, metadata: {}, joinedNetns },
    ...{ hostname: undefined, args: [], env: [], cwd: '/', mounts: [] },
    ...netns,
  };
}

/** The state of a container (runtime-spec, runtime.md, "State"). */
export interface OciState {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: string;
  readonly pid: number;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What `runnc state` prints and hooks read; `status` is given where a hook runs in a state of its own. */
export function ociState(record: ContainerRecord, status: string = statusOf(record)): OciState {
  const { ociVersion, id, bundle, annotations, init } = record;
  return {
    ociVersion,
    id,
    status,
    pid: status === 'stopped' ? 0 : (init?.pid ?? 0),
    bundle,
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  };
}
