/** `runnc kept`: what guests wrote that is in no container's use. */
import { loadConfig } from '../../config/load.ts';
import { RunncError } from '../errors.ts';
import type { Context } from '../lifecycle/context.ts';
import { loadRuntime } from '../lifecycle/load-plugins.ts';
import type { Kept } from '../plugin.ts';
import { mebibytes, table } from './table.ts';

async function allKept({ config: path, profile, log }: Context): Promise<readonly Kept[]> {
  const { config } = await loadConfig({ path, profile });
  const { resources } = await loadRuntime(config, log);
  return [...(await resources.kept())].sort((one, other) => other.written - one.written);
}

/** What was written to last comes first. */
export async function listKept(context: Context, json: boolean): Promise<string> {
  const rows = (await allKept(context)).map(({ written, remove: _, ...kept }) => ({
    ...kept,
    lastWritten: new Date(written).toISOString().slice(0, 19).replace('T', ' '),
  }));
  if (json) return `${JSON.stringify(rows, null, 2)}\n`;
  const total = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    table([
      ['NAME', 'CONTAINER', 'SIZE', 'LAST WRITTEN', "GUEST'S WRITES", 'WHY', 'FILE'],
      ...rows.map(({ name, container, bytes, lastWritten, isWritten, why, path }) => [
        ...[name, container.slice(0, 12), mebibytes(bytes), lastWritten, isWritten ? 'yes' : 'none', why, path],
      ]),
    ]),
    `${rows.length} kept, ${mebibytes(total)}\n`,
  ].join('');
}

/** Removes those of which nothing would be lost. */
export async function pruneKept(context: Context): Promise<string> {
  return remove((await allKept(context)).filter(({ isWritten }) => !isWritten));
}

/** @throws RunncError ERR_ARGUMENT for a name that is not kept, before anything is removed */
export async function removeKept(context: Context, names: readonly string[], all: boolean): Promise<string> {
  const kept = await allKept(context);
  if (all) return remove(kept);
  if (names.length === 0) throw new RunncError('ERR_ARGUMENT', 'kept rm: no name is given', { hint: 'name some, or say --all' });
  const unknown = names.find((name) => !kept.some((each) => each.name === name));
  if (unknown !== undefined) {
    throw new RunncError('ERR_ARGUMENT', `kept rm: nothing called ${JSON.stringify(unknown)} is kept`, { hint: 'runnc kept ls' });
  }
  return remove(kept.filter(({ name }) => names.includes(name)));
}

async function remove(kept: readonly Kept[]): Promise<string> {
  for (const each of kept) await each.remove();
  return `removed ${kept.length} of ${mebibytes(kept.reduce((sum, { bytes }) => sum + bytes, 0))}\n`;
}
