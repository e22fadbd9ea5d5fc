/** The unikernel program: its ELF file, its Solo5 notes, and what it is. */

import type { Abi } from '../launch/solo5-abi.ts';

/** The unikernel program, opened and, if it is an ELF64 file, its headers checked. */
export interface Program {
  /** Path inside the rootfs, symlinks resolved beneath it. */
  readonly path: string;
  /** Open, read-only; valid while the hook runs. */
  readonly fd: number;
  /** File size in bytes. */
  readonly size: number;
  /** For what is no ELF64 little-endian file type and machine are 0, and there are no segments: a plugin that knows it reads `fd`. */
  readonly elf: Elf;
  readonly solo5: Solo5Notes;
}

/** A checked ELF64 little-endian header. All offsets lie inside the file. */
export interface Elf {
  /** e_type: 2 is ET_EXEC. */
  readonly type: number;
  /** e_machine: 62 is x86_64, 183 is aarch64, 0 is none. */
  readonly machine: number;
  readonly entry: bigint;
  readonly interpreter: string | undefined;
  readonly segments: readonly Segment[];
}

/** A PT_LOAD program header. */
export interface Segment {
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
}

/** Solo5's notes, where the program has them (Solo5 include/elf_abi.h, mft_abi.h). */
export interface Solo5Notes {
  readonly abi: { readonly target: number; readonly version: number } | undefined;
  readonly manifest: Manifest | undefined;
}

export interface Manifest {
  /** The manifest as in the file: u32 version, u32 entries, entries of 104 bytes. */
  readonly bytes: Uint8Array;
  /** Entry 0, which is reserved, left out; the handle is the index in the file's table. */
  readonly devices: readonly DeclaredDevice[];
}

export interface DeclaredDevice {
  readonly name: string;
  readonly kind: 'block' | 'net';
  /** Index in the manifest; what the guest calls the device by. */
  readonly handle: number;
  /** The guest starts without it too: where no plugin has one, it is left out. */
  readonly optional?: true;
}

/** What the guest is, as plain data. */
export interface Unikernel {
  /** `solo5`, `rumprun`, `mirage`, ... */
  readonly name: string;
  /** By what it was recognised, for `runnc inspect`: `OCaml's runtime is in it`. */
  readonly because?: string;
  /** Which ABI it speaks, by which tenders know it: `spt`, `hvt`, and those of 2018 without notes and manifest, `legacy-spt` and `legacy-hvt`. */
  readonly abi: Abi | string;
  /** It makes code at run time (a JavaScript engine with a JIT), so its heap has to be executable. */
  readonly executableHeap?: boolean;
  readonly devices: readonly DeclaredDevice[];
  /** File systems that it can mount as its root, where that is known: `iso9660`, `ext2`. */
  readonly fileSystems?: readonly string[];
  /** The command line as far as it is known at create; `launch` taps may rewrite it. At most 8191 bytes. */
  readonly commandLine: string;
  /**
   * Files of the image that are loaded beside the program (an initial root file system, multiboot modules), by their paths in it. Only
   * a tender that is a program of its own finds them, as `/module/0`, `/module/1`, and so on.
   */
  readonly modules?: readonly string[];
}
