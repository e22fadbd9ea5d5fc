/** Files of the host behind a guest's block device: symlinks on the way to them, made by root or by somebody else. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeBundle } from './rootfs/bundle.ts';

/** Below /run, in which nobody but root can write: `shared`, where a user can, and `disks` in it with a file; and others' files. */
function makeHost() {
  const folder = mkdtempSync('/run/runnc-raw-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  const at = (...names: string[]) => path.join(folder, ...names);
  for (const name of ['shared', 'shared/disks', 'secret']) mkdirSync(at(name));
  for (const name of ['shared/disks/x', 'secret/x']) writeFileSync(at(name), name.padEnd(1024, '\0'));
  chownSync(at('shared'), 1000, 1000);
  return { folder, at };
}

function guestWith(options: object, asked?: string, others: readonly string[] = []) {
  const plugins = ['arch-x86_64', ['block-raw', options], 'seccomp', 'tender-spt', 'unikernel-solo5', ...others];
  const env = asked === undefined ? [] : [`RUNNC_BLOCK_storage=host:${asked}`];
  return makeBundle({ guest: 'raw-blocks', args: ['read', '0'], env, config: { plugins } });
}

/** What the one who may write in `shared` does. */
function swap({ at }: ReturnType<typeof makeHost>): void {
  renameSync(at('shared/disks'), at('shared/old'));
  symlinkSync(at('secret'), at('shared/disks'));
}

test('an allowed folder that somebody has replaced by a symlink allows nothing', async () => {
  const host = makeHost();
  const disks = host.at('shared/disks');
  const guest = await guestWith({ allow: [disks] }, path.join(disks, 'x'));
  expect((await guest.run()).stdout).toBe('block 0: shared/disks/x');
  swap(host);
  expect((await guest.run()).stderr).toContain(
    `which runnc.config does not allow; ${disks}, which it allows, leads through the symbolic link ${disks}, which others than root can make; see allow of block-raw`,
  );
});

test("nor is it followed where it is the operator's choice", async () => {
  const host = makeHost();
  const file = host.at('shared/disks/x');
  const guest = await guestWith({ devices: { storage: `host:${file}` } });
  expect((await guest.run()).stdout).toBe('block 0: shared/disks/x');
  swap(host);
  expect((await guest.run()).stderr).toContain(
    `is host:${file}, which leads through the symbolic link ${host.at('shared/disks')}`,
  );
});

test('nor when it comes between the look at the file and its opening', async () => {
  const host = makeHost();
  const [file, disks] = [host.at('shared/disks/x'), host.at('shared/disks')];
  const plugin = host.at('swap.mjs');
  // The hook is asked between the two.
  const swapping = `renameSync('${disks}', '${disks}.old'); symlinkSync('${host.at('secret')}', '${disks}');`;
  const body = `hooks.launch.tap('swap', (launch) => { ${swapping} return launch; });`;
  writeFileSync(
    plugin,
    `import { renameSync, symlinkSync } from 'node:fs';
     export default { name: 'swap', api: 1, apply({ hooks }) { ${body} } };`,
  );
  const guest = await guestWith({ allow: [disks] }, file, [plugin]);
  expect(await guest.run()).toMatchObject({ stdout: '', stderr: expect.stringContaining(`opening ${file}: ELOOP`) });
});

test.each([
  ['a link among devices of the host', 'by-id'],
  ['a link to the folder', 'elsewhere/x'],
])('%s that root has made is followed', async (_, name) => {
  const { at } = makeHost();
  symlinkSync('secret/x', at('by-id'));
  symlinkSync(at('secret'), at('elsewhere'));
  for (const asked of [name, 'secret/x']) {
    const guest = await guestWith({ allow: [at(name)] }, at(asked));
    expect((await guest.run()).stdout).toBe('block 0: secret/x');
  }
  expect((await (await guestWith({ devices: { storage: `host:${at(name)}` } })).run()).stdout).toBe('block 0: secret/x');
});

test('a link in an allowed folder opens no other door, whoever has made it', async () => {
  const { at } = makeHost();
  symlinkSync('x', at('shared/disks/current'));
  symlinkSync(at('secret/x'), at('shared/disks/other'));
  const allow = [at('shared/disks')];
  expect((await (await guestWith({ allow }, at('shared/disks/current'))).run()).stdout).toBe('block 0: shared/disks/x');
  expect((await (await guestWith({ allow }, at('shared/disks/other'))).run()).stderr).toContain('does not allow; see allow');
});
