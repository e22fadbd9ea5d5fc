import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Op } from '../plugin.ts';
import { CLONE } from './calls.ts';
import type { InitOptions } from './init/options.ts';
import { rlimitNumbers } from './init/process.ts';
import { initTape } from './init-tape.ts';
import { descriptor } from './protocol.ts';
import { assembleTape } from './tape.ts';
import { architecture } from './testing/play.ts';

const plain: InitOptions = {
  directory: '/run/runnc/test',
  architecture,
  cgroup: { tasks: [], unified: undefined },
  namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'network' }, { type: 'time' }],
  timeOffsets: { monotonic: 0n, boottime: 0n },
  hostname: undefined,
  domainname: undefined,
  sysctl: {},
  rlimits: [],
  oomScoreAdj: undefined,
  user: { uid: 0, gid: 0, additionalGids: [] },
  terminal: false,
  sessionKeyring: undefined,
  pivot: true,
  root: [],
  execLabel: undefined,
  open: [],
  openInside: [],
  name: 'test',
};

const tapeOf = (change: Partial<InitOptions> = {}) => initTape({ ...plain, ...change });
const indexOf = (ops: readonly Op[], label: string | RegExp) =>
  ops.findIndex((op) => (typeof label === 'string' ? op.label === label : label.test(op.label)));
const textsOf = (ops: readonly Op[]) =>
  ops.flatMap(({ args }) => args.flatMap((arg) => (arg instanceof Uint8Array ? [new TextDecoder().decode(arg)] : [])));
const labels = (ops: readonly Op[], pattern: RegExp) => ops.map(({ label }) => label).filter((label) => pattern.test(label));

test('whatever the clocks say, the offsets are what was asked, with nanoseconds that are none too many', () => {
  const offset = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n });
  fc.assert(
    fc.property(offset, offset, (monotonic, boottime) => {
      const texts = textsOf(tapeOf({ timeOffsets: { monotonic, boottime } }));
      const lines = texts.find((text) => text.startsWith('monotonic'))?.split('\n') ?? [];
      const said = lines.slice(0, 2).map((line) => {
        const [clock, seconds = '', nanoseconds = ''] = line.split(' ');
        expect(nanoseconds).toMatch(/^\d{1,9}$/);
        return [clock, BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)];
      });
      expect(said).toEqual([
        ['monotonic', monotonic],
        ['boottime', boottime],
      ]);
    }),
  );
});

test('without a new time namespace no clock is set', () => {
  expect(labels(tapeOf({ namespaces: [{ type: 'pid' }, { type: 'time', path: '/proc/1/ns/time' }] }), /clocks/)).toEqual([]);
});

test('new namespaces are made by one call, among them always that of mounts', () => {
  const flagsOf = (namespaces: InitOptions['namespaces']) => {
    const ops = tapeOf({ namespaces });
    return ops.filter(({ call }) => call === 'unshare').map(({ args }) => args[0]);
  };
  expect(flagsOf([])).toEqual([CLONE.newMount]);
  expect(flagsOf([{ type: 'mount' }])).toEqual([CLONE.newMount]);
  expect(flagsOf([{ type: 'mount', path: '/proc/1/ns/mnt' }, { type: 'uts' }])).toEqual([CLONE.newMount | CLONE.newUts]);
  expect(flagsOf(plain.namespaces)).toEqual([CLONE.newPid | CLONE.newMount | CLONE.newNet | CLONE.newTime]);
});

test('namespaces are joined before others are made, each under its name', () => {
  const network = { type: 'network', path: '/var/run/netns/pod' } as const;
  const ops = tapeOf({ namespaces: [{ type: 'pid' }, network, { type: 'ipc', path: '/proc/7/ns/ipc' }] });
  expect(labels(ops, /joining/)).toEqual([
    'joining the network namespace /var/run/netns/pod',
    'joining the ipc namespace /proc/7/ns/ipc',
  ]);
  expect(ops.find(({ call }) => call === 'setns')?.args[1]).toBe(CLONE.newNet);
  expect(indexOf(ops, /^joining the ipc/)).toBeLessThan(indexOf(ops, 'making namespaces'));
});

test('the loopback interface is brought up where the network is new, and left alone where it is joined', () => {
  const loopback = /loopback/;
  expect(labels(tapeOf(), loopback)).not.toEqual([]);
  expect(labels(tapeOf({ namespaces: [{ type: 'network', path: '/proc/1/ns/net' }] }), loopback)).toEqual([]);
  expect(labels(tapeOf({ namespaces: [{ type: 'pid' }] }), loopback)).toEqual([]);
});

test('init alone gets into the cgroup, of version 1 by writing, of version 2 by birth, and then makes the namespace', () => {
  const namespaces = [{ type: 'cgroup' }, { type: 'pid' }] as const;
  const first = tapeOf({ namespaces, cgroup: { tasks: ['/sys/fs/cgroup/memory/c/tasks'], unified: undefined } });
  expect(first.find(({ call }) => call === 'unshare')?.args[0]).toBe(CLONE.newPid | CLONE.newMount);
  expect(first.findIndex(({ call }) => call === 'clone')).toBeLessThan(indexOf(first, /^joining the cgroup/));
  expect(indexOf(first, /^joining the cgroup/)).toBeLessThan(indexOf(first, 'making the cgroup namespace'));
  const second = tapeOf({ namespaces, cgroup: { tasks: [], unified: '/sys/fs/cgroup/c' } });
  expect(second.filter(({ call }) => call === 'clone')).toEqual([]);
  expect(second.findIndex(({ call }) => call === 'clone3')).toBeLessThan(indexOf(second, 'making the cgroup namespace'));
});

