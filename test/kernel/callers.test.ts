/** Containers of callers that are not like the others. Needs root, dist/runnc and build/guests. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeMachine, missing } from './runnc.ts';

const hello = 'Hello from a unikernel\ncommand line: <>\n';

describe.skipIf(missing !== '')(`runnc${missing && ` (needs ${missing})`}`, () => {
  test('starts a container for any user, with no privileges left', async () => {
    const process = { args: ['/sleep'], cwd: '/', user: { uid: 1234, gid: 5678, additionalGids: [9] } };
    const machine = makeMachine({ process });
    expect((await machine.runnc(['run', '--detach', '--bundle', machine.bundle, 'user'])).status).toBe(0);
    const { pid } = JSON.parse((await machine.runnc(['state', 'user'])).output);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8').replaceAll('\t', ' ');
    expect(status).toContain('Uid: 1234 1234 1234 1234\nGid: 5678 5678 5678 5678\n');
    expect(status).toContain('Groups: 9 \n');
    expect(status).toMatch(/CapInh: 0+\nCapPrm: 0+\nCapEff: 0+\nCapBnd: 0+\nCapAmb: 0+\nNoNewPrivs: 1\n/);
    expect((await machine.runnc(['delete', '--force', 'user'])).status).toBe(0);
    expect(machine.traces('user')).toEqual([]);
  });

  test('can be called from outside its pid namespace', async () => {
    const machine = makeMachine({}, 'hello');
    const wrapper = ['unshare', '--pid', '--fork', '--mount-proc'];
    expect(await machine.runnc(['run', '--bundle', machine.bundle, 'inside'], wrapper)).toEqual({ status: 0, output: hello });
    expect(machine.traces('inside')).toEqual([]);
  });

  test('logs what plugins do where runnc.config says debug', async () => {
    const machine = makeMachine({}, 'hello');
    writeFileSync(machine.global[machine.global.indexOf('--config') + 1] as string, '{ "debug": true }');
    const { output } = await machine.runnc(['run', '--bundle', machine.bundle, 'debug']);
    expect(output).toMatch(/level=debug msg="unikernel-solo5: unikernel took [\d.]+ ms"/);
  });

  // What init is to get is then opened under the numbers 90 to 103, at which it gets other things.
  test.each([89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 101])('can be called with %i descriptors open', async (count) => {
    const machine = makeMachine({}, 'hello');
    const open = `for fd in $(seq 3 ${count}); do eval "exec $fd</dev/null"; done; exec "$@"`;
    const ran = await machine.runnc(['run', '--bundle', machine.bundle, 'many'], ['bash', '-c', open, 'bash']);
    expect(ran).toEqual({ status: 0, output: hello });
  });
});
