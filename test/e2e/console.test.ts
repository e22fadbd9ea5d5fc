/** --console-socket: the guest's terminal, its master sent to the caller. */
import { closeSync, readlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { listenForConsole, readTerminal, terminalSize } from './console-socket.ts';
import { readProc } from './engine/processes.ts';
import { FakeShim } from './fake-shim.ts';
import { workplace } from './workplace.ts';

const place = workplace();
beforeAll(FakeShim.becomeSubreaper);
const done = { status: 0, stdout: '', stderr: '' };

/** Creates a container with a terminal. */
async function createWithTerminal(id: string, args: readonly string[]) {
  const process = { terminal: true, consoleSize: { height: 30, width: 101 } };
  const shim = new FakeShim(place, id, place.bundle(id, args, { process }));
  const socket = path.join(shim.bundle, 'console.sock');
  const server = listenForConsole(socket);
  onTestFinished(async () => {
    server.close();
    await shim.deleteForce();
  });
  const receiving = server.receive();
  expect(await shim.createWithConsole(socket)).toEqual(done);
  const master = await receiving;
  onTestFinished(() => closeSync(master));
  return { shim, master };
}

test('create ends with the terminal as 0, 1 and 2, in the size asked for', async () => {
  const { shim, master } = await createWithTerminal('sized', ['/sleep']);
  const files = [0, 1, 2].map((fd) => readlinkSync(`/proc/${shim.pid}/fd/${fd}`));
  expect(new Set(files).size).toBe(1);
  expect(files[0]).toMatch(/^(\/dev\/pts)?\/\d+$/);
  expect(terminalSize(master)).toEqual({ rows: 30, columns: 101 });
});

test('output comes through the terminal, which ends with the guest', async () => {
  const { shim, master } = await createWithTerminal('shown', ['/hello', 'on a terminal']);
  const text = readTerminal(master);
  expect(await shim.start()).toEqual(done);
  expect(await shim.wait()).toBe(0);
  expect(await text).toBe('Hello from a unikernel\r\ncommand line: <on a terminal>\r\n');
  expect(await shim.delete()).toEqual(done);
  expect(place.left()).toEqual([]);
});

test('ctrl-C on the terminal ends the guest with 130', async () => {
  const { shim, master } = await createWithTerminal('interrupted', ['/sleep']);
  await shim.start();
  // proc_pid_stat(5): controlling terminal and its foreground group.
  const fields = readProc(shim.pid, 'stat')
    .replace(/^.*\) /s, '')
    .split(' ');
  expect({ terminal: fields[4], group: fields[5] }).toEqual({
    terminal: expect.not.stringMatching(/^0$/),
    group: String(shim.pid),
  });
  writeSync(master, '\x03');
  expect(await shim.wait()).toBe(130);
});

test('a socket that nobody listens at is an error that ends, and leaves nothing', async () => {
  const shim = new FakeShim(place, 'unheard', place.bundle('unheard', ['/sleep'], { process: { terminal: true } }));
  const result = await shim.createWithConsole('/nowhere/console.sock');
  expect(result).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining('/nowhere/console.sock') });
  expect(shim.lastError).toContain('/nowhere/console.sock');
  expect(place.left()).toEqual([]);
});

test('a console socket without a terminal is refused', async () => {
  const shim = new FakeShim(place, 'without', place.bundle('without', ['/sleep']));
  const { status, stderr } = await shim.createWithConsole('/nowhere/console.sock');
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('process.terminal') });
  expect(place.left()).toEqual([]);
});
