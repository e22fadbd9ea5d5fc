/** Addresses of links: RTM_*ADDR of linux/rtnetlink.h with struct ifaddrmsg, attributes of linux/if_addr.h. */
import type { Netlink } from '../../../core/plugin.ts';
import { attribute, join, readAttributes, viewOf } from './attributes.ts';
import { AF, CREATE, DUMP, ifNone, ifThere, REPLACE } from './requests.ts';
import { addressBytes, addressText } from './text.ts';

const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const IFA = { address: 1, local: 2, flags: 8 } as const;
/** No waiting for duplicate address detection. */
const IFA_F_NODAD = 2;
const RT_SCOPE_UNIVERSE = 0;
const headerSize = 8;

export interface LinkAddress {
  readonly link: number;
  /** `ADDRESS/PREFIX` */
  readonly text: string;
  /** Others than those of the link or of the machine only. */
  readonly global: boolean;
  /** The kernel's message, for `restoreAddress`. */
  readonly message: Uint8Array;
}

export function readAddresses(socket: Netlink): readonly LinkAddress[] {
  return socket.request('listing the addresses', RTM_GETADDR, DUMP, new Uint8Array(headerSize)).flatMap(({ body }) => {
    const found = readAttributes(body, headerSize);
    // With a peer, `address` is the other end's.
    const own = found.get(IFA.local) ?? found.get(IFA.address);
    if (own === undefined || (own.length !== 4 && own.length !== 16)) return [];
    const text = `${addressText(own)}/${body[1]}`;
    return [{ link: viewOf(body).getUint32(4, true), text, global: body[3] === RT_SCOPE_UNIVERSE, message: body }];
  });
}

/** A message about `ADDRESS/PREFIX` of a link. */
export function messageOf(link: number, text: string): Uint8Array {
  const [address = '', prefix] = text.split('/');
  const bytes = new Uint8Array(headerSize);
  bytes[0] = address.includes(':') ? AF.inet6 : AF.inet;
  bytes[1] = Number(prefix);
  viewOf(bytes).setUint32(4, link, true);
  return join(bytes, attribute(IFA.local, addressBytes(address)), attribute(IFA.address, addressBytes(address)));
}

/** `text` is `ADDRESS/PREFIX`. */
export function addAddress(socket: Netlink, link: number, text: string): void {
  const body = join(messageOf(link, text), attribute(IFA.flags, IFA_F_NODAD));
  socket.request(`adding the address ${text}`, RTM_NEWADDR, CREATE | REPLACE, body);
}

/** Takes an address off; one that is gone already is passed over. */
export function deleteAddress(socket: Netlink, link: number, message: Uint8Array): void {
  const found = readAttributes(message, headerSize);
  const named = ([IFA.local, IFA.address] as const).flatMap((type) => {
    const value = found.get(type);
    return value ? [attribute(type, value)] : [];
  });
  const body = join(message.subarray(0, headerSize), ...named);
  viewOf(body).setUint32(4, link, true);
  ifNone(() => socket.request('taking an address off its interface', RTM_DELADDR, 0, body));
}

/** Puts an address back with all that the kernel said of it, at once in use. */
export function restoreAddress(socket: Netlink, link: number, message: Uint8Array): void {
  const flags = readAttributes(message, headerSize).get(IFA.flags);
  const body = join(message, attribute(IFA.flags, (flags ? viewOf(flags).getUint32(0, true) : 0) | IFA_F_NODAD));
  viewOf(body).setUint32(4, link, true);
  ifThere(() => socket.request('giving an interface its address back', RTM_NEWADDR, CREATE, body));
}
