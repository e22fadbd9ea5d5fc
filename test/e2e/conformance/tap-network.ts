/** A network plugin for the conformance checks, which does one thing wrong. */
import type { Container, Plugin } from '../../../core/plugin.ts';

export default {
  name: 'tap-network',
  api: 1,
  options: { type: 'object', properties: { fault: { type: 'string' } } },
  apply({ hooks, resource, runInNetwork }, { fault }) {
    const inside = ({ netns = '' }: Pick<Container, 'netns'>, ...words: string[]) => runInNetwork(netns, 'ip', words);
    const tap = resource<undefined, { netns: string }>({
      name: 'tap',
      acquire: async (container) => {
        await inside(container, 'tuntap', 'add', 'shell0', 'mode', 'tap');
        await inside(container, 'link', 'set', 'shell0', 'up');
        return { netns: container.joinedNetns ?? '' };
      },
      release: async (_container, state) => {
        if (fault !== 'keeps its tap' && state) await inside(state, 'link', 'delete', 'shell0');
      },
    });
    hooks.network.tapPromise('tap-network', async (container, { devices }) => {
      await tap.take(container, undefined);
      const address = JSON.parse((await inside(container, '-json', 'address', 'show', 'eth0')).stdout)[0];
      // "connects nothing": a tap with nobody at its other end.
      if (fault === 'keeps its tap') {
        for (const words of [
          ['link', 'add', 'shellbr', 'type', 'bridge'],
          ['address', 'flush', 'dev', 'eth0'],
          ['link', 'set', 'eth0', 'master', 'shellbr'],
          ['link', 'set', 'shell0', 'master', 'shellbr'],
          ['link', 'set', 'shellbr', 'up'],
        ])
          await inside(container, ...words);
      }
      const told = devices
        .filter(({ kind }) => kind === 'net')
        .map(({ name }) => ({
          name,
          tap: 'shell0',
          interface: 'eth0',
          mac: '02:00:00:00:00:07',
          mtu: 1500,
          addresses: [`${address.addr_info[0].local}/24`],
          routes: [],
        }));
      return { devices: told, nameServers: [], searchDomains: [] };
    });
  },
} satisfies Plugin<{ readonly fault: string }>;
