/** Configuration in layers, of which a later one wins: built in, runnc.config, its profile, a rule for the image, an annotation. */
import type { Config } from './config.ts';

export interface Layer {
  /** Where it is from, for people: `/etc/runnc/runnc.config.yaml`, `profile hvt-only`. */
  readonly source: string;
  readonly values: Partial<Config>;
}

/** One configuration of all layers. `tender` and `options` are merged key by key, everything else is replaced. */
export function mergeLayers(layers: readonly Layer[], beneath: Config): Config {
  let config = beneath;
  for (const { values } of layers) {
    const { tender = {}, options = {}, ...rest } = values;
    config = { ...config, ...rest, tender: mergeTender(config.tender, tender), options: mergeOptions(config.options, options) };
  }
  return config;
}

function mergeTender(beneath: Config['tender'], { preferred, allowed }: Partial<Config['tender']>): Config['tender'] {
  return { preferred: preferred ?? beneath.preferred, allowed: allowed ?? beneath.allowed };
}

function mergeOptions(beneath: Config['options'], above: Config['options']): Config['options'] {
  const merged = Object.entries(above).map(([name, options]) => [name, { ...beneath[name], ...options }] as const);
  return { ...beneath, ...Object.fromEntries(merged) };
}