test('files get the numbers that follow each other, those opened inside after those opened outside', () => {
  const open = ['/a', '/b'].map((path) => ({ name: path, path, flags: 0 }));
  const openInside = [{ name: 'tap', path: '/dev/net/tun', flags: 2 }];
  const ops = tapeOf({ open, openInside });
  const [outside, inside] = [indexOf(ops, 'opening /a'), indexOf(ops, 'opening /dev/net/tun')];
  const clone = ops.findIndex(({ call }) => call === 'clone');
  const closed = ops
    .map(({ call, args }, index) => ({ call, index, from: args[0] }))
    .filter(({ call }) => call === 'close_range');
  // All that was inherited, before the first; all that the launcher opened for itself, before the next.
  expect(closed.map(({ from }) => from)).toEqual([descriptor.firstFree, descriptor.tender + 1, descriptor.firstFree + 2]);
  expect([(closed[1]?.index ?? 0) < outside, outside < clone, clone < inside]).toEqual([true, true, true]);
});

test('privileges are lost after everything that needs them, and before the guest', () => {
  const ops = tapeOf({ user: { uid: 7, gid: 8, additionalGids: [9] } });
  const order = [
    'waiting for start',
    'setting additional groups',
    'becoming group 8',
    'becoming user 7',
    'dropping capabilities',
    'setting no_new_privs',
    'starting the tender',
  ];
  const found = order.map((label) => indexOf(ops, label));
  expect(found).toEqual([...found].sort((a, b) => a - b));
  expect(found).not.toContain(-1);
  expect(labels(ops, /^dropping capability \d+$/)).toHaveLength(41);
});

test('the parent of the first process tells its number and ends', () => {
  const ops = tapeOf();
  const clone = ops.find(({ call }) => call === 'clone');
  const after = ops.findIndex(({ mark }) => mark !== undefined && mark === clone?.branch);
  expect(ops.slice(after).map(({ label }) => label)).toEqual(['telling the process id', 'ending']);
  expect(ops[after - 1]?.label).toBe('starting the tender');
});

test('sysctls, names, limits and the score are set by their names', () => {
  const ops = tapeOf({
    sysctl: { 'net.ipv4.ip_unprivileged_port_start': '0' },
    hostname: 'host',
    domainname: 'domain',
    oomScoreAdj: -5,
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1n, hard: 2n }],
  });
  expect(ops.flatMap(({ args }) => args)).toEqual(
    expect.arrayContaining(['/proc/sys/net/ipv4/ip_unprivileged_port_start', '/proc/self/oom_score_adj']),
  );
  expect(labels(ops, /host name|domain name|RLIMIT|sysctl/)).toEqual([
    'setting the host name to host',
    'setting the domain name to domain',
    ...Array(3).fill('setting the sysctl net.ipv4.ip_unprivileged_port_start to 0'),
    'setting the limit RLIMIT_NOFILE',
  ]);
});

test('the root is left by pivot_root, or where that is not possible by moving the mount', () => {
  expect(tapeOf().map(({ call }) => call)).toContain('pivot_root');
  const calls = tapeOf({ pivot: false }).map(({ call }) => call);
  expect(calls).not.toContain('pivot_root');
  expect(calls).toContain('chroot');
});

test('every limit that config.json may name has its number', () => {
  const schema = readFileSync(new URL('../oci/process.schema.json', import.meta.url), 'utf8');
  expect(Object.keys(rlimitNumbers).sort()).toEqual([...new Set(schema.match(/RLIMIT_[A-Z]+/g))].sort());
  expect(new Set(Object.values(rlimitNumbers)).size).toBe(16);
});

test('any combination can be laid out', () => {
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const type = fc.constantFrom('pid', 'network', 'ipc', 'uts', 'mount', 'cgroup', 'time');
  const files = fc.array(fc.record({ name: fc.string(), path: fc.string(), flags: fc.nat() }), { maxLength: 3 });
  const options = fc.record({
    namespaces: fc.uniqueArray(type.chain((type) => fc.constantFrom({ type }, { type, path: '/proc/1/ns/x' }))),
    hostname: maybe(fc.string()),
    execLabel: maybe(fc.string()),
    sessionKeyring: maybe(fc.string()),
    oomScoreAdj: maybe(fc.integer()),
    terminal: fc.boolean(),
    pivot: fc.boolean(),
    open: files,
    openInside: files,
    cgroup: fc.record({ tasks: fc.array(fc.string()), unified: maybe(fc.string()) }),
  });
  fc.assert(
    fc.property(options, (change) => {
      const ops = tapeOf(change as Partial<InitOptions>);
      expect(assembleTape({ architecture, number: 1, reportTo: 3, ops }).labels).toHaveLength(ops.length);
    }),
  );
});
