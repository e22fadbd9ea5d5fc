/** MirageOS unikernels are asked for their options before they are told any: by guests that list and refuse options as Cmdliner does. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { defaultConfig } from '../../config/load.ts';
import { containers } from './containers.ts';
import { nothingLeft, traces } from './engine/traces.ts';

const { docker, must, buildImage, address } = containers();
const guests = inject('guests');
const cache = `${defaultConfig.cacheDirectory}/unikernel-mirage`;
const made: string[] = [];

/** The guest with other options, and with a content that nobody has asked before. */
function guest(name: string, options: readonly string[]): Buffer {
  const bytes = readFileSync(`${guests}/${name}`);
  const at = bytes.indexOf('OPTIONS:') + 'OPTIONS:'.length;
  bytes.fill(0, at, at + 256);
  bytes.write(options.join(' '), at);
  bytes.write(`${process.pid}.${made.length}`, at + 240);
  made.push(keptAt(bytes));
  return bytes;
}

const keptAt = (bytes: Buffer): string => `${cache}/${createHash('sha256').update(bytes).digest('hex')}.json`;

const words = async (image: string, ...args: string[]): Promise<string[]> => {
  const { stdout, stderr, status } = await docker('run', '--rm', '--runtime=runnc', '--hostname=web', image, ...args);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return [...stdout.matchAll(/^word: <(.*)>$/gm)].map(([, word]) => word as string);
};

const few = guest('mirage-net.spt', ['ipv4', 'name']);
const usual = guest('mirage-net.spt', ['ipv4', 'ipv4-gateway', 'ipv4-only', 'ipv6', 'logs']);
const none = guest('mirage-net.spt', []);
const at = (address: string) => expect.stringMatching(new RegExp(`^${address}=\\d+\\.\\d+\\.\\d+\\.\\d+(/16)?$`));

beforeAll(async () => {
  for (const [name, program] of Object.entries({ few, usual, none }))
    await buildImage(`mirage-${name}`, { files: { '/unikernel': program }, entrypoint: ['/unikernel'] });
});
afterAll(() => {
  for (const file of made) rmSync(file, { force: true });
});

test('only what it has is told, found out once and kept by the content of the program', async () => {
  const before = await traces(address);
  expect(await words('mirage-few')).toEqual([at('--ipv4'), '--name=web']);
  expect(JSON.parse(readFileSync(keptAt(few), 'utf8'))).toEqual({ options: ['ipv4', 'name', 'help'] });
  expect(readdirSync(`${defaultConfig.cacheDirectory}/apart`)).toEqual([]);
  // Not asked again: what is kept is believed.
  writeFileSync(keptAt(few), '{"options": ["name"]}');
  expect(await words('mirage-few', '--ipv4=10.0.0.9/8')).toEqual(['--name=web', '--ipv4=10.0.0.9/8']);
  await nothingLeft(address, before);
});

test('with the usual options, and in several containers at once', async () => {
  const told = [at('--ipv4'), at('--ipv4-gateway'), '--ipv4-only=true'];
  expect(await Promise.all([1, 2, 3, 4].map(() => words('mirage-usual')))).toEqual([told, told, told, told]);
  expect(JSON.parse(readFileSync(keptAt(usual), 'utf8')).options).toContain('logs');
});

test('name servers of its network, also the one inside of it', async () => {
  const asking = guest('mirage-net.spt', ['ipv4', 'dns_servers']);
  await buildImage('mirage-asking', { files: { '/unikernel': asking }, entrypoint: ['/unikernel'] });
  const wordsWith = async (...options: string[]) =>
    (await docker('run', '--rm', '--runtime=runnc', ...options, 'mirage-asking')).stdout;
  expect(await wordsWith('--dns', '192.0.2.1', '--dns', '192.0.2.2')).toContain('word: <--dns_servers=192.0.2.1,192.0.2.2>\n');
  await must('network', 'create', 'mirage-names');
  try {
    expect(await wordsWith('--network', 'mirage-names')).toContain('word: <--dns_servers=169.254.53.53>\n');
  } finally {
    await must('network', 'rm', 'mirage-names');
  }
});

test('one without options of a network is told nothing', async () => {
  expect(await words('mirage-none')).toEqual([]);
});

test('one without a network device is not asked', async () => {
  const alone = guest('mirage-args.spt', ['hello']);
  await buildImage('mirage-alone', { files: { '/unikernel': alone }, entrypoint: ['/unikernel'] });
  expect(await words('mirage-alone', '--hello=a')).toEqual(['--hello=a']);
  expect(existsSync(keptAt(alone))).toBe(false);
});

test('a second network device has options of its own group, and disks are attached while it is asked', async () => {
  const two = guest('mirage-two.spt', ['ipv4', 'ipv4-only', 'management-ipv4', 'management-ipv6']);
  await buildImage('mirage-two', { files: { '/unikernel': two, '/disk': Buffer.alloc(512) }, entrypoint: ['/unikernel'] });
  await must('network', 'create', 'mirage-second');
  try {
    const id = await must('create', '--runtime=runnc', '-e', 'RUNNC_BLOCK_storage=/disk', 'mirage-two');
    await must('network', 'connect', 'mirage-second', id);
    const { stdout } = await docker('start', '--attach', id);
    await must('rm', '--force', id);
    expect(stdout).toMatch(/^word: <--ipv4=.*>\nword: <--ipv4-only=true>\nword: <--management-ipv4=172\..*\/16>\n$/);
  } finally {
    await must('network', 'rm', 'mirage-second');
  }
});

test('one that does not answer gets the usual options, and nothing is left of the question', async () => {
  await buildImage('mirage-silent', {
    files: { '/server': `${guests}/netserver.spt`, '/runnc.json': Buffer.from('{"unikernel": "mirage"}') },
    entrypoint: ['/server'],
  });
  made.push(keptAt(readFileSync(`${guests}/netserver.spt`)));
  const id = await must('run', '--detach', '--runtime=runnc', 'mirage-silent', 'delay');
  try {
    expect(readdirSync(`${defaultConfig.cacheDirectory}/apart`)).toEqual([]);
    // Who was busy may answer another time.
    expect(existsSync(made.at(-1) as string)).toBe(false);
  } finally {
    await must('rm', '--force', id);
  }
});

test('what a runnc that was killed while it asked has left goes with the next question', async () => {
  const left = `${defaultConfig.cacheDirectory}/apart/run.ofold1`;
  mkdirSync(`${left}/rootfs`, { recursive: true });
  utimesSync(left, 1, 1);
  await buildImage('mirage-next', { files: { '/unikernel': guest('mirage-net.spt', ['name']) }, entrypoint: ['/unikernel'] });
  expect(await words('mirage-next')).toEqual(['--name=web']);
  expect(existsSync(left)).toBe(false);
});

const missing = existsSync('/dev/kvm') ? '' : ' (needs /dev/kvm)';
describe.skipIf(missing)(`on this machine's KVM${missing}`, () => {
  test('an hvt unikernel is asked as a virtual machine', async () => {
    const program = guest('mirage-net.hvt', ['ipv4']);
    await buildImage('mirage-hvt', { files: { '/unikernel': program }, entrypoint: ['/unikernel'] });
    expect(await words('mirage-hvt')).toEqual([at('--ipv4')]);
    expect(JSON.parse(readFileSync(keptAt(program), 'utf8'))).toEqual({ options: ['ipv4', 'help'] });
  });
});
