import { expect, test } from 'vitest';
import { RunncError } from '../errors.ts';
import { checkSpec } from './checks.ts';
import { defaultSpec } from './default-spec.ts';
import type { Linux, Process, Spec } from './types.ts';

const spec = (change: Partial<Spec>): Spec => ({ ...defaultSpec(), ...change });
const process = (change: Partial<Process>): Spec => spec({ process: { ...defaultSpec().process, ...change } });
const linux = (change: Linux): Spec => spec({ linux: { ...defaultSpec().linux, ...change } });
const only = (...types: readonly ('network' | 'ipc' | 'uts' | 'time')[]) => types.map((type) => ({ type }));

const refused: readonly (readonly [what: string, Spec, sentence: string])[] = [
  ['no version', spec({ ociVersion: 'one' }), 'ociVersion must be a version such as "1.2.0", not "one"'],
  ['a version to come', spec({ ociVersion: '2.0.0' }), 'ociVersion "2.0.0" is not supported; runnc reads versions 1.x'],
  ['a version before the first', spec({ ociVersion: '0.9.0' }), 'ociVersion "0.9.0" is not supported; runnc reads versions 1.x'],
  ['a program without a name', process({ args: [''] }), 'process.args[0] must name a program, not be empty'],
  ['a relative working directory', process({ cwd: 'srv' }), 'process.cwd must be an absolute path, not "srv"'],
  ['an environment entry without =', process({ env: ['A=1', 'B'] }), 'process.env[1] must be NAME=value, not "B"'],
  ['an environment entry without a name', process({ env: ['=1'] }), 'process.env[0] must be NAME=value, not "=1"'],
  [
    'a limit given twice',
    process({ rlimits: [...'ab'].map(() => ({ type: 'RLIMIT_CORE' as const, soft: 0, hard: 0 })) }),
    'process.rlimits[1]: RLIMIT_CORE is given twice',
  ],
  [
    'a soft limit above the hard one',
    process({ rlimits: [{ type: 'RLIMIT_CORE', soft: 2, hard: 1 }] }),
    'process.rlimits[0]: the soft limit 2 of RLIMIT_CORE is above the hard limit 1',
  ],
  [
    'a hook with a relative path',
    spec({ hooks: { poststop: [{ path: '/bin/true' }, { path: 'hook' }] } }),
    'hooks.poststop[1].path must be an absolute path, not "hook"',
  ],
  [
    'a namespace given twice',
    linux({ namespaces: [{ type: 'pid' }, { type: 'uts' }, { type: 'pid', path: '/p' }] }),
    'linux.namespaces[2]: the pid namespace is given twice',
  ],
  [
    'a namespace at a relative path',
    linux({ namespaces: [{ type: 'uts' }, { type: 'network', path: 'netns' }] }),
    'linux.namespaces[1].path must be an absolute path, not "netns"',
  ],
  [
    'a hostname without its namespace',
    spec({ hostname: 'h', linux: {} }),
    'hostname needs a uts namespace; add { "type": "uts" } to linux.namespaces',
  ],
  ['a hostname that is too long', spec({ hostname: 'é'.repeat(33) }), 'hostname is longer than 64 bytes'],
  [
    'offsets of a clock that does not exist',
    linux({ timeOffsets: { realtime: {} } }),
    'linux.timeOffsets: "realtime" is not a clock; the clocks are boottime and monotonic',
  ],
  [
    'offsets without a time namespace',
    linux({ timeOffsets: { monotonic: { secs: 1 } } }),
    'linux.timeOffsets needs a time namespace; add { "type": "time" } to linux.namespaces',
  ],
  [
    'offsets in a joined time namespace',
    linux({ namespaces: [{ type: 'uts' }, { type: 'time', path: '/t' }], timeOffsets: { boottime: {} } }),
    'linux.timeOffsets cannot be set in a time namespace that is joined by path',
  ],
  [
    'a number that JSON.parse has rounded in a filter',
    linux({
      seccomp: {
        defaultAction: 'SCMP_ACT_ERRNO',
        syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 2 ** 53, op: 'SCMP_CMP_EQ' }] }],
      },
    }),
    'linux.seccomp.syscalls[0].args[0]: values above 2^53 are not supported',
  ],
  [
    "the host's parameter",
    linux({ sysctl: { 'vm.swappiness': '1' } }),
    'linux.sysctl["vm.swappiness"] is not a parameter of a namespace',
  ],
  [
    'a way out of /proc/sys',
    linux({ sysctl: { 'net.//.//.x': '1' } }),
    'linux.sysctl["net.//.//.x"] is not the name of a kernel parameter',
  ],
  [
    'the hostname as a parameter',
    linux({ sysctl: { 'kernel/hostname': 'h' } }),
    'linux.sysctl["kernel/hostname"] is set by hostname; use hostname',
  ],
  [
    "the network's parameter without its namespace",
    linux({ namespaces: only('uts'), sysctl: { 'net.ipv4.ip_forward': '1' } }),
    'linux.sysctl["net.ipv4.ip_forward"] needs a namespace of type network; add { "type": "network" } to linux.namespaces',
  ],
  [
    'the parameter of the network that runnc itself is in',
    linux({
      namespaces: [...only('uts'), { type: 'network', path: '/proc/self/ns/net' }],
      sysctl: { 'net.core.somaxconn': '1' },
    }),
    'linux.sysctl["net.core.somaxconn"] would change the host\'s network',
  ],
  [
    "the ipc namespace's parameter without it",
    linux({ namespaces: only('uts'), sysctl: { 'kernel.shmmax': '1' } }),
    'linux.sysctl["kernel.shmmax"] needs a namespace of type ipc; add { "type": "ipc" } to linux.namespaces',
  ],
];

