/** What a guest reads of the network in the files of its root image: resolv.conf and hosts, as they are when it starts. */
import path from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { makeNetwork, ok } from './helpers.ts';

const { docker, buildImage } = connect();

beforeAll(async () => {
  const files = { '/list-iso': path.join(inject('guests'), 'list-iso-net.spt') };
  await buildImage('list-iso-net', { files, entrypoint: ['/list-iso'] });
  const ext2 = { '/ext2': path.join(inject('guests'), 'ext2-net.spt') };
  await buildImage('ext2-net', { files: ext2, entrypoint: ['/ext2'], env: { RUNNC_ROOTFS: 'ext2' } });
});

describe.each(['list-iso-net', 'ext2-net'])('the root image of %s', (image) => {
  const read = async (file: string, ...options: string[]) =>
    ok(await docker('run', '--rm', '--runtime=runnc', ...options, image, 'read', file)).stdout.trimEnd();

  test('resolv.conf names the server that the guest can reach, and keeps what else is said', async () => {
    const network = await makeNetwork();
    const options = ['--network', network, '--dns-search', 'example.org', '--dns-option', 'timeout:1'];
    const text = await read('/etc/resolv.conf', ...options);
    expect(text.match(/^nameserver .*$/gm)).toEqual(['nameserver 169.254.53.53']);
    expect(text).toMatch(/^search example\.org$/m);
    expect(text).toMatch(/^options .*timeout:1/m);
  });

  test('with ordinary name servers it is as Docker wrote it', async () => {
    expect(await read('/etc/resolv.conf', '--dns', '192.0.2.1', '--dns', '192.0.2.2')).toBe(
      'nameserver 192.0.2.1\nnameserver 192.0.2.2',
    );
  });

  test('hosts has what Docker put there, the container itself too', async () => {
    const network = await makeNetwork('--subnet', '10.79.0.0/24');
    const options = ['--network', network, '--ip', '10.79.0.9', '--hostname', 'guest', '--add-host', 'other:192.0.2.9'];
    const text = await read('/etc/hosts', ...options);
    expect(text).toMatch(/^10\.79\.0\.9\s+guest$/m);
    expect(text).toMatch(/^192\.0\.2\.9\s+other$/m);
  });
});
