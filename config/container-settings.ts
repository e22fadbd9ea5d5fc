/** What holds for one container: rules for its image, and annotations that runnc.config allows. */
import { RunncError } from '../core/errors.ts';
import type { Container } from '../core/plugin.ts';
import type { Config, ImageRule, Settings } from './config.ts';
import { type Layer, mergeLayers } from './layers.ts';
import { parseSize } from './sizes.ts';

type Asking = Pick<Container, 'annotations' | 'args'>;

/** What annotations of runnc's begin with. */
export const prefix = 'org.runnc.';

/** Where engines say an image's name (CRI; Podman; image-spec, annotations.md). */
const nameAnnotations = ['io.kubernetes.cri.image-name', 'io.podman.annotations.image-name', 'org.opencontainers.image.ref.name'];

/** Each setting that an annotation can change, and how its text is read. */
const readers: Readonly<Record<string, (text: string) => Partial<Settings>>> = {
  memory: (text) => ({ memory: parseSize(text) }),
  hugePages: (text) => {
    if (text !== 'true' && text !== 'false')
      throw new RunncError('ERR_CONFIG', `must be true or false, not ${JSON.stringify(text)}`);
    return { hugePages: text === 'true' };
  },
  tender: (preferred) => ({ tender: { preferred, allowed: undefined } }),
  unikernel: (unikernel) => ({ unikernel }),
  rootfs: (rootfs) => ({ rootfs }),
  network: (network) => ({ network }),
};

/** @throws RunncError ERR_CONFIG for an annotation that is not allowed or makes no sense */
export function configFor(config: Config, container: Asking): Config {
  return mergeLayers(layersFor(config, container), config);
}

/** The layers above runnc.config. */
export function layersFor(config: Config, container: Asking): readonly Layer[] {
  const rules = config.images.flatMap(({ match, use }, index): readonly Layer[] =>
    matches(match, container) ? [{ source: `images[${index}]`, values: use }] : [],
  );
  return [...rules, ...annotationLayers(config, container)];
}

function annotationLayers({ allowAnnotations, tender }: Config, { annotations }: Asking): readonly Layer[] {
  return Object.entries(readers).flatMap(([name, read]): readonly Layer[] => {
    const key = prefix + name;
    const text = annotations[key];
    if (text === undefined) return [];
    if (!allowAnnotations.includes(name)) {
      throw new RunncError('ERR_CONFIG', `the annotation ${key} is not allowed`, {
        hint: `whoever runs this machine can add ${name} to allowAnnotations in runnc.config`,
      });
    }
    if (name === 'tender' && tender.allowed?.includes(text) === false) {
      throw new RunncError('ERR_NO_TENDER', `the annotation ${key} asks for ${text}, which runnc.config does not allow`, {
        hint: `tender.allowed is ${tender.allowed.join(', ')}`,
      });
    }
    try {
      return [{ source: `annotation ${key}`, values: read(text) }];
    } catch (cause) {
      if (!(cause instanceof RunncError)) throw cause;
      throw new RunncError('ERR_CONFIG', `the annotation ${key}: ${cause.sentence}`, { cause });
    }
  });
}

function matches({ program, image, annotations = {} }: ImageRule['match'], container: Asking): boolean {
  const names = nameAnnotations.flatMap((key) => container.annotations[key] ?? []);
  return (
    (program === undefined || fits(program, container.args[0] ?? '')) &&
    (image === undefined || names.some((name) => fits(image, name))) &&
    Object.entries(annotations).every(([key, pattern]) => {
      const value = container.annotations[key];
      return value !== undefined && fits(pattern, value);
    })
  );
}

/** Whether a text fits a pattern in which `*` stands for any text, slashes included. Never exponential: it looks for piece after piece. */
export function fits(pattern: string, text: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces.shift() as string;
  const last = pieces.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
