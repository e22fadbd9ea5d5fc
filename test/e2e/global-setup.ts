/** Once before all end-to-end tests: the executable, the guests, and one dockerd that knows runnc; once after them: its end. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import type { TestProject } from 'vitest/node';
import { buildGuests } from '../guests/build.mjs';
import { startEngine } from './engine/engine.ts';
import './engine/connect.ts';
import { noteWhatIsThere } from './leftovers.ts';

const root = path.resolve(import.meta.dirname, '../..');

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.getuid?.() !== 0) throw new Error('the end-to-end tests start a dockerd of their own: run them as root');
  const removeLeftovers = noteWhatIsThere();
  await execa('npm', ['run', '--silent', 'build', '--', '--if-stale'], { cwd: root, stdio: 'inherit' });
  const runnc = path.join(root, 'dist/runnc');
  project.provide('runnc', runnc);
  project.provide('guests', await buildGuests());
  // Not in /var/tmp: runnc trusts no configuration beside which others can put files.
  const settings = mkdtempSync('/run/runnc-e2e-');
  const preferHvt = path.join(settings, 'hvt.json');
  writeFileSync(preferHvt, JSON.stringify({ tender: { preferred: 'hvt' } }));
  const inMode = (mode: string, others: Readonly<Record<string, unknown>> = {}) => {
    const file = path.join(settings, `${mode}.json`);
    writeFileSync(file, JSON.stringify({ options: { 'network-tap': { mode, ...others } } }));
    return { path: runnc, args: ['--config', file] };
  };
  const ring = path.join(settings, 'ring.json');
  writeFileSync(ring, JSON.stringify({ plugins: [['tender-hvt', { ring: 'on' }]] }));
  const engine = await startEngine({
    runtimes: {
      runnc: { path: runnc },
      'runnc-node': { path: nodeWrapper() },
      'runnc-ring': { path: runnc, args: ['--config', ring] },
      'runnc-hvt': { path: runnc, args: ['--config', preferHvt] },
      'runnc-bridge': inMode('bridge'),
      'runnc-macvtap': inMode('macvtap'),
      'runnc-nat': inMode('nat', { hostNetwork: 'nat' }),
      'runnc-routed': inMode('routed'),
    },
  });
  project.provide('engine', engine.address);
  return async () => {
    await engine.stop();
    rmSync(settings, { recursive: true });
    removeLeftovers();
  };
}

/** The same source on Node, as a program that an engine can start. */
function nodeWrapper(): string {
  const wrapper = path.join(root, 'dist/runnc-node');
  const script = `#!/bin/sh\nexec '${process.execPath}' '${path.join(root, 'dist/runnc.mjs')}' "$@"\n`;
  // Another run may start it this moment.
  const made = `${wrapper}.${process.pid}`;
  writeFileSync(made, script, { mode: 0o755 });
  renameSync(made, wrapper);
  return wrapper;
}
