/** What qemu needs of the host's files: itself, its libraries, its firmware, and nothing else. */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { failure } from './failure.js';

/** Where distributions put what qemu loads at run time. */
const moduleFolders = ['/usr/lib/x86_64-linux-gnu/qemu', '/usr/lib64/qemu', '/usr/lib/qemu'];
const firmwareFolders = ['/usr/share/qemu', '/usr/share/seabios', '/usr/share/qemu-firmware'];

/**
 * @param {Pick<import('runnc/plugin').Host, 'run'>} host
 * @param {string} program
 * @param {boolean} kvm
 * @returns {Promise<readonly string[]>}
 */
export async function hostFiles(host, program, kvm) {
  try {
    accessSync(program, constants.X_OK);
  } catch (cause) {
    const { message } = /** @type {Error} */ (cause);
    throw failure(
      'ERR_NO_TENDER',
      `tender-qemu: ${program} cannot be executed: ${message}`,
      'install qemu-system-x86, or set path',
    );
  }
  // A module has the name of its program: qemu-system-x86_64 loads accel-tcg-x86_64.so.
  const module = `accel-tcg-${path.basename(program).replace('qemu-system-', '')}.so`;
  const modules = moduleFolders.map((folder) => path.join(folder, module)).filter((file) => existsSync(file));
  const programs = [program, ...modules];
  return [
    ...new Set([
      ...programs,
      ...(await librariesOf(host, programs)),
      ...firmwareFolders.filter((folder) => existsSync(folder)),
      ...(kvm ? ['/dev/kvm'] : []),
    ]),
  ];
}

/**
 * As the host's loader finds them.
 *
 * @param {Pick<import('runnc/plugin').Host, 'run'>} host
 * @param {readonly string[]} programs
 */
async function librariesOf(host, programs) {
  const { stdout } = await host.run('ldd', programs);
  const missing = /^\s*(\S+) => not found/m.exec(stdout)?.[1];
  if (missing !== undefined) throw failure('ERR_NO_TENDER', `tender-qemu: ${programs[0]} needs ${missing}, which is not there`);
  return [...stdout.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, library]) => /** @type {string} */ (library));
}
