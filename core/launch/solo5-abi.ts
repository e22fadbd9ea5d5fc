/** Which Solo5 ABI a program speaks, by its note or, before there were notes, by its shape. */
import { RunncError } from '../errors.ts';
import type { Program } from '../plugin.ts';
import { quoted } from './quoted.ts';
import { solo5Target } from './solo5-notes.ts';

/** `virtio` programs are multiboot kernels, which a tender that boots such ones can start. */
export type Abi = 'spt' | 'hvt' | 'virtio' | 'legacy-spt' | 'legacy-hvt';

/** ABI versions that the tenders speak; version 1 equals version 2 in everything but the number (rumprun's Solo5 0.6 builds). */
const versions = [1, 2];
/** Where Solo5 links programs; linkers put ordinary ones higher (Solo5 bindings/*.lds). */
const solo5Base = 0x100000;
/** Where linkers put ordinary programs; IncludeOS, which links its own way, is at 0x200000. */
const linuxBase = 0x400000;
const ET_EXEC = 2; // elf.h

/**
 * Undefined for what is no Solo5 program. The one of 2018 (Solo5 commit 120848b, nabla images) has neither notes nor an
 * interpreter; whether it is for spt or hvt (then ukvm) it does not tell, so its name has to: NAME.hvt, NAME.ukvm.
 * @throws RunncError ERR_NOT_A_UNIKERNEL for another target or version, ERR_MANIFEST for one without a manifest
 */
export function abiOf({ path, elf, solo5 }: Pick<Program, 'path' | 'elf' | 'solo5'>, tender?: string): Abi | undefined {
  if (!solo5.abi) {
    if (elf.type !== ET_EXEC || elf.interpreter !== undefined || solo5.manifest || elf.segments.length === 0) return undefined;
    const lowest = Math.min(...elf.segments.map(({ address }) => address));
    if (tender === 'hvt' || (tender === undefined && /\.(hvt|ukvm)$/.test(path)))
      return lowest >= solo5Base && lowest < linuxBase ? 'legacy-hvt' : undefined;
    return lowest === solo5Base || (lowest > solo5Base && path.endsWith('.nabla')) ? 'legacy-spt' : undefined;
  }
  const { target, version } = solo5.abi;
  const name = solo5Target(target);
  if (name !== 'spt' && name !== 'hvt' && name !== 'virtio') {
    throw new RunncError('ERR_NOT_A_UNIKERNEL', `${quoted(path)} is a Solo5 unikernel for ${name ?? `target ${target}`}`, {
      hint: 'build it for spt or hvt',
    });
  }
  if (!versions.includes(version)) {
    throw new RunncError(
      'ERR_NOT_A_UNIKERNEL',
      `${quoted(path)} speaks version ${version} of the Solo5 ${name} ABI, and runnc speaks ${versions.join(' and ')}`,
      { hint: 'build it with Solo5 0.6 to 0.12' },
    );
  }
  if (!solo5.manifest) {
    throw new RunncError('ERR_MANIFEST', `${quoted(path)} has no Solo5 manifest`, { hint: 'build it with Solo5 0.6 to 0.12' });
  }
  return name;
}
