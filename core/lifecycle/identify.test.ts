/** Which program and which tender: by name, by what is allowed, and by what this machine has. */
import { closeSync, mkdtempSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { defaults } from '../../config/defaults.ts';
import { RunncError } from '../errors.ts';
import { encodeElf, solo5Elf } from '../launch/elf.fixture.ts';
import type { Container, Program, Unikernel } from '../plugin.ts';
import { identify } from './identify.ts';
import type { Runtime } from './runtime/runtime.ts';

const spt = encodeElf(solo5Elf([], 2));
const hvt = encodeElf(solo5Elf([], 1));
const virtio = encodeElf(solo5Elf([], 3));
const nothing = Buffer.from('not a program');
/** For a plugin of somebody else's. */
const foreign = Buffer.from('a kernel');

/** Plugins that know the two tenders, on a machine that may lack what hvt needs. */
function runtimeOn(kvm: boolean): Runtime {
  const abis = new Map([
    [1, 'hvt'],
    [2, 'spt'],
    [3, 'virtio'],
  ]);
  const unikernel = async ({ solo5, fd, elf }: Program) => {
    const known = { name: 'solo5', abi: abis.get(solo5.abi?.target ?? 0), devices: [], commandLine: '' };
    if (solo5.abi) return known;
    const magic = Buffer.alloc(foreign.length);
    readSync(fd, magic, 0, magic.length, 0);
    return elf.machine === 0 && magic.equals(foreign) ? { ...known, name: 'kernel', abi: 'kernel' } : undefined;
  };
  const tender = async (_program: Program, { abi }: Unikernel) => {
    if (abi === 'hvt' && !kvm) {
      throw new RunncError('ERR_NO_TENDER', 'a Solo5 hvt unikernel needs KVM, and this machine has no /dev/kvm', {
        hint: 'get one',
      });
    }
    return abi === 'virtio' ? undefined : { name: abi, open: [] };
  };
  return {
    architecture: async () => ({ name: 'amd64', elfMachine: 62 }),
    hooks: { unikernel: { promise: unikernel }, tender: { promise: tender } },
  } as unknown as Runtime;
}

interface Asked {
  readonly kvm?: boolean;
  readonly preferred?: string;
  readonly allowed?: readonly string[];
  readonly name?: string;
  readonly programs?: NonNullable<Container['metadata']['programs']>;
}

/** `PATH by TENDER`, or the error's sentence. */
async function chosen(
  files: Readonly<Record<string, Uint8Array>>,
  { kvm = true, preferred, allowed, name = '/app', programs }: Asked = {},
) {
  const rootfs = mkdtempSync(path.join(tmpdir(), 'runnc-identify-'));
  onTestFinished(() => rmSync(rootfs, { recursive: true }));
  for (const [file, content] of Object.entries(files)) writeFileSync(path.join(rootfs, file), content);
  const container: unknown = { rootfs, args: [name, 'argument'], env: [], cwd: '/', metadata: programs ? { programs } : {} };
  try {
    const identified = await identify(runtimeOn(kvm), container as Container, { ...defaults, tender: { preferred, allowed } });
    closeSync(identified.program.fd);
    return `${identified.program.path} by ${identified.tender.name}`;
  } catch (error) {
    if (!(error instanceof RunncError)) throw error;
    return `${error.code}: ${error.sentence}`;
  }
}

const both = { app: spt, 'app.spt': spt, 'app.hvt': hvt };

test.each<[string, Asked, string]>([
  ['nothing said: the name as it stands', {}, '/app by spt'],
  ['hvt is preferred', { preferred: 'hvt' }, '/app.hvt by hvt'],
  ['spt is preferred', { preferred: 'spt' }, '/app.spt by spt'],
  ['hvt is preferred and the name says spt', { preferred: 'hvt', name: '/app.spt' }, '/app.hvt by hvt'],
  ['hvt is preferred and there is no KVM', { preferred: 'hvt', kvm: false }, '/app by spt'],
  ['only hvt is allowed', { allowed: ['hvt'] }, '/app.hvt by hvt'],
  ['the name says hvt and there is no KVM', { name: '/app.hvt', kvm: false }, '/app.spt by spt'],
])('an image with both: %s', async (_, asked, expected) => {
  expect(await chosen(both, asked)).toBe(expected);
});

const programs = [
  { tender: 'spt', path: '/process' },
  { tender: 'hvt', path: '/machine' },
];
test.each<[string, Asked, string]>([
  ['nothing said: the first', {}, '/process by spt'],
  ['hvt is preferred', { preferred: 'hvt' }, '/machine by hvt'],
  ['hvt is preferred and there is no KVM', { preferred: 'hvt', kvm: false }, '/process by spt'],
  ['only hvt is allowed', { allowed: ['hvt'] }, '/machine by hvt'],
])('an image that lists its programs: %s', async (_, asked, expected) => {
  expect(await chosen({ process: spt, machine: hvt }, { ...asked, programs })).toBe(expected);
});

test('an image that lists programs of which none may be started is told of them', async () => {
  expect(await chosen({ process: spt }, { programs, allowed: ['hvt'] })).toMatch(
    /^ERR_NO_TENDER: \/process needs the tender spt, which/,
  );
  expect(await chosen({}, { programs })).toMatch(/^ERR_NO_PROGRAM: .*\/process/);
});

test('an image with no program of the plain name has one for a tender', async () => {
  expect(await chosen({ 'app.hvt': hvt })).toBe('/app.hvt by hvt');
  expect(await chosen({ 'app.spt': spt, 'app.hvt': hvt }, { preferred: 'hvt' })).toBe('/app.hvt by hvt');
});

test('a file that merely has such a name takes no program its place', async () => {
  expect(await chosen({ app: spt, 'app.hvt': nothing }, { preferred: 'hvt' })).toBe('/app by spt');
});

test('a plugin recognises what is no ELF file, and the tender for it is chosen as any other', async () => {
  expect(await chosen({ app: foreign })).toBe('/app by kernel');
  expect(await chosen({ app: foreign }, { allowed: ['spt'] })).toMatch(/^ERR_NO_TENDER: \/app needs the tender kernel, which/);
});

test.each<[string, Readonly<Record<string, Uint8Array>>, Asked, string | RegExp]>([
  ['there is no KVM', { app: hvt }, { kvm: false }, /^ERR_NO_TENDER: a Solo5 hvt .* has no \/dev\/kvm; get one$/],
  [
    'there is no KVM, and the other program is not allowed',
    { app: spt, 'app.hvt': hvt },
    { kvm: false, allowed: ['hvt'] },
    'ERR_NO_TENDER: /app needs the tender spt, which runnc.config does not allow; and a Solo5 hvt unikernel needs KVM, and this ' +
      'machine has no /dev/kvm; build it for hvt, or add spt to tender.allowed',
  ],
  ['no tender is for it', { app: virtio }, {}, /no tender that is loaded starts virtio programs; build it for spt, or add a/],
  ['the one asked for is no program', { app: nothing, 'app.hvt': hvt }, {}, /^ERR_NOT_A_UNIKERNEL: program "\/app" is/],
  ['nothing is there', {}, { preferred: 'hvt' }, /^ERR_NO_PROGRAM: program "\/app" is not in the image \(looked for "\/app"\)/],
])('%s: the error says so', async (_, files, asked, expected) => {
  expect(await chosen(files, asked)).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
});
