/** Makes a share, and takes it back. */
import type { Host } from '../../../core/plugin.ts';
import { type Settings, write } from '../settings.ts';
import { addressLines, forwardRules, rules, tapLines, tapSettings, withoutRules } from './lines.ts';
import type { Share } from './share.ts';

export type Tools = Pick<Host, 'runInNetwork' | 'inNetwork'>;

const batch = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** Makes the tap, still down. @throws Error ERR_NETWORK */
export async function makeShareTap({ runInNetwork: run }: Tools, netns: string, share: Share): Promise<void> {
  const make = () => run(netns, 'ip', ['-batch', '-'], batch(tapLines(share)));
  if ((await make()).status === 0) return;
  // Of a container of the same id whose state was lost.
  await run(netns, 'ip', ['link', 'delete', 'dev', share.tap]);
  refuse(await make());
}

/** Connects it. `shared` are settings of the namespace's interfaces. @throws Error ERR_NETWORK */
export async function connectShare(tools: Tools, netns: string, share: Share, shared: Settings): Promise<void> {
  const { runInNetwork: run } = tools;
  await tools.inNetwork(netns, () => {
    write(tapSettings(share));
    write(shared);
  });
  refuse(await run(netns, 'nft', ['-f', '-'], `${withoutRules(share)}${rules(share)}`));
  refuse(await run(netns, 'ip', ['-batch', '-'], batch(addressLines(share))));
  if (!share.isHost) return;
  for (const rule of forwardRules(share)) {
    const result = await iptables(tools, netns, '-I', rule);
    if (result) refuse(result);
  }
}

/** Whatever is there of it. */
export async function disconnectShare(tools: Tools, netns: string, share: Share): Promise<void> {
  const { runInNetwork: run } = tools;
  await run(netns, 'ip', ['link', 'delete', 'dev', share.tap]);
  await run(netns, 'nft', ['-f', '-'], withoutRules(share));
  if (share.isHost) for (const rule of forwardRules(share)) await iptables(tools, netns, '-D', rule);
}

type Result = Awaited<ReturnType<Host['runInNetwork']>>;

/** A host without iptables has no rules of it, and is passed over. */
async function iptables(tools: Tools, netns: string, command: string, [chain = '', ...rule]: readonly string[]) {
  try {
    return await tools.runInNetwork(netns, 'iptables', ['-w', command, chain, ...rule]);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_UNSUPPORTED') throw error;
    return undefined;
  }
}

function refuse({ status, stderr }: Result): void {
  if (status === 0) return;
  throw Object.assign(new Error(`connecting the guest with a network namespace that others use: ${stderr.trim()}`), {
    code: 'ERR_NETWORK',
  });
}
