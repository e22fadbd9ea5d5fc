/**
 * Runs a command with a Docker of its own, which ends with it:
 *
 *   bun test/e2e/engine/with-engine.ts RUNNC COMMAND [ARGUMENT...]
 *
 * RUNNC is the executable behind `--runtime=runnc`. Exits with the command's status, or with 70 when Docker does not start.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { clientEnvironment } from './docker.ts';
import { startEngine } from './engine.ts';

/** sysexits.h, EX_SOFTWARE. */
const cannotStart = 70;

const [runnc = 'dist/runnc', program = 'bash', ...args] = process.argv.slice(2);
try {
  const engine = await startEngine({ runtimes: { runnc: { path: path.resolve(runnc) } } });
  try {
    const env = { ...process.env, ...clientEnvironment(engine.address) };
    process.exitCode = spawnSync(program, args, { stdio: 'inherit', env }).status ?? 1;
  } finally {
    await engine.stop();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = cannotStart;
}
