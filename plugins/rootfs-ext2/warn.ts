/** What a guest that sees images has to know of its volumes: once for each container. */
import type { Host, Volume } from '../../core/plugin.ts';

export function warn({ log }: Host, volumes: readonly Volume[], others: readonly string[]): void {
  const say = (places: readonly string[]) => places.map((place) => JSON.stringify(place)).join(', ');
  if (others.length > 0) log.warn(`the guest does not see what is mounted at ${say(others)}: it is neither a file nor a folder`);
  const shared = volumes.filter(({ source }) => source !== undefined);
  if (shared.length === 0) return;
  const written = shared.filter(({ readOnly }) => !readOnly).map(({ destination }) => destination);
  const places = say(shared.map(({ destination }) => destination));
  const back = written.length > 0 ? `; what it writes to ${say(written)} reaches the host when it stops, and at runnc sync` : '';
  log.warn(`the guest has ${places} as it is now: it does not see what changes there later${back}`);
}
