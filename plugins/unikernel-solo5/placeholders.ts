/**
 * Words in braces in the arguments of a plain Solo5 program, which stand for what its network turned out to be: `--ip={ipv4}`.
 * A program with several network devices names the one it means: `{management.ipv4}`; without a name it is the first.
 */
import type { Launch, NetworkDevice } from '../../core/plugin.ts';

type Words = Readonly<Record<string, (device: NetworkDevice) => string | undefined>>;

const isIpv6 = (text: string) => text.includes(':');
const address = (wanted: 4 | 6) => (device: NetworkDevice) => device.addresses.find((each) => isIpv6(each) === (wanted === 6));
const gateway = (destination: string) => (device: NetworkDevice) =>
  device.routes.find((route) => route.destination === destination)?.gateway;

/** What may be asked of a device; addresses come with their prefix length, gateways without. */
const deviceWords: Words = {
  ipv4: address(4),
  ipv6: address(6),
  gateway4: gateway('0.0.0.0/0'),
  gateway6: gateway('::/0'),
  mac: ({ mac }) => mac,
  mtu: ({ mtu }) => String(mtu),
};

const placeholder = /\{(?:([A-Za-z0-9]+)\.)?([a-z0-9]+)\}/g;

/** The command line with its words replaced; what the network does not have is empty, and other braces stay as they are. */
export function replacePlaceholders(
  commandLine: string,
  { devices, nameServers, searchDomains }: Launch['network'],
  hostname: string | undefined,
): string {
  const words: Readonly<Record<string, string | undefined>> = {
    dns: nameServers.join(','),
    search: searchDomains.join(','),
    hostname,
  };
  return commandLine.replace(placeholder, (text, named: string | undefined, word: string) => {
    const device = named === undefined ? devices[0] : devices.find(({ name }) => name === named);
    if (device !== undefined && Object.hasOwn(deviceWords, word)) return deviceWords[word]?.(device) ?? '';
    return named === undefined && Object.hasOwn(words, word) ? (words[word] ?? '') : text;
  });
}
