/** Other unikernels in the same network namespace, by the files that they keep beside ours until they are deleted. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Container, Host } from '../../core/plugin.ts';
import type { Port } from './nat/ports.ts';
import type { Settings } from './sysctl.ts';

/** Files in a container's folder. */
export const files = { whole: 'network-tap.json', share: 'network-nat.json' } as const;

export interface Other {
  readonly id: string;
  /** Interfaces that are its own. */
  readonly interfaces: readonly string[];
  /** Ports that are its own. */
  readonly ports: readonly Port[];
  /** What it has to set back. */
  readonly settings: Settings;
}

/** What the files say, as far as it matters here. */
interface Kept {
  readonly namespace: { readonly inode: number };
  readonly wires?: readonly { readonly tap: string; readonly interface?: string }[];
  readonly share?: { readonly tap: string; readonly ports: readonly Port[] };
  readonly settings?: Settings;
}

/**
 * Those whose taps are there: an inode alone would not do, as those of namespaces that are gone are used again.
 */
export async function othersIn(
  host: Pick<Host, 'inNetwork'>,
  { directory }: Pick<Container, 'directory'>,
  netns: string,
  inode: number,
): Promise<readonly Other[]> {
  const links = await host.inNetwork(netns, () => readFileSync('/proc/thread-self/net/dev', 'utf8'));
  const isThere = (tap: string | undefined) => tap !== undefined && new RegExp(`^\\s*${tap}:`, 'm').test(links);
  const root = dirname(directory);
  return readdirSync(root).flatMap((id) => {
    if (id === basename(directory)) return [];
    return Object.values(files).flatMap((file): Other[] => {
      const text = readText(join(root, id, file));
      if (text === undefined) return [];
      const { namespace, wires = [], share, settings = {} } = JSON.parse(text) as Kept;
      const taps = [...wires.map(({ tap }) => tap), ...(share ? [share.tap] : [])];
      if (namespace.inode !== inode || !taps.some(isThere)) return [];
      const interfaces = wires.flatMap((wire) => (wire.interface === undefined ? [] : [wire.interface]));
      return [{ id, interfaces, ports: share?.ports ?? [], settings }];
    });
  });
}

/** The container whose tap it is. */
export function ownerOf({ directory }: Pick<Container, 'directory'>, tap: string): string | undefined {
  const root = dirname(directory);
  return readdirSync(root).find((id) =>
    Object.values(files).some((file) => readText(join(root, id, file))?.includes(`"${tap}"`)),
  );
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not such a container, or gone meanwhile.
    return undefined;
  }
}
