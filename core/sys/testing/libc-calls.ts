/** Calls of libc of every form, made by whichever engine runs this. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentOf, makeFifo, memoryFile, pipe } from '../files.ts';
import { libc } from '../libc.ts';
import { openat2, RESOLVE_IN_ROOT } from '../openat2.ts';
import { exitStatus, spawnImage, waitAtMost } from '../process.ts';

const { call, raw, address } = await libc();
const failed = async (work: () => unknown) => {
  try {
    return await work();
  } catch (error) {
    return (error as Error).message;
  }
};

async function spawned(): Promise<unknown> {
  const output = call('making a file in memory', 'memfd_create', 'output', 0);
  const nowhere = openSync('/dev/null', 'r+');
  const args = ['/bin/sh', '-c', 'echo "$0 $1 $NAME"; exit 3', 'with blanks', 'ünïcode'];
  const pid = await spawnImage(
    '/bin/sh',
    args,
    [
      [0, nowhere],
      [1, output],
      [2, nowhere],
    ],
    ['NAME=value'],
  );
  const status = [0];
  const isIt = call('waiting', 'wait4', pid, status, 0, null) === pid;
  return { isIt, status: exitStatus(status[0] as number), said: contentOf(output).toString() };
}

async function pipes(): Promise<unknown> {
  const { read, write } = await pipe();
  const buffer = Buffer.alloc(8);
  writeSync(write, 'through');
  const got = readSync(read, buffer);
  const ends = [read, write].map((fd) => fstatSync(fd).isFIFO());
  for (const fd of [read, write]) closeSync(fd);
  return { got, said: buffer.toString('latin1', 0, got), ends };
}

async function sleeping(): Promise<unknown> {
  const descriptors = [0, 1, 2].map((fd) => [fd, openSync('/dev/null', 'r+')] as const);
  const pid = await spawnImage('/bin/sleep', ['sleep', '5'], descriptors);
  const first = waitAtMost(await libc(), pid, 10);
  process.kill(pid, 'SIGKILL');
  return [first, waitAtMost(await libc(), pid, 5000)];
}

async function fifo(): Promise<unknown> {
  const place = join(tmpdir(), `runnc-libc-${process.pid}`);
  await makeFifo(place);
  try {
    return [
      statSync(place).isFIFO(),
      statSync(place).mode & 0o777,
      String(await failed(() => makeFifo(place))).replace(place, 'it'),
    ];
  } finally {
    rmSync(place);
  }
}

async function inside(): Promise<unknown> {
  const folder = openSync('/etc', 'r');
  const fd = await openat2('opening', folder, '/../../passwd', { flags: 0, resolve: RESOLVE_IN_ROOT });
  const how = { flags: 0, resolve: RESOLVE_IN_ROOT };
  return [
    readFileSync(fd, 'utf8') === readFileSync('/etc/passwd', 'utf8'),
    await failed(() => openat2('opening', folder, 'no-such-file', how)),
  ];
}

function sockets(): unknown {
  const socket = call('making a socket', 'socket', 1, 1, 0); // AF_UNIX, SOCK_STREAM
  const name = Buffer.alloc(110);
  name.writeUInt16LE(1);
  name.write('/no/such/socket', 2);
  return [raw('connect', socket, name, name.length), raw('setsockopt', socket, 1, 9999, Buffer.alloc(4), 4)];
}

/** What they answered, the same on each run. */
export async function answers(): Promise<unknown> {
  const time = Buffer.alloc(16);
  const file = await memoryFile('ten', Buffer.from('0123456789'));
  const bytes = Buffer.from('at an address');
  return {
    clock: [raw('clock_gettime', 1, time).result, time.readBigInt64LE() > 0n, raw('clock_gettime', 999, time)],
    closed: raw('close', -1),
    far: raw('lseek', file, 5_000_000_000, 0),
    holes: [raw('lseek', file, 0, 3), raw('lseek', file, 10, 3)], // SEEK_DATA
    terminal: raw('ioctl', file, 0x5413, 'void *', Buffer.alloc(8)), // TIOCGWINSZ
    copy: call('copying a descriptor', 'fcntl', file, 1030, 'int', 200) >= 200, // F_DUPFD_CLOEXEC
    self: raw('syscall', 39, 'int', 0).result === process.pid || process.arch !== 'x64', // getpid
    control: raw('prctl', 3, 0, 0, 0, 0), // PR_GET_DUMPABLE
    namespace: raw('setns', file, 0),
    lock: raw('flock', file, 2 | 4),
    address: [typeof address(bytes), address(bytes.subarray(3)) - address(bytes)],
    ...{ spawned: await spawned(), pipes: await pipes(), sleeping: await sleeping(), fifo: await fifo(), inside: await inside() },
    sockets: sockets(),
  };
}
