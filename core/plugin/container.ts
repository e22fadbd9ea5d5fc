/** The container as plugins see it, and what is said of it before its program is looked at. */

/** What was said of a container before anybody looked at its program. */
export interface Metadata {
  /** Path or name of the program, in place of args[0]. */
  readonly program?: string;
  /** One program for each of several tenders, of which one is taken as of `app.spt` beside `app.hvt`; `program` wins over them. */
  readonly programs?: readonly { readonly tender: string; readonly path: string }[];
  /** What the program is called where it has a name of its own (rumprun's argv[0]). */
  readonly argv0?: string;
  /** The arguments, in place of args[1..]. */
  readonly args?: readonly string[];
  /** Name of the unikernel (`rumprun`, `mirage`, `solo5`), and whether an annotation says so, or the image. */
  readonly unikernel?: { readonly name: string; readonly by: 'operator' | 'annotation' | 'image' };
  /** Name of the tender that it was made for. */
  readonly tender?: string;
  /** Settings of the unikernel's plugin. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Why another runtime is asked for: it is a pod's sandbox (the pause container), or no unikernel. */
export type DelegateReason = 'sandbox' | 'no unikernel';

/** Another OCI runtime. */
export interface Delegate {
  /** Absolute path of its program. */
  readonly path: string;
}

/** The container as plugins see it. */
export interface Container {
  readonly id: string;
  /** Absolute path of the bundle. */
  readonly bundle: string;
  /** Absolute path of the root file system; read-only for plugins. */
  readonly rootfs: string;
  /** root.readonly of config.json. */
  readonly rootfsReadOnly: boolean;
  readonly hostname: string | undefined;
  /** process.args of config.json. */
  readonly args: readonly string[];
  /** process.env as it stands: `NAME=value`. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** What was said of it; empty until the `metadata` hook has been asked. `args` has it applied. */
  readonly metadata: Metadata;
  readonly mounts: readonly {
    readonly destination: string;
    readonly source?: string;
    readonly type?: string;
    readonly options?: readonly string[];
  }[];
  /** Folder of this container's own files (0700, root), gone after delete. */
  readonly directory: string;
  /** Process id of the container's init in the runtime's pid namespace; undefined before it exists. */
  readonly pid: number | undefined;
  /** Path of the network namespace: `/proc/PID/ns/net`; undefined before `create` has made the sandbox. */
  readonly netns: string | undefined;
  /** Path of the network namespace that config.json has the container join; undefined: it has one of its own. */
  readonly joinedNetns: string | undefined;
}
