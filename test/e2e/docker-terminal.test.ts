/** `docker run --tty`: the guest's output goes through a pseudo-terminal. */
import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import { containers } from './containers.ts';
import { clientEnvironment } from './engine/docker.ts';
import { readProc } from './engine/processes.ts';

const { run, docker, start, says, pidOf, must } = containers();

test('lines end as on a terminal, with runnc as with runc', async () => {
  expect(await run(['/hello', 'x'], ['--tty'])).toEqual({
    stdout: 'Hello from a unikernel\r\ncommand line: <x>\r\n',
    stderr: '',
    status: 0,
  });
  expect((await docker('run', '--rm', '--tty', 'guests', '/linux')).stdout).toMatch(/^[^\r\n]+\r\n$/);
});

test('logs, stop and exit statuses work with a terminal', async () => {
  const id = await start(['/sleep'], ['--tty']);
  await says(id, 'sleeping\r\n');
  await must('stop', '--time', '30', id);
  expect(await must('wait', id)).toBe('143');
  expect((await run(['/exit-code', '5'], ['--tty'])).status).toBe(5);
});

test('output is on the terminal, which controls the guest', async () => {
  const id = await start(['/sleep'], ['--tty']);
  await says(id, 'sleeping');
  const pid = await pidOf(id);
  expect(readlinkSync(`/proc/${pid}/fd/1`)).toMatch(/^\/dev\/pts\/\d+$|^\/\d+$/);
  // proc_pid_stat(5): parent, group, session, controlling terminal.
  const [, , session, terminal] = readProc(pid, 'stat')
    .replace(/^.*\) \S /s, '')
    .split(' ')
    .map(Number);
  expect(session).toBe(pid);
  expect(terminal).not.toBe(0);
});

test('ctrl-C ends the guest with 130', async () => {
  const command = [
    inject('engine').programs.docker,
    'run',
    '--interactive',
    '--tty',
    '--rm',
    '--runtime=runnc',
    'guests',
    '/sleep',
  ].join(' ');
  const env = { ...process.env, ...clientEnvironment(inject('engine')) };
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  const status = await new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`ctrl-C does not end it: ${output}`));
    }, 30_000);
    child.stdout.on('data', (data: Buffer) => {
      output += data;
      if (output.includes('sleeping')) child.stdin.write('\x03');
    });
    child.on('close', (code) => {
      clearTimeout(late);
      resolve(code);
    });
  });
  expect({ status, output }).toEqual({ status: 130, output: expect.stringContaining('sleeping\r\n') });
});
