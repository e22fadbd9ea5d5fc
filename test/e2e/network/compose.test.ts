/** docker compose: three services, two of them unikernels, which know each other by name. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { connect } from '../engine/connect.ts';
import { clientEnvironment } from '../engine/docker.ts';
import { nothingLeft, traces } from '../engine/traces.ts';
import { until } from '../engine/until.ts';
import { buildNetworkImages, curl, fetched } from './helpers.ts';

const { address } = connect();
const greeting = 'Hello from a unikernel on the network\n';

beforeAll(buildNetworkImages);

/** As in docs/docker.md. */
const file = `
version: "2.4"
services:
  front:
    image: netserver
    runtime: runnc
    command: ["ip={ipv4}", "gw={gateway4}", "dns={dns}", "resolve=back", "resolve=client"]
    ports: ["18120:80"]
    depends_on: [back]
  back:
    image: netserver
    runtime: runnc
    command: ["ip={ipv4}", "gw={gateway4}", "dns={dns}", "resolve=front"]
  client:
    image: busybox
    command: ["httpd", "-f", "-p", "7000"]
`;

test('up, each by its name, scale, down, and nothing is left', async () => {
  const before = await traces(address);
  const project = `compose${process.pid}`;
  const composeFile = path.join(address.folder, `${project}.yml`);
  writeFileSync(composeFile, file);
  const compose = async (...args: string[]) =>
    (await execa('docker-compose', ['-p', project, '-f', composeFile, ...args], { env: clientEnvironment(address) })).stdout;
  onTestFinished(async () => {
    await compose('down', '--volumes', '--timeout', '1');
  });
  await compose('up', '--detach');
  const logs = (service: string) => compose('logs', '--no-color', service);
  const says = (service: string, line: RegExp) =>
    until(`${service} says ${line}`, 30_000, async () => line.test(await logs(service)));
  await says('front', /resolve back: \d+\.\d+\.\d+\.\d+/);
  await says('front', /resolve client: \d+\.\d+\.\d+\.\d+/);
  // It was started first, and asks until the name is there.
  await says('back', /resolve front: \d+\.\d+\.\d+\.\d+/);
  expect(await fetched('http://127.0.0.1:18120/')).toBe(greeting);
  const wget = (service: string) => compose('exec', '-T', 'client', '/busybox', 'wget', '-q', '-O', '-', `http://${service}/`);
  expect(`${await wget('front')}\n`).toBe(greeting);
  expect(`${await wget('back')}\n`).toBe(greeting);
  await compose('up', '--detach', '--scale', 'back=3');
  expect((await compose('ps', '--quiet', 'back')).trim().split('\n')).toHaveLength(3);
  await compose('restart', '--timeout', '1', 'front');
  await until('front serves again', 60_000, async () => (await curl('http://127.0.0.1:18120/')).stdout === greeting);
  await compose('down', '--timeout', '1');
  await nothingLeft(address, before);
});
