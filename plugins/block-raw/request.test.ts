import { expect, test } from 'vitest';
import { parseRequest } from './request.ts';

test.each([
  ['/disk.img', { path: '/disk.img', host: false, readOnly: false }],
  ['/disk.img,ro', { path: '/disk.img', host: false, readOnly: true }],
  ['/disk.img,rw', { path: '/disk.img', host: false, readOnly: false }],
  ['/a,b', { path: '/a,b', host: false, readOnly: false }],
  ['host:/dev/vg0/data,ro', { path: '/dev/vg0/data', host: true, readOnly: true }],
])('%s', (text, request) => {
  expect(parseRequest(text, 'it')).toEqual(request);
});

test.each(['', 'disk.img', 'host:disk.img', 'file:/x', '/x\0/y', ',ro'])('%o is no path', (text) => {
  expect(() => parseRequest(text, 'it')).toThrow('it is ');
});
