/**
 * Makes the sources that are not written by hand: `npm run generate`. Each step names its inputs and makes some files;
 * a step whose files carry the hash of its inputs already is skipped. Plain JavaScript, since Node 20 runs it as it is.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { canCompileFor, compilerFor } from './compilers.mjs';
import { architectureSources, loopHeaders, loopModule, loopSources } from './loops.mjs';

const root = path.resolve(import.meta.dirname, '..');

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {readonly string[]} inputs Files, from the project's root; a change in any makes the step run.
 * @property {readonly string[]} outputs Files, from the project's root, each of a language whose comments begin with //.
 * @property {boolean} [without] Whether what makes the outputs is not there, and a stand-in is made.
 * @property {(inputs: readonly string[]) => Promise<readonly string[]>} make From the inputs' contents to the outputs', in order.
 */

/**
 * Code for another architecture than this machine's, whose compiler is not installed: nothing here runs it, and a build for that
 * architecture says what is missing (scripts/build.mjs).
 */
const lacksCompiler = (architecture) => !canCompileFor(architecture);

/** @type {readonly Step[]} */
const steps = [
  validator({
    name: 'config.json validator',
    schemas: ['config', 'process', 'linux', 'resources', 'seccomp'].map((part) => `core/oci/${part}.schema.json`),
    output: 'core/generated/validate-spec',
    // Only one violation is shown, and a configuration of a container is read at each start: stop at the first.
    options: { inlineRefs: false },
  }),
  validator({
    name: 'runnc.config validator',
    schemas: ['config/schema.json'],
    output: 'core/generated/validate-config',
    // `verbose` hands the violated schema out, in which the nearest valid key is looked up.
    options: { verbose: true },
  }),
  validator({
    name: "validator of plugins' answers",
    schemas: ['core/lifecycle/runtime/answers.schema.json'],
    output: 'core/generated/validate-answers',
    options: { verbose: true, strictRequired: false, strictTypes: false },
  }),
  ...['x86_64', 'aarch64'].flatMap((architecture) => [player(architecture), loop(architecture, 'loop')]),
  // Nobody had unikernels for aarch64 in 2018.
  loop('x86_64', 'legacy-loop'),
];

/**
 * A step that compiles a run loop of tender-hvt for an architecture.
 * @returns {Step}
 */
function loop(architecture, name) {
  const folder = 'plugins/tender-hvt/loop';
  const own = [...architectureSources[architecture], `${architecture}/arch.h`, `${architecture}/system-call.h`];
  const sources = [...loopSources[name], ...loopHeaders, ...own].map((file) => `${folder}/${file}`);
  return {
    name: `hvt ${name} for ${architecture}`,
    inputs: [...sources, 'scripts/loops.mjs'],
    outputs: [`plugins/tender-hvt/generated/${name}-${architecture}.ts`],
    without: lacksCompiler(architecture),
    async make() {
      if (lacksCompiler(architecture)) return ['export const code = new Uint8Array(0);\nexport const faultHandlerOffset = 0;\n'];
      return [loopModule({ folder: path.join(root, folder), architecture, compiler: compilerFor(architecture), name })];
    },
  };
}

/**
 * A step that assembles the player of an architecture.
 * @returns {Step}
 */
function player(architecture) {
  const folder = `plugins/arch-${architecture}`;
  return {
    name: `player for ${architecture}`,
    inputs: [`${folder}/player.S`, 'scripts/players.mjs'],
    outputs: [`${folder}/generated/player.ts`],
    without: lacksCompiler(architecture),
    async make() {
      if (lacksCompiler(architecture)) return ['export const player = new Uint8Array(0);\nexport const handlerOffset = 0;\n'];
      const { playerModule } = await import('./players.mjs');
      return [playerModule(path.join(root, folder, 'player.S'), compilerFor(architecture))];
    },
  };
}

/**
 * A step that compiles JSON Schemas, the first of which is the entry, to a module without imports.
 * ajv needs 25 to 50 ms to compile them at run time; what it makes here costs about nothing to load.
 * @returns {Step}
 */
function validator({ name, schemas, output, options }) {
  return {
    name,
    inputs: [...schemas, 'node_modules/ajv/package.json'],
    outputs: [`${output}.mjs`, `${output}.d.mts`],
    async make(contents) {
      const [{ Ajv }, { default: standalone }, esbuild] = await Promise.all([
        import('ajv'),
        import('ajv/dist/standalone/index.js'),
        import('esbuild'),
      ]);
      const ajv = new Ajv({
        ...options,
        strict: true,
        strictTuples: false,
        allowUnionTypes: true,
        // Sentences are made by core/oci/explain.ts, from keyword and parameters.
        messages: false,
        code: { source: true, esm: true, lines: true },
      });
      const parsed = schemas.map((_, index) => JSON.parse(contents[index]));
      for (const schema of parsed) ajv.addSchema(schema);
      const validate = ajv.getSchema(parsed[0].$id);
      const source = `${standalone.default(ajv, validate)}
        export const violations = (value) => (validate(value) ? [] : validate.errors);`;
      // `export default` goes, so that the module's one name says what it returns.
      const stdin = { contents: source.replace(/^export default .*$/m, ''), resolveDir: root };
      const bundled = await esbuild.build({
        stdin,
        bundle: true,
        write: false,
        format: 'esm',
        target: 'node20',
        minify: true,
        logLevel: 'silent',
      });
      return [bundled.outputFiles[0].text, declaration];
    },
  };
}

const declaration = `import type { Violation } from '../oci/explain.ts';

/** What is wrong with a value; empty when nothing is. */
export function violations(value: unknown): readonly Violation[];
`;

/** Runs one step unless its outputs are there and made from the same inputs by the same program. */
async function run(step) {
  const contents = step.inputs.map((file) => readFileSync(path.join(root, file), 'utf8'));
  const hash = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .update(JSON.stringify(contents))
    .update(step.without ? 'without' : '')
    .digest('hex');
  const header = `// Made by scripts/generate.mjs from ${step.inputs[0]}; not to be edited. Inputs: ${hash.slice(0, 16)}\n`;
  if (step.outputs.every((file) => startsWith(path.join(root, file), header))) return false;
  const made = await step.make(contents);
  step.outputs.forEach((file, index) => {
    write(path.join(root, file), header + made[index]);
  });
  return true;
}

function startsWith(file, header) {
  try {
    return readFileSync(file, 'utf8').startsWith(header);
  } catch {
    return false; // Not there: it is to be made.
  }
}

/** By rename, since tests of several processes may generate at once. */
function write(file, content) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, content);
  renameSync(`${file}.${process.pid}`, file);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const step of steps) if (await run(step)) console.log(`generated: ${step.name}`);
}
