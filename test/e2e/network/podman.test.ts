/** Podman on networks of its own (CNI, as Debian 12 has it): published ports, names of networks, and what is left. */
import path from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../engine/until.ts';
import { podmanAt } from '../podman-at.ts';
import { workplace } from '../workplace.ts';
import { makeNamespace, plug } from './bundle.ts';

const place = workplace();
const greeting = 'Hello from a unikernel on the network';
const words = ['ip={ipv4}', 'gw={gateway4}', 'dns={dns}'];
const { failed } = await execa('podman', ['--version'], { reject: false });
const missing = failed ? ' (needs podman)' : '';

function network(bridge: string, subnet: string) {
  const ipam = {
    type: 'host-local',
    dataDir: path.join(place.folder, bridge),
    ranges: [[{ subnet }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return [
    { type: 'bridge', bridge, isGateway: true, ipMasq: true, hairpinMode: true, ipam },
    { type: 'portmap', capabilities: { portMappings: true } },
  ];
}

test.skipIf(missing)(`podman run -p and --network, stop, start, rm${missing}`, async () => {
  const host = await makeNamespace();
  await host.inside('sysctl', '--quiet', '--write', 'net.ipv4.ip_forward=1');
  const networks = { podman: network('rn-podman0', '10.88.0.0/24'), second: network('rn-podman1', '10.89.0.0/24') };
  const podman = podmanAt(place, { netns: host.path, networks });
  const archive = path.join(place.folder, 'rootfs.tar');
  await place.call(['tar', '--create', '--file', archive, '--directory', place.rootfs, 'netserver'], {});
  expect((await podman('import', '--quiet', archive, 'netserver')).status).toBe(0);
  onTestFinished(async () => {
    await podman('rm', '--all', '--force', '--time=1');
  });
  const outside = await makeNamespace();
  await plug(host.path, 'lan', outside.path, 'eth0', '192.0.2.2/24');
  await host.inside('ip', 'address', 'add', '192.0.2.1/24', 'dev', 'lan');

  const run = (name: string, ...options: string[]) =>
    podman('run', '--detach', '--name', name, `--cgroup-parent=/${place.name}`, ...options, 'netserver', '/netserver', ...words);
  expect(await run('web', '--publish=8080:80')).toMatchObject({ status: 0, stderr: '' });
  expect(await run('other', '--network=second')).toMatchObject({ status: 0, stderr: '' });
  const serves = (name: string, times: number) =>
    until(`${name} serves`, 60_000, async () => (await podman('logs', name)).stdout.split('serving').length > times);
  const curl = (inside: typeof host.inside, url: string) => inside('curl', '--silent', '--max-time', '5', '--retry', '3', url);
  await serves('web', 1);
  expect(await curl(outside.inside, 'http://192.0.2.1:8080/')).toBe(greeting);
  expect(await curl(host.inside, 'http://127.0.0.1:8080/')).toBe(greeting);
  await serves('other', 1);
  const address = (await podman('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', 'other'))
    .stdout;
  expect(address).toMatch(/^10\.89\.0\.\d+\n$/);
  expect(await curl(host.inside, `http://${address.trim()}/`)).toBe(greeting);

  expect(await podman('restart', '--time=1', 'web')).toMatchObject({ status: 0, stderr: '' });
  await serves('web', 2);
  expect(await curl(outside.inside, 'http://192.0.2.1:8080/')).toBe(greeting);
  expect((await podman('rm', '--force', '--time=1', 'web', 'other')).status).toBe(0);
  const links = await host.inside('ip', '-brief', 'link');
  expect(links.split('\n').map((line) => line.split(/[\s@]/)[0])).toEqual(['lo', 'lan', 'rn-podman0', 'rn-podman1']);
  expect(place.left().filter((line) => !/^mount: |\/conmon$/.test(line))).toEqual([]);
});
