/** Compiles the run loop of tender-hvt (plugins/tender-hvt/loop) for one architecture, to bytes that run at any address. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The parts that are the same everywhere; what an architecture does in its own way is in FOLDER/ARCHITECTURE/arch.h. */
const sharedSources = ['loop.c', 'calls.c', 'stop.c'];
/** Two loops of them: for the ABI of today, and for the one of 2018. */
export const loopSources = {
  loop: [...sharedSources, 'hypercalls.c', 'ring.c'],
  'legacy-loop': [...sharedSources, 'legacy.c'],
};
export const loopHeaders = ['loop.h', 'calls.h', 'ring.h', 'loop.ld'];
/** What an architecture has besides. */
export const architectureSources = { x86_64: [], aarch64: ['aarch64/memcpy.c'] };

const flags = [
  ...['-std=gnu11', '-Os', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-fPIE', '-flto', '-fno-fat-lto-objects'],
  ...['-fno-stack-protector', '-fno-asynchronous-unwind-tables', '-mgeneral-regs-only', '-nostdlib', '-static'],
  // Tables of jumps and calls of memcpy have no place in a piece of code of one page.
  ...['-fno-jump-tables', '-fno-tree-loop-distribute-patterns', '-Wl,--build-id=none'],
];
const architectureFlags = { x86_64: ['-fcf-protection=none'], aarch64: ['-mbranch-protection=none'] };

/**
 * The module that the plugin imports.
 * @param {{ folder: string, architecture: string, compiler: string, name: keyof loopSources }} what
 */
export function loopModule(what) {
  const { bytes, symbols } = compileLoop(what);
  return [
    // As numbers: decoding a string costs an engine that has just started three milliseconds.
    `export const code = new Uint8Array([${[...bytes].join(',')}]);`,
    `export const faultHandlerOffset = ${symbols.handle_fault};`,
    '',
  ].join('\n');
}

/**
 * The code, which ends where the parameters begin, and the offsets of its symbols.
 * @param {{ folder: string, architecture: string, compiler: string, name: keyof loopSources }} what
 */
export function compileLoop({ folder, architecture, compiler, name }) {
  const work = mkdtempSync(join(tmpdir(), 'runnc-loop-'));
  try {
    const program = join(work, 'loop.elf');
    const sources = [...loopSources[name], ...architectureSources[architecture]].map((file) => join(folder, file));
    const includes = [`-I${folder}`, `-I${join(folder, architecture)}`, `-Wl,-T,${join(folder, 'loop.ld')}`];
    execFileSync(compiler, [...flags, ...architectureFlags[architecture], ...includes, '-o', program, ...sources]);
    const prefix = compiler.replace(/gcc$/, '');
    const tool = (name, ...args) => execFileSync(`${prefix}${name}`, args, { encoding: 'utf8' });
    if (/\bR_[A-Z0-9_]+/.test(tool('readelf', '--relocs', program))) throw new Error('the loop must not need relocation');
    const raw = join(work, 'loop.bin');
    tool('objcopy', '-O', 'binary', '-j', '.text', program, raw);
    const bytes = readFileSync(raw);
    const symbols = Object.fromEntries(
      tool('nm', program)
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([address, , name]) => [name, Number.parseInt(address, 16)]),
    );
    if (symbols.loop !== 0 || symbols.parameters !== bytes.length)
      throw new Error('the loop must begin with its entry and end where its parameters begin');
    return { bytes, symbols };
  } finally {
    rmSync(work, { recursive: true });
  }
}
