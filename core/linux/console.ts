/** A pseudo-terminal for the container, its master sent to the engine over --console-socket. */
import { closeSync, constants, openSync } from 'node:fs';
import { RunncError } from '../errors.ts';
import { libc, loadKoffi } from '../sys/libc.ts';

// asm-generic/ioctls.h
const TIOCSWINSZ = 0x5414;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTPEER = 0x5441;
// linux/socket.h, linux/net.h
const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const masterName = '/dev/ptmx';

export interface ConsoleSize {
  /** In rows. */
  readonly height: number;
  /** In columns. */
  readonly width: number;
}

/**
 * Opens a pseudo-terminal and returns the slave's descriptor, to become 0, 1 and 2 of the container.
 * @throws RunncError ERR_CONSOLE
 */
export async function openConsole(socketPath: string, size: ConsoleSize | undefined): Promise<number> {
  const { call } = await libc();
  let master: number | undefined;
  let slave: number | undefined;
  try {
    master = openSync(masterName, constants.O_RDWR | constants.O_NOCTTY);
    call('unlocking the pseudo-terminal', 'ioctl', master, TIOCSPTLCK, 'void *', Buffer.alloc(4));
    slave = call(
      'opening the pseudo-terminal',
      'ioctl',
      master,
      TIOCGPTPEER,
      'int',
      constants.O_RDWR | constants.O_NOCTTY | 0o2000000,
    );
    if (size) {
      const window = Buffer.alloc(8); // struct winsize
      window.writeUInt16LE(size.height, 0);
      window.writeUInt16LE(size.width, 2);
      call('setting the terminal size', 'ioctl', slave, TIOCSWINSZ, 'void *', window);
    }
    await sendDescriptor(socketPath, master);
    return slave;
  } catch (cause) {
    if (slave !== undefined) closeSync(slave);
    throw new RunncError('ERR_CONSOLE', `no terminal for the container over ${socketPath}: ${(cause as Error).message}`, {
      cause,
    });
  } finally {
    if (master !== undefined) closeSync(master);
  }
}

/** Sends an open descriptor over a unix socket (unix(7), SCM_RIGHTS), with the terminal's name as the message, as runc does. */
async function sendDescriptor(socketPath: string, fd: number): Promise<void> {
  const { call } = await libc();
  const { address } = await loadKoffi();
  const path = Buffer.from(`${socketPath}\0`);
  if (path.length > 108) throw new Error('the path of the socket is longer than 107 bytes');
  const name = Buffer.alloc(110); // struct sockaddr_un
  name.writeUInt16LE(AF_UNIX, 0);
  path.copy(name, 2);
  const socket = call('making a socket', 'socket', AF_UNIX, SOCK_STREAM_CLOEXEC, 0);
  try {
    call(`connecting to ${socketPath}`, 'connect', socket, name, name.length);
    const text = Buffer.from(masterName);
    const vector = Buffer.alloc(16); // struct iovec
    vector.writeBigUInt64LE(BigInt(address(text)), 0);
    vector.writeBigUInt64LE(BigInt(text.length), 8);
    const control = Buffer.alloc(24); // struct cmsghdr and one int
    control.writeBigUInt64LE(20n, 0);
    control.writeInt32LE(SOL_SOCKET, 8);
    control.writeInt32LE(SCM_RIGHTS, 12);
    control.writeInt32LE(fd, 16);
    const message = Buffer.alloc(56); // struct msghdr
    message.writeBigUInt64LE(BigInt(address(vector)), 16);
    message.writeBigUInt64LE(1n, 24);
    message.writeBigUInt64LE(BigInt(address(control)), 32);
    message.writeBigUInt64LE(24n, 40);
    call('sending the terminal', 'sendmsg', socket, message, 0);
  } finally {
    closeSync(socket);
  }
}
