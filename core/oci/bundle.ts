/** Reads a bundle: its config.json, checked, and its root. Nothing in it is ever written. */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { RunncError } from '../errors.ts';
import { violations } from '../generated/validate-spec.mjs';
import { checkSpec } from './checks.ts';
import { explain, pathOf } from './explain.ts';
import { dropNulls, findNul, whereJsonBreaks } from './json-text.ts';
import type { Spec } from './types.ts';

export interface Bundle {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  /** Absolute path of the root file system, an existing directory, symbolic links resolved. */
  readonly rootfs: string;
  readonly spec: Spec;
}

/** The largest config.json of an engine is about 100 KB; what is larger by far is not one. */
const LARGEST = 16 * 1024 * 1024;

/** Reads and checks the bundle in a directory. */
export function loadBundle(directory: string): Bundle {
  const bundle = resolveDirectory(directory, `bundle ${path.resolve(directory)}`);
  const spec = parseSpec(readText(path.join(bundle, 'config.json')));
  const root = path.resolve(bundle, spec.root.path);
  return { path: bundle, rootfs: resolveDirectory(root, `config.json: root.path: ${root}`), spec };
}

/** From the text of config.json to what it says. */
export function parseSpec(text: string): Spec {
  const document = parseJson(text);
  // Looking for what is rare in the text first spares the walk through the document.
  if (text.includes('null')) dropNulls(document);
  const [violation] = violations(document);
  if (violation !== undefined) {
    const { message, hint } = explain(violation, document);
    throw new RunncError('ERR_BUNDLE', `config.json: ${message}`, hint === undefined ? {} : { hint });
  }
  const nul = text.includes('\\u0000') ? findNul(document) : undefined;
  if (nul !== undefined) throw new RunncError('ERR_BUNDLE', `config.json: ${pathOf(nul, document)} has a NUL character in it`);
  const spec = document as Spec;
  checkSpec(spec);
  return spec;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const where = whereJsonBreaks(text);
    const place = where === undefined ? '' : ` at line ${where.line}, column ${where.column}`;
    throw new RunncError('ERR_BUNDLE', text.trim() === '' ? 'config.json is empty' : `config.json is not valid JSON${place}`, {
      cause,
    });
  }
}

function readText(file: string): string {
  let fd: number;
  try {
    // Not blocking, since opening a fifo would otherwise wait for its writer before we can see what it is.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw new RunncError('ERR_BUNDLE', `${file} cannot be read: ${reason(cause)}`, { cause });
    throw new RunncError('ERR_BUNDLE', `${file} does not exist`, { hint: '`runnc spec` writes one', cause });
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new RunncError('ERR_BUNDLE', `${file} is not a regular file`);
    if (stat.size > LARGEST) throw new RunncError('ERR_BUNDLE', `${file} is larger than ${LARGEST / 1024 / 1024} MiB`);
    return readFileSync(fd, 'utf8');
  } catch (cause) {
    if (cause instanceof RunncError) throw cause;
    throw new RunncError('ERR_BUNDLE', `${file} cannot be read: ${reason(cause)}`, { cause });
  } finally {
    closeSync(fd);
  }
}

/** The real path of a directory that must exist. */
function resolveDirectory(directory: string, what: string): string {
  try {
    const real = realpathSync.native(directory);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    const gone = errorCode(cause) === 'ENOENT';
    throw new RunncError('ERR_BUNDLE', gone ? `${what} does not exist` : `${what} cannot be read: ${reason(cause)}`, { cause });
  }
  throw new RunncError('ERR_BUNDLE', `${what} is not a directory`);
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function reason(error: unknown): string {
  return errorCode(error) ?? String(error);
}
