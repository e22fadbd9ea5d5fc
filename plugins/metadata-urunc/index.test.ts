import fc from 'fast-check';
import { expect, test } from 'vitest';
import { metadataOf } from './index.ts';
import { decoded, type Said, saidBy, saidByFile } from './said.ts';
import { words } from './words.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const key = (name: string) => `com.urunc.unikernel.${name}`;

test('the redis image of the urunc project', () => {
  const file = JSON.stringify({
    [key('unikernelType')]: base64('rumprun'),
    [key('hypervisor')]: base64('hvt'),
    [key('binary')]: base64('/unikernel/redis.hvt'),
    [key('cmdline')]: base64('redis-server /data/conf/redis.conf'),
    [key('unikernelVersion')]: '',
    [key('useDMBlock')]: base64('false'),
  });
  expect(metadataOf(saidByFile(file), 'image', ['unikernel'])).toEqual({
    unikernel: { name: 'rumprun', by: 'image' },
    program: '/unikernel/redis.hvt',
    tender: 'hvt',
    argv0: 'redis-server',
    args: ['/data/conf/redis.conf'],
    settings: { mountPoint: '/data' },
  });
});

test("the container's own arguments win over a command line, as in urunc since 2025", () => {
  const said = { unikernelType: 'rumprun', hypervisor: 'spt', binary: '/redis.spt', cmdline: 'redis-server /conf' };
  expect(metadataOf(said, 'image', ['redis-server', '--port', '70 00'])).toMatchObject({
    argv0: 'redis-server',
    args: ['--port', '70 00'],
  });
  expect(metadataOf(said, 'image', [])).toMatchObject({ argv0: 'redis-server', args: ['/conf'] });
  const mirage = { unikernelType: 'mirage', binary: 'app.spt', cmdline: '--hello="a b"' };
  expect(metadataOf(mirage, 'image', ['unikernel'])).toMatchObject({ args: ['--hello=a b'] });
  expect(metadataOf({ unikernelType: 'mirage', binary: 'app.spt' }, 'image', ['unikernel'])).toMatchObject({
    args: ['unikernel'],
  });
});

test('an image file is for the device that is named, or that urunc names for such a unikernel', () => {
  const settings = (said: Said) => metadataOf(said, 'image', []).settings;
  expect(settings({ unikernelType: 'rumprun', block: '/disk', blkMntPoint: '/' })).toEqual({
    block: '/disk',
    blockDevice: 'rootfs',
    mountPoint: '/',
  });
  expect(settings({ unikernelType: 'mirage', block: '/disk' })).toEqual({ block: '/disk', blockDevice: 'storage' });
  expect(settings({ unikernelType: 'mirage', block: '/disk', solo5BlkDev: 'data' })).toEqual({
    block: '/disk',
    blockDevice: 'data',
  });
});

test("without a command line the container's arguments are the guest's", () => {
  const said = saidBy({ [key('unikernelType')]: 'mirage', [key('binary')]: 'app.spt', [key('hypervisor')]: 'spt' });
  expect(metadataOf(said, 'annotation', ['--hello', 'a b'])).toEqual({
    unikernel: { name: 'mirage', by: 'annotation' },
    program: '/app.spt',
    tender: 'spt',
    args: ['--hello', 'a b'],
  });
});

test('quotes in a command line mean what they mean to the unikernel', () => {
  expect(words(`a "b c" 'd e' f\\ g`, `"'`)).toEqual(['a', 'b c', 'd e', 'f g']);
  expect(words(`a "b c" 'd e' f\\ g`, '"')).toEqual(['a', 'b c', "'d", "e'", 'f g']);
  expect(metadataOf({ unikernelType: 'solo5', cmdline: `a  "b c"` }, 'image', [])).toMatchObject({ args: [`a  "b c"`] });
});

test('what was encoded is decoded', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abc/ .-=\tä🙂') }), (text) => {
      expect(decoded(base64(text))).toBe(text);
      expect(decoded(`b64:${base64(text)}`)).toBe(text);
    }),
  );
});

test.each([
  'qemu',
  'spt',
  'hvt',
  'rumprun',
  'mirage',
  'unikraft',
  'firecracker',
  '/app',
  '/unikernel/app.spt',
  '/data',
  'true',
  'service',
  'tap0',
])('%s stays as it is', (text) => {
  expect(decoded(text)).toBe(text);
});
