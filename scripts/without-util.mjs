/**
 * A bundler plugin that takes node:util away from tapable, which wants it for a word about what is deprecated: it gets what tapable
 * itself has in its place for browsers. Loading node:util would cost every command that has plugins a millisecond.
 */
import { readFile } from 'node:fs/promises';

const wanted = 'require("util")';

export const withoutUtil = {
  name: 'without-util',
  setup({ onLoad }) {
    onLoad({ filter: /\/tapable\/lib\/(Hook|HookMap)\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!source.includes(wanted)) throw new Error(`${path} has changed: what does it want of node:util now?`);
      return { contents: source.replace(wanted, 'require("./util-browser.js")'), loader: 'js' };
    });
  },
};
