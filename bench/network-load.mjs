/** What one server gives: `node network-load.mjs ADDRESS` prints requests per second, throughput, and round trips, as JSON. */
import { execFileSync } from 'node:child_process';
import { Agent, get } from 'node:http';

const [address = ''] = process.argv.slice(2);
const seconds = 0.5;
const atOnce = 20;
const bytes = 10_000_000;

function fetch(path) {
  return new Promise((resolve, reject) => {
    get({ host: address, path, agent: new Agent({ keepAlive: false }), timeout: 20_000 }, (response) => {
      let size = 0;
      response.on('data', (data) => {
        size += data.length;
      });
      response.on('end', () => resolve(size));
      response.on('error', reject);
    }).on('error', reject);
  });
}

/** `atOnce` connections, each closed after its answer, for as long as it is time. */
async function requestsPerSecond() {
  let count = 0;
  const begin = performance.now();
  const worker = async () => {
    while (performance.now() - begin < seconds * 1000) {
      await fetch('/');
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return count / ((performance.now() - begin) / 1000);
}

async function megabytesPerSecond() {
  const begin = performance.now();
  const size = await fetch(`/bytes/${bytes}`);
  if (size !== bytes) throw new Error(`${size} of ${bytes} bytes arrived`);
  return size / 1000 / (performance.now() - begin);
}

/** The median of 100 echo requests, in microseconds. */
function pingMicroseconds() {
  const text = execFileSync('busybox', ['ping', '-c', '100', '-i', '0.01', address], { encoding: 'utf8' });
  const times = [...text.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time) * 1000).sort((a, b) => a - b);
  if (times.length < 100) throw new Error(`${100 - times.length} of 100 echo requests were lost`);
  return times[times.length >> 1];
}

console.log(
  JSON.stringify({
    pingMicroseconds: pingMicroseconds(),
    requestsPerSecond: await requestsPerSecond(),
    megabytesPerSecond: await megabytesPerSecond(),
  }),
);
