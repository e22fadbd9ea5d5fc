import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from './load.ts';
import { trustedPath } from './trust.ts';

const isRoot = process.getuid?.() === 0;
/** Trust is about who owns what, and only root can give files away. */
const asRoot = test.skipIf(!isRoot);

/** A file in two folders of its own beneath /run, which belongs to root and to nobody else; /tmp would not do. */
function setting(): { folder: string; inner: string; file: string } {
  const folder = mkdtempSync('/run/runnc-trust-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  const inner = path.join(folder, 'inner');
  mkdirSync(inner, { mode: 0o755 });
  const file = path.join(inner, 'runnc.config.json');
  writeFileSync(file, '{ "debug": true }', { mode: 0o644 });
  return { folder, inner, file };
}

function refusal(file: string): string {
  try {
    trustedPath(file);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_CONFIG' });
    return (error as { sentence: string }).sentence;
  }
  throw new Error('it was trusted');
}

asRoot('what only root can change is trusted', async () => {
  const { file } = setting();
  expect(trustedPath(file)).toBe(file);
  expect(await loadConfig({ path: file })).toMatchObject({ file, config: { debug: true } });
});

asRoot('a file that is found in the folder is judged like one that is told', async () => {
  const { inner, file } = setting();
  expect(await loadConfig({ environment: {}, directory: inner })).toMatchObject({ file });
  chmodSync(inner, 0o777);
  await expect(loadConfig({ environment: {}, directory: inner })).rejects.toThrow('is not trusted');
});

asRoot('a file of another user is refused', () => {
  const { file } = setting();
  chownSync(file, 1000, 0);
  expect(refusal(file)).toBe(
    `${file} is not trusted: it belongs to user 1000; let it belong to root (chown root ${file}), or keep the file in /etc/runnc`,
  );
});

asRoot.each([0o664, 0o646, 0o620])('a file of mode %o is refused', (mode) => {
  const { file } = setting();
  chmodSync(file, mode);
  expect(refusal(file)).toBe(
    `${file} is not trusted: it can be written by others than root (mode 0${mode.toString(8)}); forbid it (chmod go-w ${file}), or keep the file in /etc/runnc`,
  );
});

asRoot('a folder of another user is refused, however far above', () => {
  const { folder, inner, file } = setting();
  chownSync(inner, 1000, 0);
  expect(refusal(file)).toContain(`${inner} belongs to user 1000`);
  chownSync(inner, 0, 0);
  chownSync(folder, 1000, 0);
  expect(refusal(file)).toContain(`${folder} belongs to user 1000`);
});

asRoot('a folder that others can write is refused, however far above', () => {
  const { folder, inner, file } = setting();
  chmodSync(inner, 0o775);
  expect(refusal(file)).toContain(`${inner} can be written by others than root (mode 0775)`);
  chmodSync(inner, 0o755);
  chmodSync(folder, 0o757);
  expect(refusal(file)).toContain(`${folder} can be written by others than root (mode 0757)`);
});

asRoot('the sticky bit does not make a folder trusted', () => {
  const { folder, file } = setting();
  chmodSync(folder, 0o1777);
  expect(refusal(file)).toBe(
    `${file} is not trusted: ${folder} can be written by others than root (mode 1777); keep the file in /etc/runnc`,
  );
});

asRoot("a link to a user's file is refused, and one in a user's folder to root's is not", async () => {
  const { file } = setting();
  const other = setting();
  chownSync(other.inner, 1000, 0);
  const link = path.join(path.dirname(file), 'link.json');
  symlinkSync(other.file, link);
  expect(refusal(link)).toContain(`${link} (that is, ${other.file}) is not trusted: ${other.inner} belongs to user 1000`);
  const back = path.join(other.inner, 'link.json');
  symlinkSync(file, back);
  // It is read by its real path: that the user can turn the link elsewhere does not matter.
  expect(await loadConfig({ path: back })).toMatchObject({ file });
});

asRoot('a linked folder is judged by what it resolves to', () => {
  const { folder, file } = setting();
  const other = setting();
  symlinkSync(other.inner, path.join(folder, 'linked'));
  chmodSync(other.inner, 0o777);
  expect(refusal(path.join(folder, 'linked/runnc.config.json'))).toContain(`${other.inner} can be written`);
  expect(trustedPath(file)).toBe(file);
});

asRoot('what is not a file is refused', () => {
  const { inner } = setting();
  expect(refusal(inner)).toContain('it is not a regular file');
  expect(refusal('/dev/null')).toContain('it is not a regular file');
});

test('what is not there is refused', () => {
  expect(refusal('/etc/runnc/no/such.json')).toBe('/etc/runnc/no/such.json does not exist');
});

test('without any configuration the defaults hold, and no library is imported', async () => {
  const { config, file } = await loadConfig({ environment: {}, directory: '/does/not/exist' });
  expect(file).toBeUndefined();
  expect(config.memory).toBe(512 * 1024 * 1024);
});
