/** What is handed out: the Debian package, on a copy of this system that keeps nothing, and the npm package. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, inject, onTestFinished, test } from 'vitest';
import { buildDeb } from '../../scripts/build-deb.mjs';
import { buildNpm } from '../../scripts/build-npm.mjs';

function folder(): string {
  const made = mkdtempSync('/var/tmp/runnc-packages-');
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('the Debian package installs, works, and removes itself wholly', async () => {
  const made = folder();
  const deb = buildDeb(made);
  for (const name of ['upper', 'work', 'root']) mkdirSync(path.join(made, name));
  // A layer above this system: what the package changes is what is in it.
  const script = `set -e
    mount -t tmpfs none ${made}/work && mkdir ${made}/work/upper ${made}/work/work
    mount -t overlay -o lowerdir=/,upperdir=${made}/work/upper,workdir=${made}/work/work none ${made}/root
    mount --rbind /proc ${made}/root/proc; mount --rbind /sys ${made}/root/sys; mount --rbind /dev ${made}/root/dev
    rm -rf ${made}/root/etc/runnc ${made}/root/usr/local/bin/runnc ${made}/root/etc/docker/daemon.json
    cp ${deb} ${made}/root/tmp/runnc.deb
    inside() { chroot ${made}/root "$@"; }
    inside dpkg --install /tmp/runnc.deb >/dev/null
    inside runnc --version
    inside runnc install podman >/dev/null; inside runnc install docker >/dev/null
    inside cat /etc/docker/daemon.json /etc/containers/containers.conf.d/runnc.conf
    inside mkdir -p /var/cache/runnc
    inside dpkg --purge runnc >/dev/null
    echo left:; grep -rl runnc ${made}/work/upper/etc ${made}/work/upper/usr --exclude=daemon.json.before-runnc 2>/dev/null || true
    find ${made}/work/upper -name '*runnc*' -not -type c -not -name runnc.deb -not -name '*.before-runnc' -not -path '*/var/tmp/*'`;
  const { stdout } = await execa('unshare', ['--mount', 'sh', '-c', script]);
  expect(stdout).toMatch(/^runnc \d+\.\d+\.\d+/);
  expect(stdout).toContain('"path": "/usr/bin/runnc"');
  expect(stdout).toContain('runnc = ["/usr/bin/runnc"]');
  expect(stdout).toMatch(/^runtime_supports_json = \[.*"runnc"\]$/m);
  expect(stdout.split('left:\n')[1] ?? '').toBe('');
});

test('the npm package installs, runs, and has what authors of plugins import', async () => {
  const made = folder();
  await execa('npm', ['install', '--no-save', '--prefer-offline', '--prefix', made, buildNpm(made)]);
  const { stdout } = await execa(path.join(made, 'node_modules/.bin/runnc'), ['inspect', `${inject('guests')}/hello.spt`]);
  expect(stdout).toContain('tender:     spt');
  const script = `import { definePlugin } from 'runnc/plugin'; import { harness } from 'runnc/testing';
    const { remove } = await harness(definePlugin({ name: 'x', api: 1, apply() {} })); remove(); console.log('works');`;
  expect((await execa('node', ['--input-type=module', '--eval', script], { cwd: made })).stdout).toBe('works');
  // As an author's compiler sees it.
  const author = `import { definePlugin, type Launch, type Plugin } from 'runnc/plugin';
    export default definePlugin({ name: 'x', api: 1, apply({ hooks }) { hooks.launch.tap('x', (launch: Launch) => launch); } }) satisfies Plugin;`;
  writeFileSync(path.join(made, 'plugin.mts'), author);
  const tools = path.resolve(import.meta.dirname, '../../node_modules');
  const types = ['--typeRoots', path.join(tools, '@types'), '--types', 'node'];
  await execa(
    `${tools}/.bin/tsc`,
    ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', ...types, 'plugin.mts'],
    {
      cwd: made,
    },
  );
});
