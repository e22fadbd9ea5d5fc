/** A pseudo-terminal for the container, its master sent to the engine over --console-socket. */
import { closeSync, constants, openSync } from 'node:fs';
import { networkCalls } from '#network-calls';
import { RunncError } from '../errors.ts';
import { libc } from '../sys/libc.ts';
import { sendDescriptor } from '../sys/send-descriptor.ts';

// asm-generic/ioctls.h
const TIOCSWINSZ = 0x5414;
const TIOCSPTLCK = 0x40045431;
const TIOCGPTPEER = 0x5441;
// linux/socket.h, linux/net.h
const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
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
    await sendTerminal(socketPath, master);
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

/** Sends the terminal over the engine's socket, with its name as the message, as runc does. */
async function sendTerminal(socketPath: string, fd: number): Promise<void> {
  const { call } = await libc();
  const path = Buffer.from(`${socketPath}\0`);
  if (path.length > 108) throw new Error('the path of the socket is longer than 107 bytes');
  const name = Buffer.alloc(110); // struct sockaddr_un
  name.writeUInt16LE(AF_UNIX, 0);
  path.copy(name, 2);
  const socket = call('making a socket', 'socket', AF_UNIX, SOCK_STREAM_CLOEXEC, 0);
  try {
    call(`connecting to ${socketPath}`, 'connect', socket, name, name.length);
    sendDescriptor(await networkCalls(), 'sending the terminal', socket, fd, masterName);
  } finally {
    closeSync(socket);
  }
}