test.each(refused)('%s is refused', (_what, given, sentence) => {
  expect(() => checkSpec(given)).toThrow(RunncError);
  try {
    checkSpec(given);
  } catch (error) {
    expect((error as RunncError).sentence).toBe(`config.json: ${sentence}`);
  }
});

test.each([
  ['a user namespace', linux({ namespaces: [{ type: 'uts' }, { type: 'user' }] }), 'linux.namespaces'],
  ['mapped users', linux({ uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }] }), 'linux.uidMappings'],
  ['mapped groups', linux({ gidMappings: [{ containerID: 0, hostID: 1000, size: 1 }] }), 'linux.gidMappings'],
])('%s is not supported', (_what, given, where) => {
  expect(() => checkSpec(given)).toThrow(
    expect.objectContaining({ code: 'ERR_UNSUPPORTED', message: `config.json: ${where}: user namespaces are not supported yet` }),
  );
});

test.each([
  ['no linux part', { ociVersion: '1.0.2-dev', process: { args: ['a'], cwd: '/' }, root: { path: '/' } }],
  ['a release candidate', spec({ ociVersion: '1.0.0-rc5+dev' })],
  ['empty id mappings', linux({ uidMappings: [], gidMappings: [] })],
  [
    'parameters of own namespaces',
    linux({ sysctl: { 'net/ipv4/conf/eth0.100/rp_filter': '1', 'kernel.domainname': 'd', 'fs.mqueue.msg_max': '1' } }),
  ],
  [
    'a network parameter in a joined namespace',
    linux({ namespaces: [...only('uts'), { type: 'network', path: '/nowhere' }], sysctl: { 'net.a': '' } }),
  ],
  ['offsets of the clocks', linux({ namespaces: only('uts', 'time'), timeOffsets: { monotonic: { secs: -1 } } })],
  ['no limit', process({ rlimits: [{ type: 'RLIMIT_CORE', soft: 2 ** 64, hard: 2 ** 64 }] })],
] as const)('%s is accepted', (_what, given) => {
  checkSpec(given);
});
