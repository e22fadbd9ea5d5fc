import { expect, test } from 'vitest';
import { allowed, demand, type Status, statusOf } from './status.ts';
import { dead, recordOf, self } from './testing/record.ts';

/** A record for each state. */
const records = {
  creating: recordOf('c', { creator: self }),
  created: recordOf('c', { phase: 'created', init: self }),
  running: recordOf('c', { phase: 'running', init: self }),
  stopped: recordOf('c', { phase: 'running', init: dead }),
} satisfies Record<Status, unknown>;

test('the state is what the record and the process table say together', () => {
  for (const [status, record] of Object.entries(records)) expect(statusOf(record)).toBe(status);
});

test('a container whose creator died before there was a process is stopped', () => {
  expect(statusOf(recordOf('c', { creator: dead }))).toBe('stopped');
});

test('a container whose process is there is being created while its creator works on it', () => {
  expect(statusOf(recordOf('c', { creator: self, init: self }))).toBe('creating');
});

test('each command is allowed in the states of the table and in no other', () => {
  for (const [command, states] of Object.entries(allowed) as [keyof typeof allowed, readonly Status[]][]) {
    for (const [status, record] of Object.entries(records)) {
      if (states.includes(status as Status)) expect(demand(command, record)).toBe(status);
      else expect(() => demand(command, record)).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
    }
  }
});

test('what is said of a stopped container is what engines look for', () => {
  expect(() => demand('kill', records.stopped)).toThrow('cannot kill container c: container not running');
  expect(() => demand('start', records.running)).toThrow('cannot start container c: container is running');
});
