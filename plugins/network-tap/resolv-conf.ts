/** The name servers and search domains of a resolv.conf (resolv.conf(5)). */
import { readFileSync } from 'node:fs';
import type { Container } from '../../core/plugin.ts';

export interface Resolver {
  readonly nameServers: readonly string[];
  readonly searchDomains: readonly string[];
}

/** The last `search` or `domain` counts; comments begin with `#` or `;`. */
export function parseResolvConf(text: string): Resolver {
  const nameServers: string[] = [];
  let searchDomains: readonly string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) nameServers.push(values[0]);
    if (keyword === 'search') searchDomains = values;
    if (keyword === 'domain') searchDomains = values.slice(0, 1);
  }
  return { nameServers, searchDomains };
}

/** From the resolv.conf that the engine mounts. */
export function resolverOf({ mounts }: Pick<Container, 'mounts'>): Resolver {
  const source = mounts.find(({ destination }) => destination === '/etc/resolv.conf')?.source;
  try {
    return parseResolvConf(source === undefined ? '' : readFileSync(source, 'utf8'));
  } catch {
    // Without name servers a guest can still be reached.
    return parseResolvConf('');
  }
}
