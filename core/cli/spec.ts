/** `runnc spec`: writes a config.json to start from. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunncError } from '../errors.ts';
import { defaultSpec } from '../oci/default-spec.ts';

/** @throws RunncError ERR_ARGUMENT when there is one already */
export function writeSpec(bundle: string): void {
  const file = join(bundle, 'config.json');
  try {
    writeFileSync(file, `${JSON.stringify(defaultSpec(), null, 2)}\n`, { flag: 'wx', mode: 0o644 });
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new RunncError(
      'ERR_ARGUMENT',
      exists ? `${file} exists already` : `${file} cannot be written: ${(cause as Error).message}`,
      { cause },
    );
  }
}
