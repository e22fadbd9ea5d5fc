/** What containers of the tests leave in the folders of this machine's own runnc, on purpose: kept images, filters, answers of programs. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const folders = ['/var/cache/runnc', '/var/lib/runnc'];

const namesIn = (): readonly string[] =>
  folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => [
      folder,
      ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name)),
    ]);

/** Call it before the tests; what it returns removes all that was not there then. */
export function noteWhatIsThere(): () => void {
  const before = new Set(namesIn());
  return () => {
    for (const name of namesIn()) if (!before.has(name)) rmSync(name, { recursive: true, force: true });
  };
}
