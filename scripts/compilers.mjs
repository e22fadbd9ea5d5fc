/** Which compiler makes code for an architecture: the system's own on such a machine, the cross compiler on others. */
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

/** By the name that gcc and our folders have for it: Node's name, and Debian's package of the cross compiler. */
const architectures = {
  x86_64: { node: 'x64', crossPackages: 'gcc-x86-64-linux-gnu and libc6-dev-amd64-cross' },
  aarch64: { node: 'arm64', crossPackages: 'gcc-aarch64-linux-gnu and libc6-dev-arm64-cross' },
};

/** @typedef {keyof typeof architectures} ArchitectureName */

/** The architecture of this machine. */
export const ownArchitecture = architectureOf(process.arch);

/**
 * From Node's name for a processor (`arm64`) to ours (`aarch64`).
 * @param {string} processor
 * @returns {ArchitectureName}
 */
export function architectureOf(processor) {
  const found = Object.entries(architectures).find(([, { node }]) => node === processor);
  if (found === undefined) throw new Error(`runnc knows x64 and arm64, not ${processor}`);
  return /** @type {ArchitectureName} */ (found[0]);
}

/** `gcc`, or `aarch64-linux-gnu-gcc`. @param {ArchitectureName} architecture */
export function compilerFor(architecture) {
  return architecture === ownArchitecture ? 'gcc' : `${architecture}-linux-gnu-gcc`;
}

/** The Debian packages of that compiler. @param {ArchitectureName} architecture */
export function compilerPackages(architecture) {
  return architecture === ownArchitecture ? 'gcc' : architectures[architecture].crossPackages;
}

/** Whether code for an architecture can be made here: a cross compiler needs headers of its own. @param {ArchitectureName} architecture */
export function canCompileFor(architecture) {
  return architecture === ownArchitecture || (isInstalled(compilerFor(architecture)) && existsSync(headersOf(architecture)));
}

/** A header of the kernel's, as Debian's cross compilers find it (libc6-dev-arm64-cross). @param {ArchitectureName} architecture */
const headersOf = (architecture) => `/usr/${architecture}-linux-gnu/include/asm/kvm.h`;

/** Whether a program is in a folder of PATH. @param {string} program */
export function isInstalled(program) {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
