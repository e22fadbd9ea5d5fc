/** Makes the ways to a name server of the namespace, and takes them back. */
import type { Host } from '../../../core/plugin.ts';
import { write } from '../settings.ts';
import { catchLines, deviceSettings, makeLines, rules, unmakeLines, withoutRules } from './lines.ts';
import type { ResolverLink } from './links.ts';

type Tools = Pick<Host, 'runInNetwork' | 'inNetwork'>;

const batch = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/**
 * With the taps connected. Whether it was done: a system without nft has no way, and the guest may do without names.
 * @throws Error ERR_NETWORK
 */
export async function connectResolver(tools: Tools, netns: string, links: readonly ResolverLink[]): Promise<boolean> {
  if (links.length === 0) return false;
  const run = async (program: string, args: readonly string[], lines: readonly string[]) => {
    if (lines.length === 0) return;
    const { status, stderr } = await tools.runInNetwork(netns, program, args, batch(lines));
    if (status !== 0) throw problem(stderr.trim());
  };
  // Devices of a container of the same id whose state was lost.
  await force(tools, netns, links);
  await run('ip', ['-batch', '-'], links.flatMap(makeLines));
  await tools.inNetwork(netns, () => {
    for (const link of links) write(deviceSettings(link));
  });
  // Before anything is caught: nothing comes in unchecked.
  if (
    !(await withNft(() =>
      run(
        'nft',
        ['-f', '-'],
        links.flatMap((link) => [withoutRules(link), rules(link)]),
      ),
    ))
  )
    return false;
  await run('tc', ['-batch', '-'], links.flatMap(catchLines));
  return true;
}

const problem = (complaint: string): Error =>
  Object.assign(new Error(`making a way to the name server of the container: ${complaint}`), { code: 'ERR_NETWORK' });

/** Whatever is left of them; the filters go with the taps. */
export async function disconnectResolver(tools: Tools, netns: string, links: readonly ResolverLink[] = []): Promise<void> {
  if (links.length === 0) return;
  await force(tools, netns, links);
  await withNft(async () => {
    await tools.runInNetwork(netns, 'nft', ['-f', '-'], batch(links.map(withoutRules)));
  });
}

async function force({ runInNetwork }: Tools, netns: string, links: readonly ResolverLink[]): Promise<void> {
  const lines = links.flatMap(unmakeLines);
  if (lines.length > 0) await runInNetwork(netns, 'ip', ['-force', '-batch', '-'], batch(lines));
}

/** Whether the system has nft. */
async function withNft(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_UNSUPPORTED') throw error;
    return false;
  }
}
