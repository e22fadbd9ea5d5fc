import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { SysError } from '../errors.ts';
import { describeErrno, libc } from './libc.ts';

test('a result of -1 is an error that names what was being done, the call and the errno', async () => {
  const { call } = await libc();
  let error: unknown;
  try {
    call('closing nothing', 'close', -1);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(SysError);
  expect(error).toMatchObject({
    code: 'ERR_SYSCALL',
    call: 'close',
    errno: 9,
    errnoName: 'EBADF',
    message: 'closing nothing: EBADF (bad file descriptor)',
  });
});

test('errno is that of the call, whatever failed before it', async () => {
  const { raw } = await libc();
  expect(raw('close', -1)).toEqual({ result: -1, errno: 9 });
  expect(raw('mkfifo', '/', 0o600)).toEqual({ result: -1, errno: 17 });
  expect(raw('close', -1)).toEqual({ result: -1, errno: 9 });
  expect(raw('prctl', 3, 0, 0, 0, 0)).toMatchObject({ errno: 0 });
});

test('a call on another thread fails in the same way', async () => {
  const { async } = await libc();
  await expect(async('waiting for nobody', 'wait4', 1, [0], 0, null)).rejects.toMatchObject({
    message: 'waiting for nobody: ECHILD (no child processes)',
  });
});

test.each(Object.entries(constants.errno))('%s has a name and a text', (name, errno) => {
  const [known, text] = describeErrno(errno);
  // Two names of one number: EAGAIN, ENOTSUP.
  const same: Record<string, string> = { EWOULDBLOCK: 'EAGAIN', EOPNOTSUPP: 'ENOTSUP' };
  // What only sockets of other families, STREAMS and arithmetic answer is named by its number.
  const never = ['EDOM', 'EIDRM', 'EMULTIHOP', 'ENETRESET', 'ENOLINK', 'ENOMSG', 'ENOSR', 'ENOSTR', 'ETIME'];
  expect(known).toBe(never.includes(name) ? `errno ${errno}` : (same[name] ?? name));
  expect(text).toMatch(/^[^.]+$/);
});

test('an errno that nobody knows is told by its number', () => {
  expect(describeErrno(4000)).toEqual(['errno 4000', 'unknown error']);
});
