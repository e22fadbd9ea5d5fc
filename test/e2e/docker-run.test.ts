/** `docker run` in the foreground: output, exit statuses, arguments, environment, clocks. */
import { expect, inject, test } from 'vitest';
import { containers } from './containers.ts';

const { docker, run, buildImage } = containers();

const hello = (commandLine: string) => ({
  stdout: `Hello from a unikernel\ncommand line: <${commandLine}>\n`,
  stderr: '',
  status: 0,
});

test('shows what the guest prints', async () => {
  expect(await run(['/hello'])).toEqual(hello(''));
});

test.each([
  ['/exit-code', '0', 0],
  ['/exit-code', '42', 42],
  ['/exit-code', '255', 255],
  ['/crash', '', 139],
  ['/crash', 'write-text', 139],
  ['/crash', 'execute-stack', 139],
  ['/crash', 'illegal-instruction', 132],
  ['/crash', 'divide-by-zero', 136],
  ['/forbidden', '', 159],
  ['/forbidden', '32-bit 20', 159],
])('%s %s ends with status %s', async (program, argument, expected) => {
  const { status, stderr, stdout } = await run([program, ...argument.split(' ')]);
  expect({ status, stderr, survived: /still alive|returned/.test(stdout) }).toEqual({
    status: expected,
    stderr: '',
    survived: false,
  });
});

test('arguments arrive byte for byte, joined by blanks', async () => {
  const args = [
    'a b',
    '  ',
    '',
    '{"net": {"if": "x\\ty"}, "env": ["K=\'v\'"]}',
    '"',
    "'",
    '\\',
    '$HOME `id` *',
    'tab\there',
    'line\nbreak',
    'ü€🙂',
  ];
  expect(await run(['/hello', ...args])).toEqual(hello(args.join(' ')));
});

test('takes ENTRYPOINT and CMD from the image, and the program from the PATH of the environment', async () => {
  const entrypoint = ['hello', 'from the image'];
  await buildImage('by-path', {
    files: { '/deep/down/hello': `${inject('guests')}/hello.spt` },
    entrypoint,
    cmd: ['and CMD'],
    env: { PATH: '/bin:/deep/down' },
  });
  expect(await docker('run', '--rm', '--runtime=runnc', 'by-path')).toEqual(hello('from the image and CMD'));
  expect(await docker('run', '--rm', '--runtime=runnc', 'by-path', 'replaced')).toEqual(hello('from the image replaced'));
  const { status, stderr } = await docker('run', '--rm', '--runtime=runnc', '-e', 'PATH=/elsewhere', 'by-path');
  expect({ status, stderr }).toEqual({ status: 127, stderr: expect.stringContaining('program "hello" is not in the image') });
});

test('the monotonic clock starts with the container, and the wall clock is right', async () => {
  const before = Date.now();
  const { stdout, status, stderr } = await run(['/clock']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const [monotonic, wall] = [...stdout.matchAll(/^\w+: (\d+)$/gm)].map(([, nanoseconds]) => Number(nanoseconds) / 1e6);
  expect(monotonic).toBeLessThan(60_000);
  expect(wall).toBeGreaterThan(before - 1000);
  expect(wall).toBeLessThan(Date.now() + 1000);
});

test.each(['tls', 'fpu', 'start-state', 'probe-memory'])('the guest %s finds everything as it must be', async (name) => {
  const { status, stderr, stdout } = await run([`/${name}`]);
  expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: expect.any(String) });
});
