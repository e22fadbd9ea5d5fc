import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shapeOf } from './command.ts';
import { completion } from './completion.ts';
import { everyCommand } from './every-command.ts';
import { globalOptions } from './global.ts';
import { manualPage } from './manual-page.ts';
import { makeProgram } from './program.ts';

/** What bash offers for the last of the words. */
function offered(...words: readonly string[]): readonly string[] {
  const array = words.map((word) => `'${word}'`).join(' ');
  const script = `${completion('bash', everyCommand, globalOptions)}
    COMP_WORDS=(runnc ${array}); COMP_CWORD=${words.length}; _runnc; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
}

test('no two commands have one name', () => {
  const names = everyCommand.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(makeProgram(everyCommand, () => undefined).commands).toHaveLength(names.length);
});

test('bash completes commands, after global options too, their options and their words', () => {
  expect(offered('inst')).toEqual(['install']);
  expect(offered('--root', '/x', 'unin')).toEqual(['uninstall']);
  expect(offered('--debug', 'install', 'd')).toEqual(['docker']);
  expect(offered('install', '--dry')).toEqual(['--dry-run']);
  expect(offered('--conf')).toEqual(['--config']);
});

test.each(['zsh', 'fish'])('%s knows every command and option', (shell) => {
  const text = completion(shell, everyCommand, globalOptions);
  for (const { name, options } of everyCommand) {
    expect(text).toContain(name);
    for (const option of options) expect(text).toContain(shapeOf(option).long.replace(/^--/, ''));
  }
});

test('another shell is refused', () => {
  expect(() => completion('tcsh', everyCommand, globalOptions)).toThrow('there is no completion for tcsh');
});

test('the manual page has every command and option, and no line that troff would take for a request', () => {
  const page = manualPage(everyCommand, globalOptions);
  for (const { name } of everyCommand) expect(page).toContain(`.SS ${name}`);
  const requests = page.split('\n').filter((line) => /^[.']/.test(line));
  expect(requests.filter((line) => !/^\.(TH|SH|SS|TP|B|I|BR) /.test(`${line} `))).toEqual([]);
});
