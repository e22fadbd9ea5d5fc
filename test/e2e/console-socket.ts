/** The engine's end of --console-socket: a unix socket that receives the master of a pseudo-terminal (unix(7), SCM_RIGHTS). */
import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import koffi from 'koffi';

// asm-generic/socket.h, linux/socket.h, asm-generic/ioctls.h
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const TIOCGWINSZ = 0x5413;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, void *address, unsigned int size)');
const listen = libc.func('int listen(int fd, int backlog)');
const accept = libc.func('int accept(int fd, void *address, void *size)');
const recvmsg = libc.func('intptr_t recvmsg(int fd, void *message, int flags)');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)');

function check(what: string, result: number): number {
  if (result < 0) throw new Error(`${what} failed: errno ${koffi.errno()}`);
  return result;
}

/** Listens at `path`; `receive` waits for the terminal and returns the descriptor of its master. */
export function listenForConsole(path: string): { receive(): Promise<number>; close(): void } {
  const address = Buffer.alloc(110); // struct sockaddr_un
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, 2);
  const server = check('socket', socket(AF_UNIX, SOCK_STREAM, 0));
  check('bind', bind(server, address, address.length));
  check('listen', listen(server, 1));
  return {
    close: () => closeSync(server),
    async receive() {
      const connection = await inBackground('accept', accept, server, null, null);
      try {
        return await receiveDescriptor(connection);
      } finally {
        closeSync(connection);
      }
    },
  };
}

async function receiveDescriptor(connection: number): Promise<number> {
  const text = Buffer.alloc(4096);
  const vector = Buffer.alloc(16); // struct iovec
  vector.writeBigUInt64LE(koffi.address(text), 0);
  vector.writeBigUInt64LE(BigInt(text.length), 8);
  const control = Buffer.alloc(64);
  const message = Buffer.alloc(56); // struct msghdr
  message.writeBigUInt64LE(koffi.address(vector), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(koffi.address(control), 32);
  message.writeBigUInt64LE(BigInt(control.length), 40);
  await inBackground('recvmsg', recvmsg, connection, message, 0);
  const [level, type] = [control.readInt32LE(8), control.readInt32LE(12)];
  if (level !== SOL_SOCKET || type !== SCM_RIGHTS) throw new Error(`no descriptor came: level ${level}, type ${type}`);
  return control.readInt32LE(16);
}

/** Everything that is written to a terminal, until its last writer has gone. */
export async function readTerminal(master: number): Promise<string> {
  const bytes = Buffer.alloc(4096);
  let text = '';
  for (;;) {
    try {
      const { bytesRead } = await promisify(read)(master, bytes, 0, bytes.length, null);
      text += bytes.toString('utf8', 0, bytesRead);
    } catch (error) {
      // What a master says when no slave is open any more.
      if ((error as NodeJS.ErrnoException).code === 'EIO') return text;
      throw error;
    }
  }
}

export function terminalSize(master: number): { readonly rows: number; readonly columns: number } {
  const size = Buffer.alloc(8); // struct winsize
  check('TIOCGWINSZ', ioctl(master, TIOCGWINSZ, size));
  return { rows: size.readUInt16LE(0), columns: size.readUInt16LE(2) };
}

/** On another thread: these calls wait. */
function inBackground(what: string, call: typeof accept, ...args: unknown[]): Promise<number> {
  return new Promise((resolve, reject) => {
    call.async(...args, (error: Error | null, result: number) => {
      if (error) reject(error);
      else if (result < 0) reject(new Error(`${what} failed`));
      else resolve(result);
    });
  });
}
