/** hvt guests of 2018, then also called ukvm, through Docker on this machine's KVM: what they find, and what they must not do. */
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { containers } from './containers.ts';

const { docker, buildImage } = containers();
const guests = inject('guests');
const missing = existsSync('/dev/kvm') ? '' : ' (needs /dev/kvm)';

const run = (args: readonly string[], options: readonly string[] = ['--network=none']) =>
  docker('run', '--rm', '--runtime=runnc', ...options, 'legacy-hvt', ...args);
const withDisk = (how = '') => ['--network=none', '-e', `RUNNC_BLOCK_storage=/disk${how}`];
const stopped = (why: string) =>
  expect.stringMatching(new RegExp(`^runnc: hvt: the guest was stopped: ${why} \\(rip 0x1[0-9a-f]{5}\\)\\n$`));

beforeAll(async () => {
  const disk = Buffer.alloc(4 * 512);
  disk.write('the first block');
  const programs = ['hello', 'exit-code', 'clock', 'sleep', 'forbidden', 'ukvm-devices'];
  await buildImage('legacy-hvt', {
    files: {
      '/disk': disk,
      '/unnamed': `${guests}/hello.ukvm`,
      '/runnc.json': Buffer.from('{"unikernel": "solo5"}'),
      ...Object.fromEntries(programs.map((name) => [`/${name}.ukvm`, `${guests}/${name}.ukvm`])),
    },
  });
  await buildImage('legacy-hvt-named', {
    files: { '/unnamed': `${guests}/hello.ukvm`, '/runnc.json': Buffer.from('{"unikernel": "solo5", "tender": "hvt"}') },
  });
});

describe.skipIf(missing)(`hvt of 2018${missing}`, () => {
  test.each([
    [['/hello.ukvm', 'a', 'b "c"'], 0, 'Hello from a unikernel\ncommand line: <a b "c">\n', ''],
    [['/exit-code.ukvm', '42'], 42, '', ''],
    [['/sleep.ukvm', '1'], 0, 'sleeping\nawake\n', ''],
    [['/clock.ukvm'], 0, expect.stringMatching(/^monotonic: \d+\nwall: \d{19}\nmonotonic after 20 ms: \d+\n$/), ''],
    [['/ukvm-devices.ukvm', 'low'], 0, "low memory is the guest's\n", ''],
    [['/ukvm-devices.ukvm', 'halt'], 0, '', ''],
    [['/forbidden.ukvm', '11'], 159, 'asking for number 11\n', stopped('it made a hypercall that there is not, number 0xb')],
    [
      ['/forbidden.ukvm', '2', '0x100000', '0x100000000'],
      159,
      'asking for number 2\n',
      stopped('it gave a hypercall an address outside its memory, 0x100000'),
    ],
  ])('%j', async (args, status, stdout, stderr) => {
    expect(await run(args)).toEqual({ status, stdout, stderr });
  });

  test('without devices it is told of none, and asking them for something is no offence', async () => {
    const { stdout, ...rest } = await run(['/ukvm-devices.ukvm', 'info', 'past-end', 'net']);
    expect(rest).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^memory: \d+$/),
      'boot information: 0x10000',
      'disk: 0 sectors of 512, read-only',
      'mac: 0x0 0x0 0x0 0x0 0x0 0x0',
      'the sector after the last: -1',
      'two from the last on: -1',
      'one far away: -1',
      'no frame came',
      'sent: -1',
      'read: -1',
      '',
    ]);
  });

  test('its disk is read and written by sectors, and not past its end', async () => {
    const { stdout, ...rest } = await run(['/ukvm-devices.ukvm', 'info', 'disk', 'past-end'], withDisk());
    expect(rest).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('disk: 4 sectors of 512, writable\n');
    expect(stdout).toContain('the first block\nwrite: well\nread: well\nwritten by the guest\n');
    expect(stdout).toContain('the sector after the last: -1\ntwo from the last on: -1\none far away: -1\n');
  });

  test('a disk for reading only says so, and stays as it is', async () => {
    const { stdout, ...rest } = await run(['/ukvm-devices.ukvm', 'info', 'disk'], withDisk(',ro'));
    expect(rest).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('disk: 4 sectors of 512, read-only\n');
    expect(stdout).toContain('the first block\nwrite: -1\nread: well\n\n');
  });

  test('its network device is the tap of its container', async () => {
    const { stdout, ...rest } = await run(['/ukvm-devices.ukvm', 'info', 'net'], []);
    expect(rest).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^mac: 0x2 0x42 (0x[0-9a-f]+ ?){4}$/m);
    expect(stdout).toMatch(/frame came\nsent: well\nread: (well|-1)\n$/);
  });

  test('it has at most 1 GiB', async () => {
    const { stdout, status } = await run(['/ukvm-devices.ukvm', 'info'], ['--network=none', '--memory=1500m']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^memory: 1073741824\n/) });
  });

  test('whether a program of 2018 is for hvt, its name tells or the image', async () => {
    const unnamed = (image: string) => docker('run', '--rm', '--runtime=runnc', '--network=none', image, '/unnamed', 'x');
    // As a process it dies of its first instruction that only a kernel may execute.
    expect((await unnamed('legacy-hvt')).status).toBe(139);
    expect(await unnamed('legacy-hvt-named')).toEqual({
      status: 0,
      stderr: '',
      stdout: 'Hello from a unikernel\ncommand line: <x>\n',
    });
  });
});
