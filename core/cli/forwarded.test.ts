import { expect, test } from 'vitest';
import { forwardedArguments } from './forwarded.ts';

test.each([
  ['--root /r --log l.json --log-format json create --bundle b ID', '--log l.json --log-format json create --bundle b ID'],
  ['--profile ci --config=/c delete ID', 'delete ID'],
  ['--root=/r --debug --config=/c start ID', '--debug start ID'],
  ['--config /c exec --process p.json --detach ID', 'exec --process p.json --detach ID'],
  ['--systemd-cgroup delete --force ID', '--systemd-cgroup delete --force ID'],
  ['kill --all ID 9', 'kill --all ID 9'],
])('%s', (given, expected) => {
  expect(forwardedArguments(given.split(' '))).toEqual(expected.split(' '));
});
