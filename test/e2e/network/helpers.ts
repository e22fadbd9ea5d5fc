/** Containers of netserver, and programs that talk to them from where the engine's bridge is. */
import { expect, inject, onTestFinished } from 'vitest';
import { connect } from '../engine/connect.ts';
import type { Result } from '../engine/docker.ts';
import { until } from '../engine/until.ts';
import { busybox } from './busybox.ts';

const { docker, buildImage, onHost } = connect();

/** What a person would write behind the image's name. */
export const addressWords = ['ip={ipv4}', 'gw={gateway4}', 'ip6={ipv6}', 'gw6={gateway6}', 'dns={dns}'];

export async function buildNetworkImages(): Promise<void> {
  const guests = inject('guests');
  await buildImage('netserver', {
    files: { '/netserver': `${guests}/netserver.spt` },
    entrypoint: ['/netserver'],
    cmd: addressWords,
  });
  await buildImage('netserver-hvt', {
    files: { '/netserver': `${guests}/netserver.hvt` },
    entrypoint: ['/netserver'],
    cmd: addressWords,
  });
  await buildImage('netserver-two', { files: { '/netserver': `${guests}/netserver-two.spt` }, entrypoint: ['/netserver'] });
  await buildImage('busybox', { files: { '/busybox': busybox }, entrypoint: ['/busybox'] });
}

export interface Server {
  readonly name: string;
  logs(): Promise<string>;
  /** Waits until a line of its output fits. */
  says(line: string | RegExp): Promise<string>;
  /** A field of `docker inspect` for the network it is on. */
  address(network?: string, field?: string): Promise<string>;
}

let count = 0;

/** `docker run -d` with runnc; the container is removed when the test has ended. */
export async function startServer(
  options: readonly string[] = [],
  words?: readonly string[],
  image = 'netserver',
  runtime = 'runnc',
): Promise<Server> {
  const name = `net-${process.pid}-${++count}`;
  onTestFinished(async () => {
    await docker('rm', '--force', name);
  });
  ok(await docker('run', '-d', '--name', name, `--runtime=${runtime}`, ...options, image, ...(words ?? [])));
  return serverNamed(name);
}

export function serverNamed(name: string): Server {
  const logs = async () => (await docker('logs', name)).stdout;
  return {
    name,
    logs,
    async says(line) {
      const fits = (text: string) => (typeof line === 'string' ? text.includes(line) : line.test(text));
      await until(`${name} says ${line}`, 60_000, async () => fits(await logs()));
      return await logs();
    },
    async address(network = 'bridge', field = 'IPAddress') {
      const template = `{{(index .NetworkSettings.Networks "${network}").${field}}}`;
      return ok(await docker('inspect', '--format', template, name)).stdout.trim();
    },
  };
}

/** The result, if the command went well; otherwise the test fails with what it said. */
export function ok(result: Result): Result {
  expect(result, result.stderr).toMatchObject({ status: 0 });
  return result;
}

export async function makeNetwork(...options: string[]): Promise<string> {
  const name = `net-${process.pid}-${++count}`;
  ok(await docker('network', 'create', ...options, name));
  onTestFinished(async () => {
    await docker('network', 'rm', name);
  });
  return name;
}

/** `curl URL` beside the engine's bridge. What it complains of comes with the neighbours that are known there. */
export async function curl(url: string, ...options: string[]): Promise<Result> {
  const result = await onHost('curl', '--silent', '--show-error', '--globoff', '--max-time', '20', ...options, url);
  if (result.status === 0) return result;
  return { ...result, stderr: result.stderr + (await onHost('ip', 'neighbour')).stdout };
}

/** What is at that URL; where that cannot be had the test fails with what curl said. */
export const fetched = async (url: string, ...options: string[]): Promise<string> => ok(await curl(url, ...options)).stdout;

/** Percentage of `count` echo requests that came back. */
export async function ping(address: string, ...options: string[]): Promise<Result> {
  return onHost(busybox, 'ping', '-W', '2', ...options, address);
}

/** Runs a function beside the engine's bridge, in a Node of its own; it prints what it finds out. */
export async function nodeOnHost(program: string, ...args: string[]): Promise<Result> {
  return onHost(process.execPath, '--input-type=module', '-e', program, ...args);
}

/** Sends a datagram to the echo port and prints what comes back. */
export const udpEcho = (address: string, text: string): Promise<Result> =>
  nodeOnHost(
    `import { createSocket } from 'node:dgram';
     const [address, text] = process.argv.slice(1);
     const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
     const send = () => socket.send(text, 7, address);
     const again = setInterval(send, 300);
     const giveUp = setTimeout(() => process.exit(1), 30_000);
     socket.on('message', (message) => { process.stdout.write(message); clearInterval(again); clearTimeout(giveUp); socket.close(); });
     send();`,
    address,
    text,
  );

/** Makes `total` requests, so many at a time, and prints how many went wrong. */
export const manyRequests = (url: string, total: number, atOnce: number): Promise<Result> =>
  nodeOnHost(
    `import { get } from 'node:http';
     const [url, total, atOnce] = process.argv.slice(1);
     let left = Number(total), failed = 0;
     const one = () => new Promise((done) => {
       const fail = () => { failed += 1; done(); };
       get(url, { agent: false, timeout: 20000 }, (response) => {
         let text = '';
         response.on('data', (data) => { text += data; });
         response.on('end', () => (text.startsWith('Hello') ? done() : fail()));
         response.on('error', fail);
       }).on('error', fail);
     });
     const worker = async () => { while (left-- > 0) await one(); };
     await Promise.all(Array.from({ length: Number(atOnce) }, worker));
     console.log(failed);`,
    url,
    String(total),
    String(atOnce),
  );
