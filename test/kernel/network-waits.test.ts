/** Waiting for interfaces that an engine has not made yet, in real network namespaces, while somebody sets the clock. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openNetlink } from '../../core/sys/netlink.ts';
import { lookForInterfaces } from '../../plugins/network-tap/look.ts';
import { interfacesFor } from '../../plugins/network-tap/nat/interfaces.ts';

async function makeNamespace() {
  const folder = mkdtempSync(path.join(tmpdir(), 'runnc-network-waits-'));
  const file = path.join(folder, 'net');
  writeFileSync(file, '');
  await execa('unshare', [`--net=${file}`, 'ip', 'link', 'set', 'lo', 'up']);
  onTestFinished(async () => {
    await execa('umount', ['--lazy', file]);
    rmSync(folder, { recursive: true });
  });
  return file;
}

/** After a moment: an interface that is up, with an address. */
async function plugLater(netns: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const script = 'ip link add eth0 type bridge; ip address add 10.1.0.2/24 dev eth0; ip link set eth0 up';
  await execa('nsenter', [`--net=${netns}`, 'sh', '-ec', script]);
}

/** Whoever asks for the time of day is told one that has jumped by `step` milliseconds since the last answer. */
function jumpingClock(step: number): void {
  let now = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => {
    now += step;
    return now;
  });
  onTestFinished(() => void vi.restoreAllMocks());
}

const hour = 3_600_000;

test.each([
  ['forward', hour],
  ['back', -hour],
])('a clock that jumps %s neither ends nor prolongs the wait', async (_, step) => {
  const netns = await makeNamespace();
  const socket = await openNetlink(netns);
  onTestFinished(() => socket.close());
  const looks = {
    whole: (wait: number) => lookForInterfaces(socket, 1, wait),
    share: (wait: number) => interfacesFor({ netlink: openNetlink }, netns, wait),
  };
  jumpingClock(step);
  // Nothing comes: they give up.
  expect(await Promise.all([looks.whole(60), looks.share(60)])).toEqual([[], []]);
  const found = Promise.all([looks.whole(20_000), looks.share(20_000)]);
  await plugLater(netns);
  for (const interfaces of await found) expect(interfaces.map(({ name }) => name)).toEqual(['eth0']);
});
