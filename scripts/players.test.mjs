import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { handlerOffset, player } from '../plugins/arch-x86_64/generated/player.ts';
import { assemblePlayer, playerModule } from './players.mjs';

const folder = join(import.meta.dirname, '../plugins/arch-x86_64');
const source = join(folder, 'player.S');
const needsGcc = test.skipIf(process.arch !== 'x64' || !existsSync('/usr/bin/gcc'));

/** A source of the test's own, assembled. */
function assembled(text) {
  const temporary = mkdtempSync(join(tmpdir(), 'runnc-players-'));
  onTestFinished(() => rmSync(temporary, { recursive: true }));
  const file = join(temporary, 'player.S');
  writeFileSync(file, text);
  return () => assemblePlayer(file, 'gcc');
}

needsGcc('player.S assembled again is the player in the package (needs gcc)', () => {
  const { bytes, symbols } = assemblePlayer(source, 'gcc');
  expect(Buffer.compare(bytes, player)).toBe(0);
  expect(symbols).toMatchObject({ _start: 0, handler: handlerOffset, tape: player.length });
});

needsGcc('the generated file is the one that is made now (needs gcc)', () => {
  const file = readFileSync(join(folder, 'generated/player.ts'), 'utf8');
  expect(file.slice(file.indexOf('\n') + 1)).toBe(playerModule(source, 'gcc'));
});

needsGcc('a player that needs relocation is refused (needs gcc)', () => {
  expect(assembled('.globl elsewhere\nhandler: jmp elsewhere\n.balign 64\ntape:\n')).toThrow('must not need relocation');
});

needsGcc('a player that does not end where the tape begins is refused (needs gcc)', () => {
  expect(assembled('handler: nop\ntape:\n')).toThrow('the tape must begin where the player ends');
  expect(assembled('handler: nop\ntape: .balign 64\n')).toThrow('the tape must begin where the player ends');
});
