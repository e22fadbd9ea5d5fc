/**
 * runnc and hvt guests under a KVM that executes every instruction: Debian's kernel in a virtual machine of qemu, whose
 * emulated processor has SVM. Needs qemu-system-x86_64, dist/runnc and build/guests.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultSpec } from '../../core/oci/default-spec.ts';
import { missingForVm, runInVm } from '../vm/run-in-vm.ts';
import { cases, nameOf } from './cases.ts';

const root = path.join(import.meta.dirname, '../..');
const [runnc, guests] = [path.join(root, 'dist/runnc'), path.join(root, 'build/guests')];
const libraries = ['libstdc++.so.6', 'libseccomp.so.2'].map((name) => `/usr/lib/x86_64-linux-gnu/${name}`);
const missing = missingForVm() ?? [runnc, guests, ...libraries].find((file) => !existsSync(file));
const mark = '-- end of case --';
const work = mkdtempSync(path.join(tmpdir(), 'runnc-hvt-'));
afterAll(() => rmSync(work, { recursive: true }));

/** A bundle for each case, all of them with the same root. */
function bundles(): string {
  const spec = defaultSpec();
  cases.forEach(({ guest, args }, index) => {
    const folder = path.join(work, 'bundles', String(index));
    mkdirSync(folder, { recursive: true });
    const config = {
      ...spec,
      root: { path: '/vm/guests' },
      process: { ...spec.process, terminal: false, args: [`/${guest}.hvt`, ...args] },
      linux: { ...spec.linux, cgroupsPath: `/cases/${index}`, resources: { memory: { limit: 64 << 20 } } },
    };
    writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config));
  });
  return path.join(work, 'bundles');
}

const script = `
  cd /vm/bundles
  for n in $(seq 0 ${cases.length - 1}); do
    ( cd $n && runnc run c$n > /tmp/out 2> /tmp/err; echo $? > /tmp/status )
    cat /tmp/status /tmp/out; echo '${mark}'; cat /tmp/err; echo '${mark}'
  done
  ls /run/runnc /sys/fs/cgroup/cases`;

let ended: readonly { readonly status: number; readonly stdout: string; readonly stderr: string }[] = [];
let left = '';

beforeAll(async () => {
  if (missing !== undefined) return;
  const files = { '/usr/bin/runnc': runnc, '/vm/guests': guests, '/vm/bundles': bundles() };
  const { output } = await runInVm({
    files: { ...files, ...Object.fromEntries(libraries.map((file) => [file, file])) },
    script,
    modules: ['kvm-amd'],
    memoryMiB: 2048,
    timeoutSeconds: 270,
  });
  const parts = output.split(`${mark}\n`);
  left = parts.pop() ?? '';
  ended = cases.map((_, index) => {
    const [, status = '', stdout = ''] = /^(\d+)\n(.*)$/s.exec(parts[index * 2] ?? '') ?? [];
    return { status: Number(status), stdout, stderr: parts[index * 2 + 1] ?? '' };
  });
}, 300_000);

test.skipIf(missing).each(cases.map((expected, index) => ({ name: nameOf(expected), expected, index })))(
  '$name',
  ({ expected, index }) => {
    const { status, stdout, stderr } = expected;
    const matching = (text: string | RegExp) => (typeof text === 'string' ? text : expect.stringMatching(text));
    expect(ended[index]).toEqual({ status, stdout: matching(stdout), stderr: matching(stderr) });
  },
);

test.skipIf(missing)('nothing is left of any of them', () => {
  expect(left.split('\n').filter((line) => /^c?\d+$/.test(line))).toEqual([]);
});
