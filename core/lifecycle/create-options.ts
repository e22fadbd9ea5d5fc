/** What a caller of `create` may ask for. */
export interface CreateOptions {
  readonly id: string;
  /** Folder of the bundle. */
  readonly bundle: string;
  readonly pidFile?: string | undefined;
  readonly consoleSocket?: string | undefined;
  /** Whether to use pivot_root (`--no-pivot` says no: for a root on a ramdisk). */
  readonly pivot: boolean;
  /** Whether to make a session keyring (`--no-new-keyring` says no). */
  readonly keyring: boolean;
  /** Whether a console socket is needed for a terminal: not when the caller stays in the foreground. */
  readonly foreground?: boolean;
  /** The arguments of this very command for another runtime, should it turn out to be one for it. */
  readonly forwarded?: readonly string[];
  /** This is a `run`, which another runtime gets whole; `stays`: its container outlives the command (detached, or kept). */
  readonly run?: { readonly stays: boolean };
}
