/** A name server of the test's, in any network namespace. */
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { until } from '../engine/until.ts';

/** Answers 192.0.2.77 to everything, by UDP and TCP at port 53 of an address. */
export async function startNameServer(netns: string, address: string): Promise<void> {
  const program = `
    import { createSocket } from 'node:dgram';
    import { createServer } from 'node:net';
    const answer = (message) => {
      const question = message.subarray(12, message.indexOf(0, 12) + 5);
      const header = Buffer.from([message[0], message[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
      return Buffer.concat([header, question, Buffer.from('c00c000100010000003c0004c000024d', 'hex')]);
    };
    const socket = createSocket('udp4');
    socket.on('message', (message, from) => socket.send(answer(message), from.port, from.address));
    const server = createServer((connection) => {
      let received = Buffer.alloc(0);
      connection.on('error', () => {});
      connection.on('data', (data) => {
        received = Buffer.concat([received, data]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        const message = answer(received.subarray(2));
        connection.end(Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]));
      });
    });
    socket.bind(53, process.argv[1], () => server.listen(53, process.argv[1], () => console.log('ready')));`;
  const command = [`--net=${netns}`, process.execPath, '--input-type=module', '-e', program, address];
  const server = execa('nsenter', command, { reject: false });
  onTestFinished(async () => {
    server.kill();
    await server;
  });
  let ready = false;
  server.stdout.on('data', () => {
    ready = true;
  });
  await until('the name server listens', 60_000, () => ready);
}
