/**
 * Adds a runtime to dockerd's configuration and keeps all else that is in it:
 *
 *   node scripts/register-runtime.mjs /etc/docker/daemon.json runnc /usr/local/bin/runnc
 *
 * Prints what it did. The file as it was is kept beside it, as daemon.json.before-runnc, the first time it is changed.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Text of daemon.json with the runtime in it, or undefined when it is there already. */
export function withRuntime(text, name, program) {
  const settings = text.trim() === '' ? {} : JSON.parse(text);
  if (settings === null || typeof settings !== 'object' || Array.isArray(settings)) throw new Error('it is not a JSON object');
  if (settings.runtimes?.[name]?.path === program) return undefined;
  const runtimes = { ...settings.runtimes, [name]: { ...settings.runtimes?.[name], path: program } };
  return `${JSON.stringify({ ...settings, runtimes }, undefined, 2)}\n`;
}

function register(file, name, program) {
  const exists = existsSync(file);
  const changed = withRuntime(exists ? readFileSync(file, 'utf8') : '', name, program);
  if (changed === undefined) return `${file} has the runtime ${name} already`;
  const backup = `${file}.before-${name}`;
  if (exists && !existsSync(backup)) copyFileSync(file, backup);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, changed, { mode: 0o644 });
  renameSync(`${file}.new`, file);
  return `added the runtime ${name} to ${file}${existsSync(backup) ? ` (as it was: ${backup})` : ''}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, name, program] = process.argv.slice(2);
  try {
    console.log(register(file, name, program));
  } catch (error) {
    console.error(`${file} is left as it is: ${error.message}`);
    process.exitCode = 1;
  }
}
