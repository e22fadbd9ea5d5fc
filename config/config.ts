/** What runnc.config says, complete and in units of the machine. */

export interface Config {
  /** Guest memory in bytes when the container has no memory limit. */
  readonly memory: number;
  /** Whether guest memory may be backed by huge pages. */
  readonly hugePages: boolean;
  /** Absolute path of the folder for what can be computed again. */
  readonly cacheDirectory: string;
  /** In order; undefined: the built-in ones. */
  readonly plugins: readonly ChosenPlugin[] | undefined;
  /** Name of the unikernel that every program is taken for; undefined: annotations, image and program decide. */
  readonly unikernel: string | undefined;
  readonly tender: {
    /** Asked first. */
    readonly preferred: string | undefined;
    /** Undefined: all. */
    readonly allowed: readonly string[] | undefined;
  };
  /** Whether to log at debug level. */
  readonly debug: boolean;
}

export interface ChosenPlugin {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}
