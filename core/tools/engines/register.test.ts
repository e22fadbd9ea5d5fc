import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { register, unregister } from './register.ts';

function setting(text?: string) {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-register-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'file');
  if (text !== undefined) writeFileSync(file, text, { mode: 0o600 });
  return { file, read: () => readFileSync(file, 'utf8'), where: { file, dryRun: false, program: '/bin/runnc' } };
}
const entry = (name = 'runnc') => ({ name, config: undefined, profile: undefined });

test('docker: what is there stays, the file as it was is kept, and its mode', () => {
  const before = JSON.stringify({ 'log-level': 'warn', runtimes: { kata: { path: '/k' } } });
  const { file, read, where } = setting(before);
  chmodSync(file, 0o640);
  register('docker', entry(), where);
  register('docker', { name: 'runnc-hvt', config: '/etc/a.yaml', profile: 'hvt' }, where);
  expect(JSON.parse(read())).toEqual({
    'log-level': 'warn',
    runtimes: {
      kata: { path: '/k' },
      runnc: { path: '/bin/runnc' },
      'runnc-hvt': { path: '/bin/runnc', runtimeArgs: ['--config', '/etc/a.yaml', '--profile', 'hvt'] },
    },
  });
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(readFileSync(`${file}.before-runnc`, 'utf8')).toBe(before);
  unregister('docker', 'runnc', where);
  unregister('docker', 'runnc-hvt', where);
  expect(read()).toBe(before);
  expect(existsSync(`${file}.before-runnc`)).toBe(false);
});

test.each(['docker', 'containerd', 'podman'])('%s: the second time changes nothing, and a dry run never', (engine) => {
  const { file, read, where } = setting();
  expect(register(engine, entry(), { ...where, dryRun: true })).toContain('would become');
  expect(existsSync(file)).toBe(false);
  register(engine, entry(), where);
  const once = read();
  expect(once).toContain('/bin/runnc');
  expect(register(engine, entry(), where)).toContain('as it should be');
  expect(read()).toBe(once);
  unregister(engine, 'runnc', where);
  // It was there for runnc only.
  expect(existsSync(file)).toBe(false);
  expect(existsSync(`${file}.before-runnc`)).toBe(false);
  expect(unregister(engine, 'runnc', where)).toContain('as it should be');
});

test('containerd: everything else stays byte for byte', () => {
  const before = 'version = 3\n# mine\n[plugins."io.containerd.cri.v1.runtime"]\n  x = 1';
  const { read, where } = setting(before);
  register('containerd', entry(), where);
  register('containerd', entry('other'), where);
  expect(read()).toContain("[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runnc.options]");
  unregister('containerd', 'runnc', where);
  expect(read()).toContain('runtimes.other');
  unregister('containerd', 'other', where);
  expect(read()).toBe(`${before}\n`);
});

test.each([
  ['docker', '{ "a": ', 'is not valid JSON'],
  ['docker', '[]', 'is not a JSON object'],
  ['containerd', 'disabled_plugins = []\n', 'it is of version 1, and 2 or 3 is needed'],
  [
    'containerd',
    'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runnc]\n',
    'which was not written by runnc',
  ],
])('%s: %j is left as it is', (engine, text, message) => {
  const { read, where } = setting(text);
  expect(() => register(engine, entry(), where)).toThrow(message);
  expect(read()).toBe(text);
});

test('what others wrote meanwhile stays', () => {
  const { read, where } = setting('{ "debug": true }');
  register('docker', entry(), where);
  writeFileSync(where.file, JSON.stringify({ ...JSON.parse(read()), mtu: 1400 }));
  unregister('docker', 'runnc', where);
  expect(JSON.parse(read())).toEqual({ debug: true, mtu: 1400 });
  const made = setting();
  register('docker', entry(), made.where);
  writeFileSync(made.file, JSON.stringify({ ...JSON.parse(made.read()), mtu: 1400 }));
  unregister('docker', 'runnc', made.where);
  expect(JSON.parse(made.read())).toEqual({ mtu: 1400 });
});

test("Docker's default runtime is not taken out", () => {
  const { where } = setting('{ "default-runtime": "runnc", "runtimes": { "runnc": { "path": "/bin/runnc" } } }');
  expect(() => unregister('docker', 'runnc', where)).toThrow("runnc is Docker's default runtime");
});

test.each([
  ['rkt', 'runnc', 'is no engine that runnc knows; it knows docker, containerd, podman'],
  ['constructor', 'runnc', 'is no engine that runnc knows'],
  ['docker', 'a]\nb', 'cannot be the name of a runtime'],
  ['podman', '../x', 'cannot be the name of a runtime'],
])('%s %s is refused', (engine, name, message) => {
  expect(() => register(engine, entry(name), setting().where)).toThrow(
    expect.objectContaining({ sentence: expect.stringContaining(message) }),
  );
});
