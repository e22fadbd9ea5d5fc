/** What runnc.config says, complete and in units of the machine. */

/** What can be set for a single container, too: by a rule for its image, or by an annotation that is allowed. */
export interface Settings {
  /** Guest memory in bytes when the container has no memory limit. */
  readonly memory: number;
  /** Whether guest memory may be backed by huge pages. */
  readonly hugePages: boolean;
  readonly tender: {
    /** Asked first. */
    readonly preferred: string | undefined;
    /** Undefined: all. */
    readonly allowed: readonly string[] | undefined;
  };
  /** Plugins that are asked first in the hook of that name. */
  readonly unikernel: string | undefined;
  readonly rootfs: string | undefined;
  readonly network: string | undefined;
  /** By the plugin's name; each wins over the option of the same name in `plugins`. */
  readonly options: Readonly<Record<string, PluginOptions>>;
}

export interface Config extends Settings {
  /** Absolute path of the folder for what can be computed again. */
  readonly cacheDirectory: string;
  /** What root images for later containers may take there, in bytes. */
  readonly cacheSize: number;
  /** Absolute path of the folder for what guests write. */
  readonly dataDirectory: string;
  /** In order, before the built-in ones. */
  readonly plugins: readonly ChosenPlugin[];
  readonly images: readonly ImageRule[];
  /** Names of the settings that annotations may change. */
  readonly allowAnnotations: readonly string[];
  /** How long a plugin may take to answer, in milliseconds. */
  readonly hookTimeLimit: number;
  /** Whether to log at debug level. */
  readonly debug: boolean;
}

export type PluginOptions = Readonly<Record<string, unknown>>;

export interface ChosenPlugin {
  /** Of a built-in plugin or a package, or an absolute path. */
  readonly name: string;
  /** False: the built-in plugin of that name is left out. */
  readonly options: PluginOptions | false;
}

/** Settings for the images that match. All parts of `match` must hold. */
export interface ImageRule {
  readonly match: {
    readonly program?: string;
    readonly image?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly use: Partial<Settings>;
}
