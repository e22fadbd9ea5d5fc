/** The names of images in the cache. */
import type { ImageRequest } from '../plugin.ts';
import { sha256 } from '../sys/sha256.ts';
import type { Content } from './content.ts';

/** In the key: what another version of runnc has built is not taken. */
const format = 1;

/** Begins with what `contentMark` says of the content; the rest tells all images apart. */
export function keyOf(content: Content, { kind, depends }: Pick<ImageRequest, 'kind' | 'depends'>): string {
  return `${contentMark(content)}${hex([format, kind, depends, content.name]).slice(0, 32)}`;
}

/** The same for all images of one content: short, as it only tells whether there may be one. */
export const contentMark = ({ name }: Content): string => hex(name).slice(0, 8);

const hex = (value: unknown): string => sha256(JSON.stringify(value)).toString('hex');
