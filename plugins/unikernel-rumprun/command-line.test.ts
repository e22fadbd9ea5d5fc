/** The command line, read back by a reader of its own: what comes out is what went in, or it was refused. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NetworkDevice } from '../../core/plugin.ts';
import { type RumprunOptions, rumprunCommandLine } from './command-line.ts';
import { runRumprun } from './testing/rumprun.ts';

const plain: RumprunOptions = {
  args: ['/app'],
  env: [],
  cwd: '/',
  hostname: undefined,
  network: undefined,
  mountPoint: undefined,
};
const build = (options: Partial<RumprunOptions>) => rumprunCommandLine({ ...plain, ...options }).text;
const code = (run: () => unknown): unknown => {
  try {
    return run() === undefined ? undefined : 'accepted';
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

// Characters that mean something to somebody come as often as all others together.
const special = fc.constantFrom(...' \t\n\r"\'\\{}[]:,$=/-_ü€🙂'.split(/(?:)/u));
const text = fc
  .array(
    fc.oneof(
      special,
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).filter((c) => !c.includes('\0')),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const variable = fc.tuple(fc.stringMatching(/^[A-Za-z_]\w{0,8}$/), text).map(([name, value]) => `${name}=${value}`);

test('any arguments, variables and working directory arrive intact or are refused', () => {
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 6 }),
      fc.array(fc.oneof(variable, text), { maxLength: 6 }),
      text,
      text,
      (args, env, cwd, hostname) => {
        let line: string;
        try {
          line = build({ args, env, cwd: `/${cwd}`, hostname });
        } catch (error) {
          expect((error as { code?: unknown }).code).toBe('ERR_COMMAND_LINE');
          return;
        }
        const got = runRumprun(line);
        expect(got.programs).toEqual([args]);
        expect(got.env).toEqual(
          new Map(env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)])),
        );
        expect(got.cwd).toBe(`/${cwd}`);
        expect(got.hostname).toBe(hostname);
      },
    ),
    { numRuns: 3000 },
  );
});

test('what rumprun can express is not refused', () => {
  const expressible = fc.array(text, { minLength: 1, maxLength: 6 }).filter((args) => {
    const all = args.join('');
    return !(all.includes("'") && /["\\]/.test(all)) && !all.includes('_RUMPRUN');
  });
  const env = fc.array(
    variable.filter((entry) => !/["\\]/.test(entry)),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(expressible, env, (args, variables) => {
      expect(runRumprun(build({ args, env: variables })).programs).toEqual([args]);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  [{ args: ['/app', 'it\'s "quoted"'] }, `the argument "it's \\"quoted\\""`],
  [{ args: ['/app', "it's", 'C:\\dir'] }, `the arguments "it's" and "C:\\\\dir" at once`],
  [{ env: ['A="b"'] }, 'the environment variable "A=\\"b\\""'],
  [{ env: ['PATH'] }, 'the environment variable "PATH", which is not NAME=VALUE'],
  [{ cwd: '/a\\b' }, 'the working directory "/a\\\\b"'],
  [{ args: ['/app', '_RUMPRUN_ROOTFSCFG=/etc/passwd'] }, '_RUMPRUN_ROOTFSCFG='],
])('%j is refused and named', (options, named) => {
  expect(() => build(options)).toThrow(named);
  expect(code(() => build(options))).toBe('ERR_COMMAND_LINE');
});

test('keys come in the order in which they have to be executed', () => {
  const line = build({
    env: ['A=b', 'A=c'],
    hostname: 'h',
    cwd: '/data',
    mountPoint: '/',
    network: device({ addresses: ['10.0.0.2/8'] }),
  });
  expect(runRumprun(line)).toMatchObject({
    order: ['hostname', 'env', 'env', 'net', 'blk', 'cwd', 'cmdline'],
    blocks: [{ source: 'etfs', path: '/dev/ld0a', fstype: 'blk', mountpoint: '/' }],
    cwd: '/data',
  });
});

const device = (network: Partial<NetworkDevice>): NetworkDevice =>
  ({ name: 'tap', tap: 'tap0', mac: '02:00:00:00:00:01', mtu: 1500, addresses: [], routes: [], ...network }) as NetworkDevice;
const nets = (network: Partial<NetworkDevice>) => runRumprun(build({ network: device(network) })).nets;

test('each address is a net key with its own prefix length, and the gateway goes with the last of its family', () => {
  const shared = { if: 'ukvmif0', method: 'static' };
  expect(
    nets({
      addresses: ['172.17.0.2/16', '10.1.2.3/27', 'fe80::42/64', '2001:db8::2/64'],
      routes: [
        { destination: '0.0.0.0/0', gateway: '172.17.0.1' },
        { destination: '::/0', gateway: '2001:db8::1' },
      ],
    }),
  ).toEqual([
    { ...shared, cloner: 'True', type: 'inet', addr: '172.17.0.2', mask: '16' },
    { ...shared, type: 'inet', addr: '10.1.2.3', mask: '27', gw: '172.17.0.1' },
    { ...shared, type: 'inet6', addr: '2001:db8::2', mask: '64', gw: '2001:db8::1' },
  ]);
});

test('without a gateway the key is left out, and without addresses there is no net key', () => {
  expect(nets({ addresses: ['10.0.0.2/24'] })[0]).not.toHaveProperty('gw');
  expect(nets({})).toEqual([]);
});

test('a gateway that is on none of its networks is refused with a hint', () => {
  const network = device({ addresses: ['10.0.0.2/32'], routes: [{ destination: '0.0.0.0/0', gateway: '169.254.1.1' }] });
  expect(code(() => build({ network }))).toBe('ERR_DEVICE');
});

test('what cannot be told is a warning', () => {
  const network = device({
    addresses: ['10.0.0.2/24', '2001:db8::2/64'],
    routes: [
      { destination: '192.168.0.0/16', gateway: '10.0.0.9' },
      { destination: '::/0', gateway: 'fe80::1' },
    ],
  });
  expect(rumprunCommandLine({ ...plain, network }).warnings).toEqual([
    expect.stringContaining('fe80::1'),
    expect.stringContaining('192.168.0.0/16'),
  ]);
});
