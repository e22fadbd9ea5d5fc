/** Podman on networks of netavark: published ports, names by aardvark-dns, IPv6, and what is left. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../engine/until.ts';
import { podmanAt } from '../podman-at.ts';
import { workplace } from '../workplace.ts';
import { makeNamespace, plug } from './bundle.ts';

const place = workplace();
const greeting = 'Hello from a unikernel on the network';
const words = ['ip={ipv4}', 'gw={gateway4}', 'ip6={ipv6}', 'gw6={gateway6}', 'dns={dns}'];
const { failed } = await execa('podman', ['--version'], { reject: false });
const missing = failed || !existsSync('/usr/lib/podman/netavark') || !existsSync('/usr/lib/podman/aardvark-dns');

/** A process in a mount namespace with a /run/containers of its own: the machine's Podman has its name server there. */
async function makeMounts(): Promise<number> {
  const [there, own] = ['/run/containers', path.join(place.folder, 'run-containers')];
  const wasThere = existsSync(there);
  for (const folder of [there, own]) mkdirSync(folder, { recursive: true });
  const script = 'mount --bind "$0" "$1" && echo ready && exec sleep 1000';
  const child = spawn('unshare', ['--mount', 'sh', '-c', script, own, there], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill();
    if (!wasThere) rmSync(there, { recursive: true });
  });
  let ready = false;
  child.stdout.on('data', () => {
    ready = true;
  });
  await until('the mounts are there', 60_000, () => ready);
  return child.pid ?? 0;
}

test.skipIf(missing)(
  `podman network create, run -p, names, IPv6, stop, start, rm${missing ? ' (needs podman, netavark, aardvark-dns)' : ''}`,
  async () => {
    const host = await makeNamespace();
    await host.inside('sysctl', '--quiet', '--write', 'net.ipv4.ip_forward=1');
    const outside = await makeNamespace();
    await plug(host.path, 'lan', outside.path, 'eth0', '192.0.2.2/24');
    await host.inside('ip', 'address', 'add', '192.0.2.1/24', 'dev', 'lan');
    const podman = podmanAt(place, { netns: host.path, mountsOf: await makeMounts(), networks: 'netavark' });
    const must = async (...args: string[]) => {
      const ended = await podman(...args);
      expect(ended, ended.stderr).toMatchObject({ status: 0 });
      return ended.stdout.trim();
    };
    onTestFinished(async () => {
      await podman('rm', '--all', '--force', '--time=1');
    });
    const archive = path.join(place.folder, 'rootfs.tar');
    await place.call(['tar', '--create', '--file', archive, '--directory', place.rootfs, 'netserver'], {});
    await must('import', '--quiet', archive, 'netserver');
    await must('network', 'create', 'backend');
    await must('network', 'create', '--ipv6', '--subnet=fd00:77::/64', '--subnet=10.97.0.0/24', 'six');

    const run = (name: string, options: string[], ...more: string[]) =>
      must(
        ...['run', '--detach', '--name', name, `--cgroup-parent=/${place.name}`, ...options],
        ...['netserver', '/netserver', ...words, ...more],
      );
    const says = (name: string, line: string, times = 1) =>
      until(`${name} says ${line}`, 60_000, async () => (await podman('logs', name)).stdout.split(line).length > times);
    const field = (name: string, key: string) =>
      must('inspect', '--format', `{{range .NetworkSettings.Networks}}{{.${key}}}{{end}}`, name);
    const curl = (inside: typeof host.inside, url: string) =>
      inside('curl', '--silent', '--show-error', '--globoff', '--max-time', '5', url);

    await run('web', ['--network=backend', '--publish=8080:80']);
    await run('other', ['--network=backend'], 'resolve=web');
    await run('six', ['--network=six']);
    await says('web', 'serving');
    expect(await curl(outside.inside, 'http://192.0.2.1:8080/')).toBe(greeting);
    expect(await curl(host.inside, 'http://127.0.0.1:8080/')).toBe(greeting);
    await says('other', `resolve web: ${await field('web', 'IPAddress')}\n`);
    await says('six', 'serving');
    expect(await curl(host.inside, `http://[${await field('six', 'GlobalIPv6Address')}]/`)).toBe(greeting);
    expect(await curl(host.inside, `http://${await field('six', 'IPAddress')}/`)).toBe(greeting);

    await must('stop', '--time=1', 'web');
    await must('start', 'web');
    await says('web', 'serving', 2);
    expect(await curl(outside.inside, 'http://192.0.2.1:8080/')).toBe(greeting);

    await must('rm', '--force', '--time=1', 'web', 'other', 'six');
    const links = await host.inside('ip', '-brief', 'link');
    expect(links.split('\n').map((line) => line.split(/[\s@]/)[0])).toEqual(['lo', 'lan']);
    // aardvark-dns ends a moment after the last container.
    await until('nothing is left', 60_000, () => place.left().every((line) => /^mount: |\/conmon$/.test(line)));
  },
);
