/** Programs of the system that are run in a network namespace, and waited for. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runInNetwork } from '../../core/sys/run-in-network.ts';

const own = '/proc/self/ns/net';

test('what a program printed, on both, and its status', async () => {
  expect(await runInNetwork(own, 'sh', ['-c', 'cat; echo "$0 $PATH" >&2; exit 3'], 'input')).toEqual({
    status: 3,
    stdout: 'input',
    stderr: 'sh /usr/sbin:/usr/bin:/sbin:/bin\n',
  });
  expect(await runInNetwork(own, 'sh', ['-c', 'kill -9 $$'])).toMatchObject({ status: 137 });
});

test('one that does not end is ended, and nothing of it is left', async () => {
  await expect(runInNetwork(own, 'sleep', ['1000'], '', { timeout: 50 })).rejects.toMatchObject({
    code: 'ERR_PROGRAM',
    message: 'sleep 1000 took longer than 0.05 s and was ended',
  });
  expect(readFileSync('/proc/thread-self/children', 'latin1')).toBe('');
});

test('one that is not there is named', async () => {
  await expect(runInNetwork(own, 'no-such-program', [])).rejects.toMatchObject({
    code: 'ERR_UNSUPPORTED',
    message: 'this system has no program no-such-program',
  });
});
