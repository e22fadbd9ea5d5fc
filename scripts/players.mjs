/** Assembles the player of an architecture (plugins/arch-*\/player.S). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The module that the plugin imports.
 * @param {string} source path of a .S file
 * @param {string} compiler
 */
export function playerModule(source, compiler) {
  const { bytes, symbols } = assemblePlayer(source, compiler);
  return [
    // As numbers: decoding a string costs an engine that has just started three milliseconds.
    `export const player = new Uint8Array([${[...bytes].join(',')}]);`,
    `export const handlerOffset = ${symbols.handler};`,
    '',
  ].join('\n');
}

/**
 * The code of a player, whose symbol `tape` must be its end, and the offsets of its symbols.
 * @param {string} source path of a .S file
 * @param {string} compiler
 */
export function assemblePlayer(source, compiler) {
  const folder = mkdtempSync(join(tmpdir(), 'runnc-player-'));
  try {
    const object = join(folder, 'player.o');
    execFileSync(compiler, ['-c', source, '-o', object]);
    const prefix = compiler.replace(/gcc$/, '');
    execFileSync(`${prefix}objcopy`, ['-O', 'binary', '-j', '.text', object, join(folder, 'player.bin')]);
    if (/\bR_[A-Z0-9_]+/.test(execFileSync(`${prefix}objdump`, ['-r', object], { encoding: 'utf8' }))) {
      throw new Error(`${source}: the player must not need relocation`);
    }
    const bytes = readFileSync(join(folder, 'player.bin'));
    const symbols = Object.fromEntries(
      execFileSync(`${prefix}nm`, [object], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([address, , name]) => [name, Number.parseInt(address, 16)]),
    );
    if (symbols.tape !== bytes.length || bytes.length % 64 !== 0)
      throw new Error(`${source}: the tape must begin where the player ends`);
    return { bytes, symbols };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
