/** The systemd cgroup driver, with a systemd that is the first process of a machine of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { defaultSpec } from '../../core/oci/default-spec.ts';
import type { Spec } from '../../core/oci/types.ts';
import type { Docker } from './engine/docker.ts';
import { until } from './engine/until.ts';
import { startDocker } from './systemd/docker.ts';
import { Machine, missing } from './systemd/machine.ts';

describe.skipIf(missing !== '')(`with systemd${missing && ` (needs ${missing})`}`, () => {
  const machine = new Machine();
  const runnc = `${inject('runnc')} --root /run/states`;
  beforeAll(() => machine.start());
  afterAll(() => machine.stop());

  /** No unit of a container, no cgroup of one in any hierarchy, no state, no process that keeps a scope. */
  const nothingIsLeft = async () => {
    const left = async () => [
      ...machine.scopes(),
      await machine.must('cd /run && find systemd/transient states -mindepth 1 2>/dev/null; pgrep -ax "cat|systemd-run"; true'),
    ];
    await until('nothing is left', 10_000, async () => (await left()).join('') === '').catch(async () => {
      expect(await left()).toEqual(['']);
    });
  };
  afterEach(nothingIsLeft);

  /** Makes a bundle; returns its folder. */
  function bundle(cgroupsPath: string | undefined, more: Partial<Spec> = {}, resources: object = {}): string {
    const folder = path.join(machine.folder, 'bundle');
    const spec = defaultSpec();
    mkdirSync(folder, { recursive: true });
    const linux = { ...spec.linux, resources, ...(cgroupsPath === undefined ? {} : { cgroupsPath }) };
    const process = { ...spec.process, args: ['/sleep.spt'] };
    writeFileSync(
      path.join(folder, 'config.json'),
      JSON.stringify({ ...spec, root: { path: inject('guests') }, process, ...more, linux }),
    );
    return folder;
  }

  const limits = {
    memory: { limit: 64 << 20 },
    pids: { limit: 1 },
    cpu: { shares: 512, quota: 12_345, period: 100_000 },
    devices: [{ allow: false, access: 'rwm' }],
  };

  const limitsIn = (cgroup: string) => ({
    memory: machine.control(cgroup, 'memory.max', 'memory.limit_in_bytes'),
    pids: machine.control(cgroup, 'pids.max'),
    quota: machine.control(cgroup, 'cpu.max', 'cpu.cfs_quota_us').split(' ')[0],
    weight: machine.control(cgroup, 'cpu.weight', 'cpu.shares'),
  });

  test('a scope in a nested slice with its limits, which outlast daemon-reload, and no trace after delete', async () => {
    const folder = bundle('a-b.slice:pre:one', {}, limits);
    await machine.must(`${runnc} --systemd-cgroup create --bundle $1 one`, folder);
    const scope = '/a.slice/a-b.slice/pre-one.scope';
    const units = await machine.must('systemctl list-units --no-legend --plain "pre-*"');
    expect(units).toMatch(/^pre-one\.scope +loaded active running runnc container one/);
    // The one process that the limit allows is the container's: the holder is gone.
    const { pid } = JSON.parse(await machine.must(`${runnc} state one`));
    expect(machine.control(scope, 'cgroup.procs').split('\n')).toHaveLength(1);
    expect(await machine.must(`${runnc} ps --format json one`)).toBe(`[${pid}]`);
    const before = limitsIn(scope);
    // 12.345 percent of a processor are 13 for systemd.
    expect(before).toMatchObject({ memory: String(64 << 20), pids: '1', quota: '13000' });
    const shown = await machine.must(
      'systemctl show pre-one.scope -p TasksMax,CPUQuotaPerSecUSec,Delegate,MemoryMax,MemoryLimit',
    );
    expect(shown.split('\n')).toEqual(expect.arrayContaining(['TasksMax=1', 'CPUQuotaPerSecUSec=130ms', 'Delegate=yes']));
    expect(shown).toContain(`=${64 << 20}\n`);
    await machine.must('systemctl daemon-reload');
    expect(limitsIn(scope)).toEqual(before);
    // A device that is not on the list.
    const probe = `for f in $(find /sys/fs/cgroup -path '*${scope}/cgroup.procs'); do echo 0 > $f; done; head -c0 /dev/kmsg`;
    await machine.must(`echo '{"pids":{"limit":9}}' | ${runnc} update --resources - one`);
    expect((await machine.sh(probe)).output).toMatch(/\/dev\/kmsg.*Operation not permitted/);
    await machine.must(`${runnc} start one; ${runnc} pause one`);
    expect(machine.control(scope, 'freezer.state', 'cgroup.events')).toMatch(/^FROZEN$|^frozen 1$/m);
    await machine.must(`${runnc} resume one`);
    // The options of create are not needed again.
    await machine.must(`${runnc} delete --force one; ${runnc} delete --force one`);
    await nothingIsLeft();
  });

  test('update tells systemd, too', async () => {
    await machine.must(`${runnc} --systemd-cgroup create --bundle $1 two`, bundle('system.slice:pre:two', {}, limits));
    const scope = '/system.slice/pre-two.scope';
    await machine.must(`echo '{"memory":{"limit":33554432},"pids":{"limit":5}}' | ${runnc} update --resources - two`);
    expect(limitsIn(scope)).toMatchObject({ memory: '33554432', pids: '5' });
    await machine.must('systemctl daemon-reload');
    expect(limitsIn(scope)).toMatchObject({ memory: '33554432', pids: '5', quota: '13000' });
    expect(await machine.must('systemctl show pre-two.scope -p TasksMax,MemoryMax,MemoryLimit')).toMatch(
      /=33554432\n[\s\S]*TasksMax=5\n/,
    );
    await machine.must(`${runnc} delete --force two`);
  });

  test('run, without a path and without limits, and a scope that systemd drops when its process has ended', async () => {
    const folder = bundle(undefined, { process: { ...defaultSpec().process, args: ['/hello.spt'] } });
    expect(await machine.must(`${runnc} --systemd-cgroup run --bundle $1 three`, folder)).toContain('Hello from a unikernel');
    await machine.must(`${runnc} --systemd-cgroup create --bundle $1 three && ${runnc} start three`, folder);
    await until(
      'systemd drops it',
      10_000,
      async () => (await machine.must('systemctl is-active runnc-three.scope; true')) !== 'active\n',
    );
    expect(JSON.parse(await machine.must(`${runnc} state three`).then((text) => text.slice(text.indexOf('{'))))).toMatchObject({
      status: 'stopped',
    });
    await machine.must(`${runnc} delete three`);
  });

  test('properties from annotations', async () => {
    const annotations = {
      'org.systemd.property.TimeoutStopUSec': 'uint64 7000000',
      'org.systemd.property.KillSignal': '9',
      'org.systemd.property.Description': "'something else'",
    };
    await machine.must(`${runnc} --systemd-cgroup create --bundle $1 four`, bundle('-.slice:pre:four', { annotations }));
    const shown = await machine.must('systemctl show pre-four.scope -p Description,TimeoutStopUSec,KillSignal,ControlGroup');
    expect(shown.trim().split('\n').sort()).toEqual([
      'ControlGroup=/pre-four.scope',
      'Description=something else',
      'KillSignal=9',
      'TimeoutStopUSec=7s',
    ]);
    await machine.must(`${runnc} delete --force four`);
  });

  const refusal = async (script: string, folder: string) => {
    const { status, output } = await machine.sh(script, folder);
    expect(status).toBe(1);
    return output;
  };

  test('what cannot be is one sentence, with nothing behind it', async () => {
    const create = `${runnc} --systemd-cgroup create --bundle $1 five`;
    expect(await refusal(create, bundle('/pod/five'))).toBe(
      'runnc: cgroupsPath "/pod/five" of container five does not read slice:prefix:name, as the systemd cgroup driver wants it; leave out --systemd-cgroup for paths of the cgroup file system\n',
    );
    expect(await refusal(create, bundle('a.slice:pre:b.slice'))).toContain('names a slice, which holds no processes');
    expect(await refusal(create, bundle('a--b.slice:pre:five'))).toContain(
      '"a--b.slice", from the cgroupsPath of container five, is no name of a slice',
    );
    expect(await refusal(create, bundle('a.slice:pre:f?ve'))).toContain(
      '"pre-f?ve.scope", from the cgroupsPath of container five, is no name for a unit',
    );
    expect(
      await refusal(
        `unshare --mount sh -c 'umount /run/systemd 2>/dev/null; mount -t tmpfs none /run/systemd; ${create}' sh $1`,
        bundle('a.slice:pre:five'),
      ),
    ).toContain('systemd does not run here: there is no /run/systemd/system');
    expect(await refusal(`${runnc} create --bundle $1 five`, bundle('a.slice:pre:five'))).toContain(
      'is meant for systemd (slice:prefix:name), and --systemd-cgroup is not given',
    );
    const unsafe = bundle('a.slice:pre:five', { annotations: { 'org.systemd.property.OnFailure': "'poweroff.target'" } });
    expect(await refusal(create, unsafe)).toContain(
      "annotation org.systemd.property.OnFailure sets a property that a container's unit is not given",
    );
    const failing = bundle('a.slice:pre:five', { annotations: { 'org.systemd.property.KillSignal': '4711' } });
    expect(await refusal(create, failing)).toMatch(
      /^runnc: systemd did not start pre-five\.scope for container five: .*KillSignal.*\n$/,
    );
  });

  test("a unit of that name is another's and stays", async () => {
    await machine.must(
      'systemd-run --scope --quiet --unit=pre-six.scope --slice=a.slice sleep 300 < /dev/null > /dev/null 2>&1 &',
    );
    await until('it runs', 10_000, async () => (await machine.must('systemctl is-active pre-six.scope; true')) === 'active\n');
    const create = `${runnc} --systemd-cgroup create --bundle $1 six`;
    expect(await refusal(create, bundle('b.slice:pre:six'))).toContain(
      'systemd has a unit pre-six.scope already, and container six asks for another one',
    );
    expect(await refusal(create, bundle('a.slice:pre:six'))).toMatch(
      /systemd has a unit pre-six\.scope already|is in use by process/,
    );
    expect(await machine.must(`${runnc} delete --force six; systemctl is-active pre-six.scope`)).toBe('active\n');
    await machine.must('systemctl stop pre-six.scope');
  });

  /** What timeout(1) says of it: itself killed, or not. */
  const killed = ['137', '124'];

  test('create is killed at many points in time, and delete --force finds all', async () => {
    const folder = bundle('system.slice:pre:seven', {}, limits);
    const kills = await machine.must(
      `for i in $(seq 1 24); do
         timeout --foreground --signal=KILL $(printf 0.%03d $((i * 4))) ${runnc} --systemd-cgroup create --bundle $1 seven > /run/said 2>&1
         echo $?
         ${runnc} delete --force seven || exit 1
         sleep 0.05
         if [ -e /run/systemd/transient/pre-seven.scope ]; then sleep 1; fi
         if [ -e /run/systemd/transient/pre-seven.scope ]; then echo "the unit stays after $i"; exit 1; fi
       done`,
      folder,
    );
    const statuses = kills.trim().split('\n');
    expect(statuses.filter((status) => !['0', '1', ...killed].includes(status))).toEqual([]);
    expect(statuses.filter((status) => killed.includes(status)).length).toBeGreaterThan(4);
  });

  describe('and Docker', () => {
    let docker: Docker;
    beforeAll(async () => {
      docker = await startDocker(machine, inject('runnc'));
      await docker.buildImage('guest', {
        files: { '/hello': path.join(inject('guests'), 'hello.spt'), '/sleep': path.join(inject('guests'), 'sleep.spt') },
      });
    });
    const must = async (...args: string[]) => {
      const { status, stdout, stderr } = await docker.docker(...args);
      if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
      return stdout.trim();
    };

    test('docker run, limits, daemon-reload, pause, update and rm', async () => {
      expect(await must('info', '--format', '{{.CgroupDriver}}')).toBe('systemd');
      expect(await must('run', '--rm', '--runtime=runnc', '--network=none', 'guest', '/hello')).toContain(
        'Hello from a unikernel',
      );
      const options = ['--memory=64m', '--pids-limit=7', '--cpus=0.5'];
      const id = await must('run', '--detach', '--runtime=runnc', '--network=none', ...options, 'guest', '/sleep');
      const scope = `/system.slice/docker-${id}.scope`;
      expect(await machine.must('systemctl list-units --no-legend --plain "docker-*.scope"')).toContain(`docker-${id}.scope`);
      const expected = { memory: String(64 << 20), pids: '7', quota: '50000' };
      expect(limitsIn(scope)).toMatchObject(expected);
      await machine.must('systemctl daemon-reload');
      expect(limitsIn(scope)).toMatchObject(expected);
      expect(JSON.parse(await must('stats', '--no-stream', '--format', '{{json .}}', id)).MemUsage).toContain('/ 64MiB');
      await must('pause', id);
      await must('unpause', id);
      await must('update', '--memory=32m', '--memory-swap=32m', id);
      expect(limitsIn(scope)).toMatchObject({ memory: String(32 << 20) });
      await must('restart', '--time=0', id);
      expect(limitsIn(scope)).toMatchObject({ memory: String(32 << 20), pids: '7' });
      await must('rm', '--force', id);
      await nothingIsLeft();
    });
  });
});
