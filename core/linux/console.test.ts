/** The socket's other end is spoken to through koffi: Node's own sockets drop descriptors that they are sent. */
import { closeSync, fstatSync, mkdtempSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import koffi from 'koffi';
import { expect, onTestFinished, test } from 'vitest';
import { openConsole } from './console.ts';

const AF_UNIX = 1; // linux/socket.h
const SOCK_STREAM = 1; // linux/net.h
const TIOCGWINSZ = 0x5413; // asm-generic/ioctls.h

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const void *address, unsigned int size)');
const listen = libc.func('int listen(int fd, int backlog)');
const accept = libc.func('int accept(int fd, void *address, void *size)');
const recvmsg = libc.func('intptr_t recvmsg(int fd, void *message, int flags)');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)');

function keep(fd: number): number {
  expect(fd).toBeGreaterThan(2);
  onTestFinished(() => closeSync(fd));
  return fd;
}

/** An engine's end of --console-socket. */
function consoleSocket() {
  const folder = mkdtempSync(join(tmpdir(), 'runnc-console-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'socket');
  const listening = keep(socket(AF_UNIX, SOCK_STREAM, 0));
  const address = Buffer.alloc(110); // struct sockaddr_un
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, 2);
  expect([bind(listening, address, address.length), listen(listening, 1)]).toEqual([0, 0]);
  const receive = () => {
    const connection = keep(accept(listening, null, null));
    const [text, vector, control, message] = [Buffer.alloc(64), Buffer.alloc(16), Buffer.alloc(24), Buffer.alloc(56)];
    vector.writeBigUInt64LE(BigInt(koffi.address(text)), 0);
    vector.writeBigUInt64LE(BigInt(text.length), 8);
    message.writeBigUInt64LE(BigInt(koffi.address(vector)), 16);
    message.writeBigUInt64LE(1n, 24);
    message.writeBigUInt64LE(BigInt(koffi.address(control)), 32);
    message.writeBigUInt64LE(BigInt(control.length), 40);
    const size = Number(recvmsg(connection, message, 0));
    return { name: text.toString('utf8', 0, size), master: keep(control.readInt32LE(16)) };
  };
  return { path, receive };
}

test("the engine gets the terminal's master, and the container its slave", async () => {
  const { path, receive } = consoleSocket();
  const slave = keep(await openConsole(path, undefined));
  const { name, master } = receive();
  expect(name).toBe('/dev/ptmx');
  expect([isatty(slave), isatty(master), fstatSync(master).isCharacterDevice()]).toEqual([true, true, true]);
  writeSync(slave, 'from the guest\n');
  const bytes = Buffer.alloc(100);
  expect(bytes.toString('utf8', 0, readSync(master, bytes))).toBe('from the guest\r\n');
});

test('the size of the terminal is that of config.json', async () => {
  const { path, receive } = consoleSocket();
  const slave = keep(await openConsole(path, { height: 33, width: 99 }));
  receive();
  const window = Buffer.alloc(8); // struct winsize
  expect(ioctl(slave, TIOCGWINSZ, window)).toBe(0);
  expect([window.readUInt16LE(0), window.readUInt16LE(2)]).toEqual([33, 99]);
});

test.each([
  ['/nonexistent/socket', 'connecting to /nonexistent/socket: ENOENT (no such file or directory)'],
  [`/${'x'.repeat(107)}`, 'the path of the socket is longer than 107 bytes'],
])('a socket that cannot be connected to is named', async (path, why) => {
  await expect(openConsole(path, undefined)).rejects.toMatchObject({
    code: 'ERR_CONSOLE',
    message: `no terminal for the container over ${path}: ${why}`,
  });
});

test('a terminal that could not be handed over leaves no descriptor', async () => {
  const { path } = consoleSocket();
  const first = await openConsole(path, undefined);
  closeSync(first);
  for (let times = 0; times < 3; times++) await expect(openConsole('/nonexistent/socket', undefined)).rejects.toThrow();
  const again = await openConsole(path, undefined);
  closeSync(again);
  expect(again).toBe(first);
});
