/**
 * The plan for aarch64, and guests of aarch64 that its tape becomes: under qemu's emulator of user mode, which knows no filters.
 * Needs a cross compiler and qemu-aarch64-static; no root.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import * as tape from '../../core/launch/calls.ts';
import { fillManifest } from '../../core/launch/fill-manifest.ts';
import { mapProgram } from '../../core/launch/map-program.ts';
import { readProgram } from '../../core/launch/program.ts';
import { machines, play } from '../../core/launch/testing/play.ts';
import type { Launch, Unikernel } from '../../core/plugin.ts';
import { canCompileFor } from '../../scripts/compilers.mjs';
import { buildGuests } from '../../test/guests/build.mjs';
import { aarch64 } from '../arch-aarch64/aarch64.ts';
import { planLaunch } from './plan.ts';

const MiB = 2 ** 20;
const emulated = machines.find(({ name }) => name === 'aarch64');
const { architecture } = emulated ?? { architecture: aarch64({ pageSize: 4096, addressBits: 39 }) };
const unikernel: Unikernel = { name: 'solo5', abi: 'spt', devices: [], commandLine: '' };
let guests: string;

describe.skipIf(!canCompileFor('aarch64'))('spt on aarch64', () => {
  beforeAll(async () => {
    guests = await buildGuests('arm64');
  }, 60_000);

  function planOf(guest: string, commandLine = '', memory = 32 * MiB) {
    const path = join(guests, `${guest}.spt`);
    const fd = openSync(path, 'r');
    onTestFinished(() => closeSync(fd));
    const launch: Launch = {
      program: readProgram({ path, fd, size: fstatSync(fd).size }),
      unikernel,
      memory,
      hugePages: false,
      commandLine,
      blocks: [],
      network: { devices: [], nameServers: [], searchDomains: [] },
    };
    return planLaunch({ tape, fillManifest, mapProgram }, architecture, launch, { program: 4, free: 5 });
  }

  test('stack and argument are those of Solo5, and events of the wait set have their padding', () => {
    const { stack, argument, ops, policy } = planOf('hello');
    expect([stack, argument]).toEqual([BigInt(32 * MiB - 16), 0x11000n]);
    const [event] = ops.filter(({ call }) => call === 'epoll_ctl').map(({ args }) => args[3] as Uint8Array);
    expect(event).toHaveLength(16);
    // The thread pointer is a register of its own.
    expect(policy.map(({ call }) => call)).not.toContain('arch_prctl');
  });

  test('the program is one of aarch64', () => {
    const fd = openSync(join(guests, 'hello.spt'), 'r');
    onTestFinished(() => closeSync(fd));
    expect(readProgram({ path: '/hello', fd, size: fstatSync(fd).size }).elf.machine).toBe(architecture.elfMachine);
  });

  /** Becomes the guest, beginning as init leaves it: the program open as 4. */
  function become(guest: string, commandLine = '') {
    const { ops, entry, stack, argument, segments = [] } = planOf(guest, commandLine);
    const program = join(guests, `${guest}.spt`);
    const on = emulated as (typeof machines)[number];
    return play([tape.open(program, 0), ...ops], { enter: { entry, stack, argument }, segments, on });
  }

  describe.skipIf(!emulated)('under qemu-aarch64-static', () => {
    test('a guest has its command line byte for byte', () => {
      const commandLine = '{"a": "b\\"c",  "d":[1,2]}  --x=y';
      const output = `Hello from a unikernel\ncommand line: <${commandLine}>\n`;
      expect(become('hello', commandLine)).toEqual({ ended: 0, output, failure: undefined });
    });

    test('the end of a guest is the end of the process', () => {
      expect(become('exit-code', '42').ended).toBe(42);
      expect(become('crash').ended).toBe('SIGSEGV');
    });

    test('a guest starts with nothing in its registers but what Solo5 gives it, and the entry in x16', () => {
      const { output } = become('start-state');
      expect(output).toContain('argument: 0x11000\n');
      expect(output).toContain('stack below end: 0x10\n');
      expect(output).toMatch(/other registers in use: x16=0x1[0-9a-f]{5}\n$/);
    });

    test.each(['tls', 'fpu', 'clock'])('%s finds what it needs', (guest) => {
      expect(become(guest)).toMatchObject({ ended: 0, failure: undefined });
    });
  });
});
