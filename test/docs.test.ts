/** The pages for people: their links lead somewhere, and they say all that the configuration has. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import schema from '../config/schema.json' with { type: 'json' };
import { shapeOf } from '../core/cli/command.ts';
import { everyCommand } from '../core/cli/every-command.ts';
import { globalOptions } from '../core/cli/global.ts';
import manifest from '../package.json' with { type: 'json' };

const top = fileURLToPath(new URL('..', import.meta.url));
const notOurs = ['.git', 'build', 'dist', 'node_modules'];

const pages = readdirSync(top, { withFileTypes: true })
  .flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    if (notOurs.includes(entry.name)) return [];
    return readdirSync(path.join(top, entry.name), { recursive: true }).map((name) => path.join(entry.name, String(name)));
  })
  .filter((name) => name.endsWith('.md') && !name.includes('node_modules'));

const read = (page: string) => readFileSync(path.join(top, page), 'utf8');
/** Without what stands in code, where `[a](b)` is no link. */
const prose = (page: string) => read(page).replace(/^(```|~~~)[\s\S]*?^\1|^ {4}.*$|`[^`\n]*`/gm, '');

/** Anchors of a page's headings, as GitHub makes them. */
function anchors(page: string): readonly string[] {
  const headings = [...read(page).matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(pages)('the links of %s lead somewhere', (page) => {
  const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? page : path.join(path.dirname(page), file);
    if (!existsSync(path.join(top, target))) return true;
    return anchor !== undefined && !anchors(target).includes(anchor);
  });
  expect(broken).toEqual([]);
});

/** The commands of runnc that stand in a page, as lines of code or between backquotes, as their words. */
function commandsIn(page: string): readonly (readonly string[])[] {
  const text = read(page);
  const code = [...text.matchAll(/^ {4}(.+)$|`([^`\n]+)`/gm)].map(([, line, inline]) => line ?? inline ?? '');
  const fenced = [...text.matchAll(/^(```|~~~).*\n([\s\S]*?)^\1/gm)].flatMap(([, , block = '']) => block.split('\n'));
  return [...code, ...fenced].flatMap((line) => {
    const [, command] = /(?:^|[|;] |&& )(?:\$ )?(?:sudo )?(?:[\w./]*(?:bin|dist)\/)?runnc ((?:[a-z]|--).*)$/.exec(line) ?? [];
    return command === undefined ? [] : [command.split(/ [|#>&]|;/, 1)[0]?.split(' ') ?? []];
  });
}

test.each(pages.filter((page) => commandsIn(page).length > 0))('the commands in %s exist, with their options', (page) => {
  const named = (options: typeof globalOptions) => options.flatMap((option) => Object.values(shapeOf(option)));
  for (const words of commandsIn(page)) {
    const spec = everyCommand.find(({ name }) => words.includes(name));
    const known = [...named(globalOptions), ...(spec ? named(spec.options) : []), '--help', '-h', '--version', '-v'];
    const unknown = words.filter((word) => word.startsWith('-') && !known.includes(word.split('=', 1)[0]));
    expect({ words, unknown, isCommand: spec !== undefined || words.every((word) => word.startsWith('-')) }).toEqual({
      words,
      unknown: [],
      isCommand: true,
    });
  }
});

test.each(pages)('the npm scripts in %s exist', (page) => {
  const named = [...read(page).matchAll(/\bnpm run (?:--silent )?([\w:]+)/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !(name in manifest.scripts))).toEqual([]);
});

interface Key {
  readonly name: string;
  readonly preset?: unknown;
}

const definitions: Properties = schema.definitions as unknown as Properties;

interface Properties {
  readonly [name: string]: { readonly description?: string; readonly default?: unknown; readonly properties?: Properties };
}

function keys(properties: object, above = ''): readonly Key[] {
  return Object.keys(properties).flatMap((key): Key[] => {
    const defined = above === '' && key in definitions ? definitions[key] : (properties as Properties)[key];
    const { default: preset, properties: inner } = defined ?? {};
    const name = `${above}${key}`;
    return [{ name, preset }, ...(inner ? keys(inner, `${name}.`) : [])];
  });
}

test.each(keys(schema.properties))('docs/configuration.md has the key $name and its default', ({ name, preset }) => {
  const row = read('docs/configuration.md')
    .split('\n')
    .find((line) => line.startsWith(`| \`${name}\` `));
  expect(row).toBeDefined();
  if (preset !== undefined) expect(row).toContain(`\`${JSON.stringify(preset)}\``);
});
