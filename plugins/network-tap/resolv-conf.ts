/** The name servers and search domains of a resolv.conf (resolv.conf(5)). */

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
