/** Root file systems that were made to do harm, or only odd, as root images. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, inject, onTestFinished, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { makeBundle } from './bundle.ts';
import { linesOf } from './listing.ts';

const { docker } = connect();
const inside = (folder: string, name: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);

function place(): string {
  const folder = mkdtempSync('/var/tmp/runnc-hostile-');
  onTestFinished(async () => {
    await execa('rm', ['-rf', folder]);
  });
  return folder;
}

/** All that an image can hold, and what leads out of it. */
async function plantHostile(root: string, outside: string): Promise<void> {
  for (const [index, target] of [
    outside,
    `${outside}/secret`,
    '/etc/shadow',
    '../../../../../../etc/passwd',
    'nowhere',
    '/',
  ].entries()) {
    symlinkSync(target, `${root}/link-${index}`);
  }
  symlinkSync(outside, `${root}/folder-that-is-none`);
  writeFileSync(inside(root, 'new\nline'), 'line');
  writeFileSync(inside(root, '-rf'), 'dash');
  writeFileSync(inside(root, '--help'), 'dashes');
  writeFileSync(inside(root, '\xff\xfe not UTF-8'), 'bytes');
  writeFileSync(inside(root, 'a=b\\c "d" \'e\' $(f) *'), 'quotes');
  writeFileSync(`${root}/${'n'.repeat(255)}`, 'long');
  writeFileSync(`${root}/mode`, 'set user id');
  chownSync(`${root}/mode`, 1234, 4321);
  chmodSync(`${root}/mode`, 0o4751);
  mkdirSync(`${root}/hard`);
  linkSync(`${root}/mode`, `${root}/hard/link`);
  mkdirSync(`${root}/empty`, { mode: 0o700 });
  const deep = Array.from({ length: 60 }, (_, index) => `deep-${index}`).join('/');
  mkdirSync(`${root}/${deep}`, { recursive: true });
  writeFileSync(`${root}/${deep}/bottom`, 'deep down');
  for (const [name, ...kind] of [
    ['fifo', 'p'],
    ['memory', 'c', '1', '1'],
    ['disk', 'b', '254', '0'],
    ['tty', 'c', '5', '0'],
  ] as const) {
    await execa('mknod', [`${root}/${name}`, ...kind]);
  }
  for (const name of ['dev', 'proc', 'sys', 'deep-0/dev', 'deep-0/proc', 'deep-0/sys']) {
    mkdirSync(`${root}/${name}`, { recursive: true });
    writeFileSync(`${root}/${name}/file`, name);
  }
}

const isShown = (line: string) => !/ \/(dev|proc|sys)(\/.*)?$/.test(line) && !line.endsWith(' /list-iso');

test('through Docker: every name, mode, owner and link of an odd image; /dev, /proc and /sys are left out at the top only', async () => {
  const folder = place();
  const root = path.join(folder, 'root');
  mkdirSync(path.join(root, 'etc'), { recursive: true });
  await plantHostile(root, folder);
  cpSync(path.join(inject('guests'), 'list-iso.spt'), `${root}/list-iso`);
  await execa('tar', ['-C', root, '--numeric-owner', '-cf', `${folder}/image.tar`, '.']);
  const imported = await docker('import', '--change', 'ENTRYPOINT ["/list-iso"]', `${folder}/image.tar`, 'hostile');
  expect(imported.status).toBe(0);
  const ofDocker = / \/(\.dockerenv|etc(\/(hosts|hostname|resolv\.conf|mtab -> \/proc\/mounts))?)$/;
  const expected = linesOf(root)
    .filter(isShown)
    .filter((line) => !ofDocker.test(line));
  // The second one is of the cache.
  for (const count of [1, 2]) {
    const { stdout, status } = await docker('run', '--rm', '--runtime=runnc', 'hostile', 'list');
    // Names with line feeds: not by lines.
    const shown = stdout
      .split('\n')
      .filter((line) => !ofDocker.test(line))
      .join('\n');
    expect({ count, status, shown }).toEqual({ count, status: 0, shown: `${expected.join('\n')}\n` });
  }
});

test('nothing outside of the root file system is opened, and its fifos and devices are not', async () => {
  const outside = place();
  writeFileSync(path.join(outside, 'secret'), 'secret');
  const guest = await makeBundle({
    guest: 'list-iso',
    args: ['list'],
    mounts: [{ destination: '/etc/hosts', type: 'bind', source: path.join(outside, 'hosts'), options: ['rbind'] }],
  });
  writeFileSync(path.join(outside, 'hosts'), 'hosts\n');
  await plantHostile(guest.rootfs, outside);
  symlinkSync(outside, `${guest.rootfs}/etc`);
  const before = execFileSync('find', [outside, '-printf', '%p %i %C@ %s\n'], { encoding: 'utf8' });
  const trace = path.join(guest.folder, 'trace');
  const options = ['--root', path.join(guest.folder, 'state'), '--config', path.join(guest.folder, 'runnc.config.json')];
  const calls =
    'trace=open,openat,openat2,creat,truncate,unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mknod,mknodat,mkdir,mkdirat';
  const strace = ['-f', '-s', '4096', '-y', '-o', trace, '-e', calls, inject('runnc'), ...options, 'run', guest.id];
  await execa('strace', strace, { cwd: guest.folder, stdio: 'ignore' });
  expect(execFileSync('find', [outside, '-printf', '%p %i %C@ %s\n'], { encoding: 'utf8' })).toBe(before);
  const lines = readFileSync(trace, 'utf8').split('\n');
  expect(lines.some((line) => line.includes('/deep-59'))).toBe(true);
  const opened = lines.map((line) => /= \d+<(.*)>$/.exec(line)?.[1] ?? '');
  // The one file that config.json names.
  expect(opened.filter((file) => file.startsWith(outside))).toEqual([path.join(outside, 'hosts')]);
  const odd = opened.filter((file) => /\/(fifo|memory|disk|tty|shadow|passwd)(<.*)?$/.test(file) || file.startsWith('/dev/vda'));
  expect(odd).toEqual([]);
});

test('a million empty files are refused, by both kinds of image, in bounded time and with nothing left', {
  timeout: 180_000,
}, async () => {
  const many = place();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=0', 'tmpfs', many]);
  onTestFinished(() => void execFileSync('umount', [many]));
  mkdirSync(`${many}/many`);
  execFileSync('bash', ['-c', 'seq 1000000 | xargs touch'], { cwd: `${many}/many` });
  for (const [kind, name] of [
    ['iso', 'list-iso'],
    ['ext2', 'ext2-files'],
  ] as const) {
    // What `run` may take, `makeBundle` says: a minute.
    const guest = await makeBundle({ guest: name, args: ['list'], config: { rootfs: kind } });
    cpSync(path.join(inject('guests'), `${name}.spt`), `${many}/${name}`);
    execFileSync('mount', ['--bind', many, guest.rootfs]);
    onTestFinished(() => void execFileSync('umount', [guest.rootfs]));
    const refused = await guest.run();
    const sentence = `the image holds more than 200000 files; raise maxFiles of rootfs-${kind} in runnc.config`;
    expect(refused).toMatchObject({ stdout: '', stderr: expect.stringContaining(sentence) });
    expect(refused.status).not.toBe(0);
    const left = execFileSync('find', [guest.folder, '-xdev', '-path', guest.rootfs, '-prune', '-o', '-type', 'f', '-print']);
    expect(left.toString()).not.toMatch(/\.(img|new|iso|ext2|known|json\.new)$/m);
  }
});
