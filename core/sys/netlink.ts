/**
 * A socket to the kernel's own protocols for networks (netlink(7)) in a network namespace: linux/netlink.h. A socket stays in the
 * namespace in which it was made, whichever its process is in later.
 */
import { closeSync } from 'node:fs';
import { networkCalls } from '#network-calls';
import { SysError } from '../errors.ts';
import { describeErrno } from './libc.ts';
import type { NetworkCalls } from './network-calls.ts';
import { inNetworkNamespace } from './network-namespace.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

const headerSize = 16; // struct nlmsghdr
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;
const NLM_F_ACK_TLVS = 0x200;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSGERR_ATTR_MSG = 1;

/** A dump is cut to the buffer, at messages. The kernel itself makes no larger pieces than 32 KiB. */
const bufferSize = 65_536;
/** For a dump during which something changed: that often it is asked for again. */
const attempts = 10;

export interface NetlinkMessage {
  readonly type: number;
  /** Without the message's header. */
  readonly body: Uint8Array;
}

export interface Netlink {
  /**
   * Makes one request and waits for what the kernel says to it. `flags` beside NLM_F_REQUEST and NLM_F_ACK; with NLM_F_DUMP the answer
   * is all messages of the dump.
   * @throws SysError that begins with `what`, with the kernel's own words where it has some
   */
  request(what: string, type: number, flags: number, body: Uint8Array): readonly NetlinkMessage[];
  close(): void;
}

/** Opens a socket for `protocol` (NETLINK_ROUTE is 0) in the network namespace at `netns`. */
export async function openNetlink(netns: string, protocol = 0): Promise<Netlink> {
  const calls = await networkCalls();
  const socket = await inNetworkNamespace(netns, () =>
    calls.socket('opening a netlink socket', AF_NETLINK, SOCK_RAW_CLOEXEC, protocol),
  );
  const one = Buffer.from([1, 0, 0, 0]);
  // Words for what is wrong, where the kernel has some (since Linux 4.12).
  for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK]) {
    calls.setsockopt('asking for words of the kernel', socket, SOL_NETLINK, option, one, 4);
  }
  let sequence = 0;
  // One for all answers, and not filled with zeros: a page that nothing is written to costs nothing.
  const buffer = Buffer.allocUnsafe(bufferSize);
  return {
    request(what, type, flags, body) {
      for (let attempt = 1; ; attempt++) {
        sequence += 1;
        const bytes = message(type, flags, sequence, body);
        calls.send(what, socket, bytes, bytes.length, 0);
        const answer = receive(calls, what, { socket, sequence, buffer });
        if (!answer.interrupted || attempt === attempts) return answer.messages;
      }
    },
    close: () => closeSync(socket),
  };
}

function message(type: number, flags: number, sequence: number, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(headerSize + body.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  // A dump ends by itself; an acknowledgement would be a second answer.
  const isDump = (flags & NLM_F_DUMP) === NLM_F_DUMP && isQuestion(type);
  bytes.writeUInt16LE(flags | NLM_F_REQUEST | (isDump ? 0 : NLM_F_ACK), 6);
  bytes.writeUInt32LE(sequence, 8);
  bytes.set(body, headerSize);
  return bytes;
}

/** RTM_GETLINK and its kin: every fourth number has them (linux/rtnetlink.h). Elsewhere the bits of NLM_F_DUMP mean something else. */
const isQuestion = (type: number) => type % 4 === 2;

interface Expected {
  readonly socket: number;
  readonly sequence: number;
  readonly buffer: Buffer;
}

function receive({ recv }: NetworkCalls, what: string, { socket, sequence, buffer }: Expected) {
  const messages: NetlinkMessage[] = [];
  let interrupted = false;
  for (;;) {
    const size = recv(what, socket, buffer, buffer.length, 0);
    for (let at = 0; at + headerSize <= size; ) {
      const length = buffer.readUInt32LE(at);
      if (length < headerSize || at + length > size) throw new Error(`${what}: an answer of the kernel that is cut off`);
      const [type, flags] = [buffer.readUInt16LE(at + 4), buffer.readUInt16LE(at + 6)];
      const body = buffer.subarray(at + headerSize, at + length);
      // What an earlier question left unread.
      if (buffer.readUInt32LE(at + 8) === sequence) {
        interrupted ||= (flags & NLM_F_DUMP_INTR) !== 0;
        if (type === NLMSG_ERROR || type === NLMSG_DONE) {
          throwIfError(what, body, flags);
          return { messages, interrupted };
        }
        messages.push({ type, body: Uint8Array.prototype.slice.call(body) });
      }
      at += (length + 3) & ~3;
    }
  }
}

function throwIfError(what: string, body: Buffer, flags: number): void {
  const errno = body.length >= 4 ? -body.readInt32LE(0) : 0;
  if (errno === 0) return;
  const [name, text] = describeErrno(errno);
  throw new SysError('send', errno, name, what, (flags & NLM_F_ACK_TLVS && words(body.subarray(4 + headerSize))) || text);
}

/** The text among the attributes of an error. */
function words(attributes: Buffer): string | undefined {
  for (let at = 0; at + 4 <= attributes.length; ) {
    const length = attributes.readUInt16LE(at);
    if (length < 4) return undefined;
    if (attributes.readUInt16LE(at + 2) === NLMSGERR_ATTR_MSG) {
      return attributes.toString('utf8', at + 4, at + length).replace(/\0.*$/s, '');
    }
    at += (length + 3) & ~3;
  }
  return undefined;
}
