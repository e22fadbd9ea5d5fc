/** The schema of runnc.config as it is published: config/schema.json, with the options of every built-in plugin. */
import { builtIn } from './registry.ts';
import base from './schema.json' with { type: 'json' };

export function fullSchema(): object {
  const known = builtIn.map(([{ name }]) => name);
  const withOptions = builtIn.flatMap(([{ name, options }]) => (options === undefined ? [] : [[name, options] as const]));
  const items = {
    title: base.definitions.plugins.items.title,
    anyOf: [
      { enum: known },
      { type: 'string', minLength: 1 },
      ...builtIn.map(([{ name, options = { type: 'object', maxProperties: 0 } }]) => ({
        type: 'array',
        items: [{ const: name }, { anyOf: [{ const: false }, options] }],
        minItems: 1,
        maxItems: 2,
      })),
      {
        type: 'array',
        items: [{ type: 'string', minLength: 1, not: { enum: known } }, { type: 'object' }],
        minItems: 1,
        maxItems: 2,
      },
    ],
  };
  const definitions = {
    ...base.definitions,
    plugins: { ...base.definitions.plugins, items },
    options: { ...base.definitions.options, properties: Object.fromEntries(withOptions) },
  };
  return { ...base, definitions };
}
