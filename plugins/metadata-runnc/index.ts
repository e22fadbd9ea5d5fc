/** What an image or an annotation says in runnc's own words: /runnc.json and `org.runnc.*` (docs/metadata.md). */
import type { Metadata, Plugin } from '../../core/plugin.ts';
import { fileName, keys, parseFile, prefix, programsOf, type Said } from './said.ts';

/** Far more than anybody writes. */
const largest = 64 * 1024;

export default {
  name: 'metadata-runnc',
  api: 1,
  apply({ hooks, readImageFile }) {
    hooks.metadata.tapPromise('metadata-runnc', async (container) => {
      const text = await readImageFile(container, fileName, largest);
      const image = text === undefined ? {} : parseFile(text);
      const annotations = ofAnnotations(container.annotations);
      const said = { ...image, ...annotations };
      if (text === undefined && Object.keys(annotations).length === 0) return undefined;
      return metadataOf(said, annotations.unikernel === undefined ? 'image' : 'annotation');
    });
  },
} satisfies Plugin;

function ofAnnotations(annotations: Readonly<Record<string, string>>): Said {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = annotations[prefix + key];
      return value === undefined || value === '' ? [] : [[key, value] as const];
    }),
  );
}

function metadataOf({ unikernel, program, programs, tender, ...settings }: Said, by: 'image' | 'annotation'): Metadata {
  return {
    ...(unikernel === undefined ? {} : { unikernel: { name: unikernel, by } }),
    ...(program === undefined ? {} : { program }),
    ...(programs === undefined ? {} : { programs: programsOf(programs) }),
    ...(tender === undefined ? {} : { tender }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
}
