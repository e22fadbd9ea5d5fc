/** What `runnc inspect` decides, and the reason that it gives: the operator, an annotation, the image, or the program itself. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildGuests } from '../../test/guests/build.mjs';
import { makeContext } from '../lifecycle/context.ts';
import { defaultSpec } from '../oci/default-spec.ts';
import { recordingLog } from '../testing/log.ts';
import { describe, inspect } from './inspect.ts';

let guests: string;
beforeAll(async () => {
  guests = await buildGuests();
}, 60_000);

/** An image with these files: a guest's name, or text. Below /run, where a configuration can be trusted. */
function image(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync('/run/runnc-inspect-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    if (/\.(spt|hvt|legacy)$|^linux$/.test(content)) copyFileSync(path.join(guests, content), path.join(folder, name));
    else writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

const told = async (place: string, config?: object) => {
  let file: string | undefined;
  if (config) {
    file = path.join(mkdtempSync('/run/runnc-inspect-'), 'runnc.config.json');
    writeFileSync(file, JSON.stringify(config));
    onTestFinished(() => rmSync(path.dirname(file as string), { recursive: true }));
  }
  return inspect(makeContext('/nonexistent', recordingLog(), file), place);
};

test.each([
  ['rumprun-args.legacy', 'rumprun', 'it has no Solo5 notes, as programs of 2018'],
  ['rumprun-net.spt', 'rumprun', 'it declares exactly the devices rootfs and tap'],
  ['mirage-net.spt', 'mirage', "OCaml's runtime is in it"],
  ['hello.spt', 'solo5', 'it speaks a Solo5 ABI, and nobody before this plugin knows more'],
])('%s is %s, because %s', async (guest, unikernel, because) => {
  const found = await told(path.join(guests, guest));
  expect(found).toMatchObject({ unikernel, unikernelReason: because, tender: 'spt', problem: undefined });
  expect(describe(found)).toContain(`unikernel:  ${unikernel} (${because})\n`);
});

test('the image says more than the program shows, and runnc.config has the last word', async () => {
  const folder = image({ '/deep/app': 'hello.spt', '/runnc.json': '{"unikernel": "mirage", "program": "/deep/app"}' });
  expect(await told(folder)).toMatchObject({ program: '/deep/app', unikernel: 'mirage', unikernelReason: 'the image says so' });
  expect(await told(folder, { unikernel: 'rumprun' })).toMatchObject({
    unikernel: 'rumprun',
    unikernelReason: 'runnc.config says so',
  });
});

test('what an annotation of a bundle says, where runnc.config allows it', async () => {
  const folder = image({ '/rootfs/app': 'hello.spt' });
  const annotations = { 'org.runnc.unikernel': 'mirage' };
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ ...defaultSpec('app'), annotations }));
  const allowed = { allowAnnotations: ['unikernel'] };
  expect(await told(folder, allowed)).toMatchObject({ unikernel: 'mirage', unikernelReason: 'an annotation says so' });
  await expect(told(folder)).rejects.toThrow('the annotation org.runnc.unikernel is not allowed');
});

test('a tender that is preferred, by the program that is there for it', async () => {
  const folder = image({ '/app.spt': 'hello.spt', '/app.hvt': 'hello.hvt', '/runnc.json': '{"program": "/app"}' });
  expect(await told(folder, { tender: { preferred: 'spt' } })).toMatchObject({
    program: '/app.spt',
    tender: 'spt',
    tenderReason: 'tender.preferred of runnc.config',
  });
});

test('an ordinary program is no unikernel, unless another runtime takes it', async () => {
  const folder = image({ '/linux': 'linux' });
  expect(await told(folder)).toMatchObject({
    unikernel: undefined,
    delegate: undefined,
    problem: expect.stringContaining('without Solo5 notes'),
  });
  const options = { 'delegate-oci': { delegate: 'all', runtime: process.execPath } };
  expect(await told(folder, { options })).toMatchObject({ delegate: process.execPath });
});
