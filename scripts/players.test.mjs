import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as aarch64 from '../plugins/arch-aarch64/generated/player.ts';
import * as x86_64 from '../plugins/arch-x86_64/generated/player.ts';
import { canCompileFor, compilerFor, isInstalled } from './compilers.mjs';
import { assemblePlayer, playerModule } from './players.mjs';

const plugins = join(import.meta.dirname, '../plugins');

describe.each([
  ['x86_64', x86_64],
  ['aarch64', aarch64],
])('player.S of %s', (architecture, { handlerOffset, player }) => {
  const folder = join(plugins, `arch-${architecture}`);
  const source = join(folder, 'player.S');
  const compiler = compilerFor(architecture);
  const needsCompiler = test.skipIf(!canCompileFor(architecture));

  needsCompiler(`assembled again is the player in the package (needs ${compiler})`, () => {
    const { bytes, symbols } = assemblePlayer(source, compiler);
    expect(Buffer.compare(bytes, player)).toBe(0);
    expect(symbols).toMatchObject({ _start: 0, handler: handlerOffset, tape: player.length });
  });

  needsCompiler(`is what the generated file is made of now (needs ${compiler})`, () => {
    const file = readFileSync(join(folder, 'generated/player.ts'), 'utf8');
    expect(file.slice(file.indexOf('\n') + 1)).toBe(playerModule(source, compiler));
  });
});

const needsGcc = test.skipIf(!isInstalled('gcc'));

/** A source of the test's own, assembled. */
function assembled(text) {
  const temporary = mkdtempSync(join(tmpdir(), 'runnc-players-'));
  onTestFinished(() => rmSync(temporary, { recursive: true }));
  const file = join(temporary, 'player.S');
  writeFileSync(file, text);
  return () => assemblePlayer(file, 'gcc');
}

needsGcc('a player that needs relocation is refused (needs gcc)', () => {
  expect(assembled('.globl elsewhere\nhandler: jmp elsewhere\n.balign 64\ntape:\n')).toThrow('must not need relocation');
});

needsGcc('a player that does not end where the tape begins is refused (needs gcc)', () => {
  expect(assembled('handler: nop\ntape:\n')).toThrow('the tape must begin where the player ends');
  expect(assembled('handler: nop\ntape: .balign 64\n')).toThrow('the tape must begin where the player ends');
});
