/**
 * Options of a plugin, checked against the plugin's own schema and completed with its defaults. Compiling a schema costs 25 to 50 ms, so
 * what was once found right is kept by content, and ajv is imported for what is new only.
 */
import { lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RunncError } from '../core/errors.ts';
import { explain, type Violation } from '../core/oci/explain.ts';
import type { Plugin } from '../core/plugin.ts';
import { sha256 } from '../core/sys/sha256.ts';
import type { PluginOptions } from './config.ts';

/** In the key, so that what another version found right is found anew. */
const FORMAT = 1;

/** @throws RunncError ERR_CONFIG for options that do not fit, ERR_PLUGIN for a schema that is none */
export async function checkedOptions(
  { name, options: schema }: Pick<Plugin, 'name' | 'options'>,
  given: PluginOptions,
  cacheDirectory: string,
  from?: string,
): Promise<PluginOptions> {
  if (schema === undefined) {
    if (Object.keys(given).length === 0) return given;
    throw new RunncError('ERR_CONFIG', `plugins: ${name} takes no options, and has been given ${Object.keys(given).join(', ')}`);
  }
  const key = sha256(JSON.stringify([FORMAT, schema, given])).toString('hex');
  const file = path.join(cacheDirectory, 'options', `${key}.json`);
  const known = readKept(file);
  if (known !== undefined) return known;
  const checked = await check(from === undefined ? name : `${name} (${from})`, schema, given);
  keep(file, checked);
  return checked;
}

async function check(name: string, schema: object, given: PluginOptions): Promise<PluginOptions> {
  const { Ajv } = await import('ajv');
  const document = structuredClone(given);
  let violation: Violation | undefined;
  try {
    const ajv = new Ajv({ useDefaults: true, verbose: true, strict: false, logger: false });
    const validate = ajv.compile(schema);
    if (!validate(document)) violation = validate.errors?.[0] as Violation | undefined;
  } catch (cause) {
    throw new RunncError(
      'ERR_PLUGIN',
      `plugin ${name}: its options are not a JSON Schema (draft 7): ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
  if (violation === undefined) return document;
  const { message, hint } = explain(violation, document, 'the value');
  throw new RunncError('ERR_CONFIG', `options of the plugin ${name}: ${message}`, hint === undefined ? {} : { hint });
}

/** Undefined unless the folder and the file are root's alone: what is read here is believed. */
function readKept(file: string): PluginOptions | undefined {
  try {
    const folder = lstatSync(path.dirname(file));
    if (!folder.isDirectory() || folder.uid !== process.getuid?.() || (folder.mode & 0o077) !== 0) return undefined;
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // Not kept yet, or cut short: it is checked again.
  }
}

function keep(file: string, options: PluginOptions): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const temporary = `${file}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify(options), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    // A full or read-only disk must not stop a container: the next one checks again.
  }
}
