/** The tender's plan, and guests that its tape becomes. Needs gcc for the guests; no root. */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { builtIn } from '../../config/registry.ts';
import * as tape from '../../core/launch/calls.ts';
import { readProgram } from '../../core/launch/program.ts';
import { tenderTape } from '../../core/launch/tender-tape.ts';
import { architecture, playImage } from '../../core/launch/testing/play.ts';
import { Runtime } from '../../core/lifecycle/runtime/runtime.ts';
import type { Launch, TapePlan, Tender, Unikernel } from '../../core/plugin.ts';
import { recordingLog } from '../../core/testing/log.ts';
import { buildGuests } from '../../test/guests/build.mjs';

const MiB = 2 ** 20;
let guests: string;

beforeAll(async () => {
  guests = await buildGuests();
}, 60_000);

const unikernel: Unikernel = { name: 'solo5', abi: 'spt', devices: [], commandLine: '' };

function programOf(guest: string) {
  const path = join(guests, `${guest}.spt`);
  const fd = openSync(path, 'r');
  onTestFinished(() => closeSync(fd));
  return readProgram({ path, fd, size: fstatSync(fd).size });
}

async function tenderFor(abi: string, guest = 'hello'): Promise<Tender | undefined> {
  const { hooks } = new Runtime({ plugins: builtIn, log: recordingLog(), cacheDirectory: '/nonexistent' });
  return hooks.tender.promise(programOf(guest), { ...unikernel, abi }, architecture);
}

async function planOf(guest: string, commandLine = '', memory = 32 * MiB): Promise<TapePlan> {
  const tender = (await tenderFor('spt', guest)) as Tender;
  const launch: Launch = {
    program: programOf(guest),
    unikernel,
    memory,
    hugePages: false,
    commandLine,
    blocks: [],
    network: { devices: [], nameServers: [], searchDomains: [] },
  };
  return (await tender.plan(launch, { program: 4, free: 5 })) as TapePlan;
}

/** Classic BPF that allows everything: RET with SECCOMP_RET_ALLOW (linux/filter.h, linux/seccomp.h). */
const allowAll = Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f);

/** Becomes the guest, beginning as init leaves it: the program open as 4, no new privileges. */
async function become(guest: string, commandLine?: string, memory?: number) {
  const plan = await planOf(guest, commandLine, memory);
  const program = join(guests, `${guest}.spt`);
  const ops = [tape.open(program, 0), tape.noNewPrivileges(), ...plan.ops];
  const image = tenderTape({ plan: { ...plan, ops }, architecture, name: guest, filter: allowAll, profile: undefined });
  return playImage(image, { number: 2, input: 'nobody reads this' });
}

test('spt programs are taken, and no others', async () => {
  expect(await tenderFor('spt')).toMatchObject({ name: 'spt', open: [] });
  expect((await tenderFor('hvt'))?.name).not.toBe('spt');
});

test('a guest has its command line byte for byte', async () => {
  const commandLine = '{"a": "b\\"c",  "d":[1,2]}  --x=y';
  expect(await become('hello', commandLine)).toEqual({
    ended: 0,
    output: `Hello from a unikernel\ncommand line: <${commandLine}>\n`,
    failure: undefined,
  });
});

test('the end of a guest is the end of the process', async () => {
  expect((await become('exit-code', '42')).ended).toBe(42);
  expect((await become('crash')).ended).toBe('SIGSEGV');
});

test('a guest starts with nothing in its registers but what Solo5 gives it', async () => {
  const { output } = await become('start-state', '', 33 * MiB + 5000);
  expect(output).toContain(`memory size: 0x${(33 * MiB + 4096).toString(16)}\n`);
  expect(output).toContain('argument: 0x11000\n');
  expect(output).toContain('stack below end: 0x8\n');
  expect(output).toMatch(/other registers in use:( rcx=0x[0-9a-f]+)?\n$/);
});

test.each(['tls', 'fpu', 'clock', 'probe-memory'])('%s finds what it needs', async (guest) => {
  expect(await become(guest)).toMatchObject({ ended: 0, failure: undefined });
});

test('memory smaller than the program is refused with a hint', async () => {
  await expect(planOf('hello', '', MiB + 4096)).rejects.toMatchObject({
    code: 'ERR_MEMORY',
    message: expect.stringMatching(/^the unikernel's program ends at 0x1[0-9a-f]+ and its memory already at 0x101000$/),
    hint: 'give the container more memory',
  });
});

test('memory ends below the launcher, which maps it', async () => {
  const { stack, ops } = await planOf('hello', '', 2 * architecture.launcherBase);
  const end = architecture.launcherBase;
  expect(stack).toBe(BigInt(end - architecture.stackGap));
  const mapped = ops.filter(({ call }) => call === 'mmap').map(({ args: [address, size] }) => Number(address) + Number(size));
  expect(Math.max(...mapped)).toBe(end);
});

test('the policy is what every guest may call, pinned to its descriptors', async () => {
  const { policy } = await planOf('hello');
  const pinned = policy.map(({ call, when = [] }) =>
    [call, ...when.map(({ arg, op, value }) => `${arg} ${op} ${value}`)].join(' '),
  );
  expect(pinned.sort()).toEqual(
    [
      'clock_gettime 0 == 0',
      'clock_gettime 0 == 1',
      'epoll_pwait 0 == 5',
      'exit_group',
      'timerfd_settime 0 == 6',
      'write 0 == 1',
      ...(architecture.name === 'amd64' ? ['arch_prctl 0 == 4098'] : []),
    ].sort(),
  );
});
