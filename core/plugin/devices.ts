/** What is behind the devices that a unikernel declares. */

/** A block device for the guest. */
export interface BlockDevice {
  /** Name in the manifest. */
  readonly name: string;
  readonly path: string;
  readonly readOnly: boolean;
  /** In bytes, a multiple of `blockSize`. */
  readonly capacity: number;
  /** In bytes; 512 unless the image needs another. */
  readonly blockSize: number;
  /**
   * Locks the file (flock(2)) with the descriptor that the guest gets, so that the lock lasts exactly as long as the guest
   * and goes with it however it ends; `create` fails when somebody else has it. For files that others can name too.
   */
  readonly lock?: 'exclusive' | 'shared';
  /** No part of `path` is a symlink: `create` fails where one has come since, and follows none. */
  readonly noSymlinks?: boolean;
}

/** A network device for the guest, and what the guest may be told of the network behind it. */
export interface NetworkDevice {
  /** Name in the manifest. */
  readonly name: string;
  /** Name of the tap device in the container's network namespace. */
  readonly tap: string;
  /**
   * An open file of this process that is the device, where it is not a tap (a macvtap): the guest's process gets it in the place of
   * its /dev/net/tun, with the same ioctl(2) to come, and it is closed here.
   */
  readonly file?: number;
  /**
   * `file` is the tap's own already, with no ioctl(2) to come: frames wait in it from the moment in which the tap is connected. Only a tender
   * that `takesTaps` is given such a device; for another one the file is closed, and it attaches the tap by its name.
   */
  readonly attached?: boolean;
  /** The interface of that namespace behind it, `eth0`; undefined where nothing is. */
  readonly interface: string | undefined;
  /** Six bytes as `02:42:ac:11:00:02`. */
  readonly mac: string;
  readonly mtu: number;
  /** `ADDRESS/PREFIX`, IPv4 and IPv6. */
  readonly addresses: readonly string[];
  /** Without those that an address implies; the default routes are `0.0.0.0/0` and `::/0`. */
  readonly routes: readonly { readonly destination: string; readonly gateway?: string }[];
}

export interface Network {
  readonly devices: readonly NetworkDevice[];
  readonly nameServers: readonly string[];
  readonly searchDomains: readonly string[];
}
