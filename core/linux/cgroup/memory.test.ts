import { expect, test } from 'vitest';
import { leastLimit, parseOomKills } from './memory.ts';

test('the least limit on the way down is the one in force', () => {
  expect(leastLimit(['max', '1073741824', '268435456', undefined])).toBe(268435456);
});

test('no limit is undefined, in the words of either version', () => {
  expect(leastLimit(['max', undefined])).toBeUndefined();
  expect(leastLimit(['9223372036854771712', '9223372036854775807'])).toBeUndefined();
  expect(leastLimit([])).toBeUndefined();
});

test('kills are counted from either version’s file', () => {
  expect(parseOomKills('oom_kill_disable 0\nunder_oom 0\noom_kill 3')).toBe(3);
  expect(parseOomKills('low 0\noom 7\noom_kill 2\noom_group_kill 1')).toBe(2);
  expect(parseOomKills('')).toBe(0);
});
