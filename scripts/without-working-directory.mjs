/**
 * A bundler plugin (esbuild's interface, which Bun shares) that cuts out of our dependencies what would run code from the
 * working directory. For a runtime that is the bundle: whoever made it would run as root on the host.
 */
import { readFile } from 'node:fs/promises';

/** cosmiconfig looks for its own configuration in the working directory, and runs it: .config/config.js and others. */
const search = 'const metaConfig = metaExplorer.search();';

export const withoutWorkingDirectory = {
  name: 'without-working-directory',
  setup(build) {
    // cosmiconfig's loader of .ts files. Left out of the bundle it would be looked up in ./node_modules at run time.
    build.onResolve({ filter: /^typescript$/ }, () => ({ path: 'typescript', namespace: 'refused' }));
    build.onLoad({ filter: /.*/, namespace: 'refused' }, () => ({
      contents: "throw new Error('configuration in TypeScript is not supported: use .json, .yaml, .mjs or .cjs');",
      loader: 'js',
    }));
    // Its loader of .js files, which nobody calls; in it, the bundler would write down the folder in which runnc was built.
    build.onResolve({ filter: /^import-fresh$/ }, () => ({ path: 'import-fresh', namespace: 'unused' }));
    build.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: "module.exports = () => { throw new Error('modules are loaded by the engine'); };",
      loader: 'js',
    }));
    build.onLoad({ filter: /\/cosmiconfig\/dist\/index\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!source.includes(search)) throw new Error(`${path} has changed: how does it look for its own configuration now?`);
      return { contents: source.replace(search, 'const metaConfig = null;'), loader: 'js' };
    });
  },
};
