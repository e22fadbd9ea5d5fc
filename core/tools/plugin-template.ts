/** `runnc plugin init`: a small plugin that works, with a test, to start from. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RunncError } from '../errors.ts';
import { version } from '../version.ts';

/** Writes a folder of the plugin's name into the working directory; returns what to do next. */
export function writePlugin(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,60}$/.test(name)) {
    throw new RunncError('ERR_ARGUMENT', `${JSON.stringify(name)} cannot be the name of a plugin`, {
      hint: 'small letters, digits and dashes',
    });
  }
  const short = name.replace(/^runnc-plugin-/, '');
  const folder = path.resolve(`runnc-plugin-${short}`);
  if (existsSync(folder)) throw new RunncError('ERR_ARGUMENT', `${folder} is there already`);
  mkdirSync(folder);
  for (const [file, text] of Object.entries(filesOf(short))) writeFileSync(path.join(folder, file), text);
  // Not a dependency in package.json: runnc's package is in no registry, and whoever took the name there would be installed.
  return `wrote ${folder}\nIts test takes runnc's package (npm run build:npm, in runnc's sources):\n  cd ${folder} && npm install --save-dev PATH/runnc-${version}.tgz && npm test\n`;
}

const filesOf = (name: string): Readonly<Record<string, string>> => ({
  'package.json': `${JSON.stringify(
    {
      name: `runnc-plugin-${name}`,
      version: '0.1.0',
      description: `A plugin for runnc: ${name}`,
      type: 'module',
      exports: './index.js',
      files: ['index.js', 'README.md'],
      keywords: ['runnc-plugin'],
      scripts: { test: 'node --test' },
    },
    null,
    2,
  )}\n`,
  'index.js': `/**
 * Adds a text to the command line of every guest.
 *
 * @type {import('runnc/plugin').Plugin<{ suffix: string }>}
 */
export default {
  name: '${name}',
  api: 1,
  options: {
    type: 'object',
    additionalProperties: false,
    properties: { suffix: { type: 'string', description: 'what is added', default: '!' } },
  },
  apply({ hooks, log }, { suffix }) {
    hooks.launch.tap('${name}', (launch) => {
      log.debug(\`adding \${suffix}\`);
      return { ...launch, commandLine: launch.commandLine + suffix };
    });
  },
};
`,
  'index.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { harness } from 'runnc/testing';
import plugin from './index.js';

/** A launch with nothing in it but what the plugin looks at. */
const launch = {
  program: {},
  unikernel: { name: 'test', abi: 'spt', devices: [], commandLine: 'hello' },
  memory: 1048576,
  hugePages: false,
  commandLine: 'hello',
  blocks: [],
  network: { devices: [], nameServers: [], searchDomains: [] },
};

test('adds the suffix', async () => {
  const { hooks, container, remove } = await harness(plugin, { options: { suffix: '?' } });
  try {
    assert.equal((await hooks.launch.promise(launch, container)).commandLine, 'hello?');
  } finally {
    remove();
  }
});

test('refuses options that make no sense', async () => {
  await assert.rejects(harness(plugin, { options: { sufix: '?' } }), /sufix is unknown/);
});
`,
  'README.md': `# runnc-plugin-${name}

Adds a text to the command line of every guest of [runnc](https://github.com/nabla-containers/runnc).

    npm install --prefix /etc/runnc runnc-plugin-${name}

    # /etc/runnc/runnc.config.yaml
    plugins:
      - [runnc-plugin-${name}, { suffix: "!" }]
`,
});
