/**
 * Settings of a network namespace that several unikernels need: the first one notes what they were, and the last one sets them back. Noting and
 * changing, looking for others and setting back have to be one step each (`host.inTurn`): else one that begins notes what another one has set,
 * or has its settings taken away by one that has not seen it yet.
 */
import type { Container, Host } from '../../core/plugin.ts';
import { type Other, othersIn } from './others.ts';
import { type Settings, writeSettings } from './sysctl.ts';

/** What is to be set back at the end: what others have changed already was different before. */
export const settingsBefore = (now: Settings, others: readonly Other[]): Settings =>
  Object.fromEntries(
    Object.entries(now).map(([setting, value]) => [
      setting,
      others.find(({ settings }) => setting in settings)?.settings[setting] ?? value,
    ]),
  );

/** In turn, as long as the own tap is there: a crash after it leaves nobody who notes what is not set back yet. */
export async function setBack(
  host: Pick<Host, 'inNetwork'>,
  container: Pick<Container, 'directory'>,
  netns: string,
  { inode, settings }: { readonly inode: number; readonly settings: Settings },
): Promise<void> {
  if (Object.keys(settings).length === 0) return;
  const others = await othersIn(host, container, netns, inode);
  const needed = (setting: string) => others.some((other) => setting in other.settings);
  const free = Object.entries(settings).filter(([setting]) => !needed(setting));
  await host.inNetwork(netns, () => writeSettings(Object.fromEntries(free)));
}
