/**
 * Writes docs/hooks.md from the types in core/plugin: `node scripts/hooks-reference.mjs`. A test compares the two.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const kinds = {
  AsyncSeriesBailHook: ['asks', 'the first answer that is not `undefined` wins'],
  AsyncSeriesWaterfallHook: ['shapes', 'each is given what the one before returned'],
  AsyncSeriesHook: ['does or tells', 'all are called, in order'],
};
/** Types whose members an author fills in or reads. */
const explained = [
  'Container',
  'Program',
  'Unikernel',
  'BlockDevice',
  'Images',
  'ImageRequest',
  'MadeImage',
  'Network',
  'NetworkDevice',
  'Launch',
  'Tender',
  'TapePlan',
  'ProgramPlan',
];

/** The source text of all of a plugin's types. */
export function pluginTypes() {
  const folder = path.join(root, 'core/plugin');
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(path.join(folder, name), 'utf8'))
    .join('\n');
}

/** The page for a source text. */
export function hooksReference(source) {
  const hooks = members(interfaceBody(source, 'Hooks'));
  return [
    '# Hooks',
    '',
    'Made by scripts/hooks-reference.mjs from [core/plugin](../core/plugin); not to be edited. How to write a plugin:',
    '[plugins.md](plugins.md).',
    '',
    ...hooks.flatMap(({ name, type, comment }) => {
      const [, kind = '', args = '', answer = ''] = /^(\w+)<\s*\[(.*?)\],?\s*(.*?)\s*>$/.exec(type) ?? [];
      const [verb, how] = kinds[kind] ?? ['', ''];
      return [
        `## ${name}`,
        '',
        `*${verb}: ${how}.* ${comment}`.trimEnd(),
        '',
        `    hooks.${name}.tapPromise(name, async (${args.replace(/,\s*$/, '')}): Promise<${returned(kind, args, answer)}> => ...)`,
        '',
      ];
    }),
    '# Types',
    '',
    ...explained.flatMap((name) => [`## ${name}`, '', ...table(members(interfaceBody(source, name))), '']),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

const returned = (kind, args, answer) => {
  if (kind === 'AsyncSeriesHook') return 'void';
  return kind === 'AsyncSeriesWaterfallHook' ? args.replace(/^\w+: (\w+).*/, '$1') : answer;
};

function table(rows) {
  const cell = (text) => text.replaceAll('|', '\\|');
  return [
    '| member | type | |',
    '| --- | --- | --- |',
    ...rows.map(({ name, type, comment }) => `| \`${name}\` | \`${cell(type)}\` | ${cell(comment)} |`),
  ];
}

/** What stands between the braces of `export interface NAME`. */
function interfaceBody(source, name) {
  const start = source.search(new RegExp(`^export interface ${name}\\b`, 'm'));
  if (start < 0) throw new Error(`core/plugin has no interface ${name}`);
  const open = source.indexOf('{', start);
  let depth = 0;
  for (let at = open; at < source.length; at++) {
    if (source[at] === '{') depth += 1;
    if (source[at] === '}') depth -= 1;
    if (depth === 0) return source.slice(open + 1, at);
  }
  throw new Error(`the interface ${name} does not end`);
}

/** Members of an interface, with the comment above each on one line. */
function members(body) {
  const pattern = /(?:\/\*\*([\s\S]*?)\*\/\s*)?(?:readonly\s+)?(\w+)(\??:|\()((?:[^;{}]|\{[^}]*\})*);/g;
  return [...body.matchAll(pattern)].map(([, comment = '', name, after, rest]) => ({
    name,
    type: oneLine(after === '(' ? `(${rest}` : rest) + (after === '?:' ? ' (optional)' : ''),
    comment: oneLine(comment.replaceAll(/^\s*\* ?/gm, '')),
  }));
}

const oneLine = (text) => text.replaceAll(/\s+/g, ' ').trim();

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(path.join(root, 'docs/hooks.md'), hooksReference(pluginTypes()));
}
