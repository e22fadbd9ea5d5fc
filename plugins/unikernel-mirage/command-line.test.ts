/** The command line, split again as each version of MirageOS does: what comes out is what went in, or it was refused. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NetworkDevice } from '../../core/plugin.ts';
import { type MirageOptions, mirageCommandLine } from './command-line.ts';

const build = (options: Partial<MirageOptions>) =>
  mirageCommandLine({ args: [], hostname: undefined, devices: [], has: undefined, ...options }).text;

/** mirage-bootvar parse_argv, 2020 and later: blanks, double quotes, backslashes. Throws where the unikernel would end. */
function splitNow(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let state: 'normal' | 'quoted' = 'normal';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '\\') {
      if (++at === text.length) throw new Error('bad input line');
      word += text[at];
    } else if (character === '"') state = state === 'normal' ? 'quoted' : 'normal';
    else if (character === ' ' && state === 'normal') {
      words.push(word);
      word = '';
    } else word += character;
  }
  if (state === 'quoted') throw new Error('bad input line');
  return [...words, word].filter((each) => each !== '');
}

/** parse-argv of 2016: all ASCII blanks, single quotes too, and no way to nest them. */
function splitThen(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (quote !== "'" && character === '\\') {
      if (++at === text.length) throw new Error('Invalid escaping at end of string');
      word += text[at];
    } else if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (quote === '' && /[ \t\n\v\f\r]/.test(character)) {
      words.push(word);
      word = '';
    } else word += character;
  }
  return [...words, word].filter((each) => each !== '');
}

const special = fc.constantFrom(...' \t\n\v\f\r"\'\\=-ü€🙂'.split(/(?:)/u));
const text = fc
  .array(fc.oneof(special, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })), { maxLength: 12 })
  .map((parts) => parts.join(''));

test('any arguments arrive intact, in every version, or are refused', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), (args) => {
      if (args.includes('')) {
        expect(() => build({ args })).toThrow('empty argument');
        return;
      }
      const line = build({ args });
      expect(splitNow(line)).toEqual(args);
      expect(splitThen(line)).toEqual(args);
    }),
    { numRuns: 3000 },
  );
});

const device = (network: Partial<NetworkDevice>): NetworkDevice =>
  ({ name: 'service', tap: 'tap0', mac: '02:00:00:00:00:01', mtu: 1500, addresses: [], routes: [], ...network }) as NetworkDevice;
const docker = device({ addresses: ['172.17.0.2/16'], routes: [{ destination: '0.0.0.0/0', gateway: '172.17.0.1' }] });
const dual = device({
  addresses: ['172.17.0.2/16', '2001:db8::2/64', 'fe80::42/64'],
  routes: [...docker.routes, { destination: '::/0', gateway: '2001:db8::1' }],
});
const words = (options: Partial<MirageOptions>) => splitNow(build(options));

test('an IPv4 network is all that it looks for', () => {
  expect(words({ devices: [docker] })).toEqual(['--ipv4=172.17.0.2/16', '--ipv4-gateway=172.17.0.1', '--ipv4-only=true']);
});

test('with both it is told of both', () => {
  expect(words({ devices: [dual] })).toEqual([
    '--ipv4=172.17.0.2/16',
    '--ipv4-gateway=172.17.0.1',
    '--ipv6=2001:db8::2/64',
    '--ipv6-gateway=2001:db8::1',
  ]);
});

test('further stacks are groups that are named as their devices', () => {
  const management = device({ name: 'management', addresses: ['10.0.0.2/24'] });
  expect(words({ devices: [docker, management] })).toEqual([
    '--ipv4=172.17.0.2/16',
    '--ipv4-gateway=172.17.0.1',
    '--ipv4-only=true',
    '--management-ipv4=10.0.0.2/24',
    '--management-ipv4-only=true',
  ]);
});

test('where its options are known, groups are what it has', () => {
  const management = device({ name: 'management', addresses: ['10.0.0.2/24'] });
  expect(words({ devices: [management], has: ['ipv4'] })).toEqual(['--ipv4=10.0.0.2/24']);
  expect(words({ devices: [management], has: ['management-ipv4'] })).toEqual(['--management-ipv4=10.0.0.2/24']);
  expect(words({ devices: [docker], has: ['service-ipv4-gateway', 'service-ipv4'] })).toEqual([
    '--service-ipv4=172.17.0.2/16',
    '--service-ipv4-gateway=172.17.0.1',
  ]);
});

test.each([
  [['--ipv4=10.9.9.9/8'], ['--ipv4-gateway=172.17.0.1', '--ipv4-only=true', '--ipv4=10.9.9.9/8']],
  [
    ['--ipv4', '10.9.9.9/8'],
    ['--ipv4-gateway=172.17.0.1', '--ipv4-only=true', '--ipv4', '10.9.9.9/8'],
  ],
  [['--ipv4-g=10.0.0.1'], ['--ipv4=172.17.0.2/16', '--ipv4-only=true', '--ipv4-g=10.0.0.1']],
  [
    ['--', '--ipv4=x'],
    ['--ipv4=172.17.0.2/16', '--ipv4-gateway=172.17.0.1', '--ipv4-only=true', '--', '--ipv4=x'],
  ],
])("the user's own %j wins", (args, expected) => {
  expect(words({ args, devices: [docker] })).toEqual(expected);
});

test('options that it does not have are not given', () => {
  expect(words({ devices: [docker], has: ['ipv4', 'ipv4-gateway'] })).toEqual([
    '--ipv4=172.17.0.2/16',
    '--ipv4-gateway=172.17.0.1',
  ]);
  expect(words({ devices: [docker], has: [] })).toEqual([]);
  expect(words({ hostname: 'web', has: ['name'] })).toEqual(['--name=web']);
  expect(words({ hostname: 'web' })).toEqual([]);
});

test('name servers, where it is known to have an option for them', () => {
  const nameServers = ['169.254.53.53', 'fd00::53', '10.0.0.53'];
  expect(words({ nameServers, has: ['dns_servers', 'dns_timeout'] })).toEqual(['--dns_servers=169.254.53.53,10.0.0.53']);
  expect(words({ nameServers, has: ['resolver', 'a-dns-servers'] })).toEqual([
    '--resolver=169.254.53.53,10.0.0.53',
    '--a-dns-servers=169.254.53.53,10.0.0.53',
  ]);
  expect(words({ nameServers, has: ['dns_servers'], args: ['--dns_servers=1.1.1.1'] })).toEqual(['--dns_servers=1.1.1.1']);
  expect(words({ nameServers })).toEqual([]);
  expect(words({ nameServers: [], has: ['dns_servers'] })).toEqual([]);
});

test('what cannot be told is a warning', () => {
  const { warnings } = mirageCommandLine({
    args: [],
    hostname: undefined,
    has: undefined,
    devices: [
      device({ addresses: ['10.0.0.2/24', '10.0.0.3/24'], routes: [{ destination: '192.168.0.0/16', gateway: '10.0.0.9' }] }),
    ],
  });
  expect(warnings).toEqual([expect.stringContaining('10.0.0.3/24'), expect.stringContaining('192.168.0.0/16')]);
});
