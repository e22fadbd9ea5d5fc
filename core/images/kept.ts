/** Whether it is worth to look for an image before anybody asks for one. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where images for later containers are, beneath cacheDirectory. */
export const imagesFolder = 'images';

/** Names of the images that are kept. */
export function keptNames(cacheDirectory: string): readonly string[] {
  try {
    return readdirSync(join(cacheDirectory, imagesFolder)).filter((name) => name.endsWith('.img'));
  } catch {
    // Nothing was ever kept.
    return [];
  }
}
