/** The Debian package on a Debian that has nothing: it brings what it needs, works, and goes without a trace. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, inject, onTestFinished, test } from 'vitest';
import { buildDeb } from '../../scripts/build-deb.mjs';
import { cache } from '../vm/debian-package.ts';

const needed = ['debootstrap', 'chroot', 'tar'];
const missing = (
  await Promise.all(
    needed.map(async (name) =>
      (await execa('sh', ['-c', `command -v ${name}`], { reject: false })).exitCode === 0 ? [] : [name],
    ),
  )
).flat();

/** A folder with a shell's commands run within it. */
const inside = (folder: string, script: string) =>
  execa(
    'unshare',
    [
      '--mount',
      'sh',
      '-c',
      `mount -t proc none "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" sh -ec "$1"`,
      folder,
      script,
    ],
    {
      env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      extendEnv: false,
      all: true,
    },
  );

/** Debian's smallest system, with the package's dependencies downloaded and not installed: fetched once, kept under build/vm. */
async function cleanDebian(folder: string, deb: string): Promise<void> {
  const { stdout: depends } = await execa('dpkg-deb', ['--field', deb, 'Depends', 'Recommends']);
  const kept = path.join(cache, `debian-${createHash('sha256').update(depends).digest('hex').slice(0, 12)}.tar`);
  if (existsSync(kept)) {
    await execa('tar', ['-x', '-C', folder, '-f', kept]);
    return;
  }
  await execa('debootstrap', ['--variant=minbase', 'bookworm', folder]);
  await execa('cp', ['--dereference', '/etc/resolv.conf', path.join(folder, 'etc/resolv.conf')]);
  await execa('cp', [deb, path.join(folder, 'runnc.deb')]);
  await inside(folder, 'apt-get -qq update; apt-get -qq install --yes --download-only /runnc.deb');
  rmSync(path.join(folder, 'runnc.deb'));
  mkdirSync(cache, { recursive: true });
  await execa('tar', ['-c', '-C', folder, '-f', `${kept}.new`, '.']);
  renameSync(`${kept}.new`, kept);
}

/** Files of the system but those of apt and dpkg about packages that were once there, caches, and /etc/hosts, which Debian's netbase makes. */
const listing = async (folder: string) =>
  (await inside(folder, 'find / -xdev -path /proc -prune -o -path /dev -prune -o -print')).stdout
    .split('\n')
    .filter((name) => !/^\/(var\/(cache|log|lib\/(apt|dpkg))|run|tmp)\/|^\/etc\/(ld\.so\.cache|hosts)$|\.deb$/.test(name))
    .sort();

test.skipIf(missing.length > 0)(
  `the Debian package on a clean Debian${missing.length > 0 ? ` (needs ${missing.join(' and ')})` : ''}`,
  { timeout: 400_000 },
  async () => {
    const made = mkdtempSync('/var/tmp/runnc-debian-');
    onTestFinished(() => rmSync(made, { recursive: true, force: true }));
    const folder = path.join(made, 'root');
    mkdirSync(folder);
    const deb = buildDeb(made);
    await cleanDebian(folder, deb);
    const before = await listing(folder);
    await execa('cp', [deb, path.join(folder, 'runnc.deb')]);
    await execa('cp', [`${inject('guests')}/hello.spt`, path.join(folder, 'hello.spt')]);
    expect(before).not.toContain('/usr/bin/runnc');
    await inside(folder, 'apt-get -qq install --yes /runnc.deb');
    const findings = JSON.parse((await inside(folder, 'runnc doctor --json || true')).stdout) as {
      what: string;
      state: string;
    }[];
    expect(findings.find(({ what }) => what === 'libseccomp.so.2')).toMatchObject({ state: 'there' });
    expect(findings.find(({ what }) => what === 'nft')).toMatchObject({ state: 'there' });
    const used = `runnc --version; runnc inspect /hello.spt; runnc config init >/dev/null; runnc config validate; runnc install docker >/dev/null; runnc plugins list >/dev/null`;
    const { stdout } = await inside(folder, used);
    expect(stdout).toMatch(/^runnc \d+\.\d+\.\d+/);
    expect(stdout).toContain('tender:     spt');
    expect(readFileSync(path.join(folder, 'etc/docker/daemon.json'), 'utf8')).toContain('/usr/bin/runnc');
    await inside(folder, 'apt-get -qq purge --yes --autoremove runnc; rm /runnc.deb /hello.spt');
    expect((await listing(folder)).filter((name) => !before.includes(name))).toEqual([
      // A folder of Docker's, and what was written for the machine's owner.
      '/etc/docker',
      '/etc/runnc',
      '/etc/runnc/runnc.config.schema.json',
      '/etc/runnc/runnc.config.yaml',
    ]);
  },
);
