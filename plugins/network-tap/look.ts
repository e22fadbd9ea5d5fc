/** Looks at the interfaces of a container; engines may still be adding them. */
import type { Host } from '../../core/plugin.ts';
import { type Interface, parseInterfaces, question } from './interfaces.ts';

/** How long between two looks, in milliseconds. */
const pause = 25;

/**
 * The interfaces of a namespace, once at least `count` of them are up with an address; or when `wait` milliseconds are over, those
 * that are there. After a wait two looks have to agree: addresses come before routes.
 */
export async function lookForInterfaces(
  host: Pick<Host, 'runInNetwork'>,
  netns: string,
  count: number,
  wait: number,
): Promise<readonly Interface[]> {
  const end = Date.now() + wait;
  let before: string | undefined;
  for (let waited = false; ; waited = true) {
    const { status, stdout, stderr } = await host.runInNetwork(netns, 'ip', ['-json', '-details', '-batch', '-'], question);
    if (status !== 0) throw Object.assign(new Error(`ip cannot list the interfaces: ${stderr.trim()}`), { code: 'ERR_NETWORK' });
    const interfaces = parseInterfaces(stdout);
    const answer = JSON.stringify(interfaces);
    const ready = interfaces.filter(({ addresses }) => addresses.length > 0).length >= count;
    if ((ready && (!waited || answer === before)) || Date.now() >= end) return interfaces;
    before = answer;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
