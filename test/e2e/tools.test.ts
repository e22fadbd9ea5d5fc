/** The tools of the executable, tried on what they are for: shells, man, engines that load what `pack` makes, and this machine. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { containers } from './containers.ts';
import { startEngine } from './engine/engine.ts';
import { containerdSocket } from './engine/settings.ts';
import { emptySettings, settings } from './etc-runnc.ts';
import { podmanAt } from './podman-at.ts';
import { workplace } from './workplace.ts';

const runnc = inject('runnc');
const { docker, must, address } = containers();
const place = workplace();
const { configure } = emptySettings();

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'runnc-tools-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const said = async (...args: string[]) => (await execa(runnc, args)).stdout;
const has = async (program: string) => (await execa('sh', ['-c', `command -v ${program}`], { reject: false })).exitCode === 0;
const missing = Object.fromEntries(
  await Promise.all(['bash', 'zsh', 'fish', 'mandoc', 'man', 'podman', 'ctr'].map(async (name) => [name, !(await has(name))])),
);
const title = (what: string, program: string) => `${what}${missing[program] ? ` (needs ${program})` : ''}`;

describe('completion', () => {
  beforeAll(async () => {
    mkdirSync(path.join(folder, 'bin'), { recursive: true });
    copyFileSync(runnc, path.join(folder, 'bin/runnc'));
  });
  const env = () => ({ PATH: `${folder}/bin:${process.env.PATH}`, HOME: folder, TERM: 'dumb' });
  const cases = [
    ['runnc inst', 'install'],
    ['runnc --debug feat', 'features'],
    ['runnc install do', 'docker'],
    ['runnc config sch', 'schema'],
    ['runnc install --dry', '--dry-run'],
  ] as const;

  test.skipIf(missing['bash']).each(cases)(title('bash: %s', 'bash'), async (line, expected) => {
    const words = line.split(' ');
    const script = `source <(runnc completion bash); COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _runnc; echo "\${COMPREPLY[@]}"`;
    expect((await execa('bash', ['-c', script], { env: env() })).stdout.split(' ')).toContain(expected);
  });

  test.skipIf(missing['fish']).each(cases)(title('fish: %s', 'fish'), async (line, expected) => {
    const script = `runnc completion fish | source; complete --do-complete '${line}'`;
    const { stdout } = await execa('fish', ['--no-config', '-c', script], { env: env() });
    expect(stdout.split('\n').map((each) => each.split('\t')[0])).toContain(expected);
  });

  test.skipIf(missing['zsh']).each([cases[1], cases[2], cases[4]])(title('zsh: %s', 'zsh'), async (line, expected) => {
    const whole = line.replace(/\S+$/, expected);
    // As a person does it: in a terminal, by the Tab key.
    const script = `zmodload zsh/zpty
      zpty z zsh -f -i
      send() { zpty -w z "$1" }
      send "PS1='> '; autoload -U compinit; compinit -u -D; source <(runnc completion zsh); echo re''ady"
      zpty -r -m z line '*ready*'
      zpty -w -n z $'${line}\\t'
      for ((n = 0; n < 300; n++)); do
        while zpty -r -t z part; do said+=$part; done
        [[ $said == *${JSON.stringify(whole)}* ]] && break
        sleep 0.1
      done
      print -rn -- "$said"`;
    const { stdout } = await execa('zsh', ['-f', '-c', script], { env: env(), timeout: 60_000, reject: false });
    expect(stdout).toContain(whole);
  });
});

describe('the manual page', () => {
  test.skipIf(missing['mandoc'])(title('mandoc finds nothing wrong in it', 'mandoc'), async () => {
    const { stdout, exitCode } = await execa('mandoc', ['-T', 'lint', '-W', 'warning'], {
      input: await said('man'),
      reject: false,
    });
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 });
  });

  test.skipIf(missing['man'])(title('man shows every command', 'man'), async () => {
    const page = path.join(folder, 'runnc.8');
    writeFileSync(page, `${await said('man')}\n`);
    const { stdout } = await execa('man', ['--local-file', page], {
      env: { MANPAGER: 'cat', MANWIDTH: '100', LC_ALL: 'C.UTF-8' },
    });
    for (const text of ['NAME', 'runnc - starts unikernels', 'doctor', 'uninstall', 'EXIT STATUS'])
      expect(stdout).toContain(text);
  });
});

describe('what pack makes', () => {
  const tar = () => path.join(folder, 'image.tar');
  beforeAll(async () => {
    const own = path.join(folder, 'programs');
    mkdirSync(own, { recursive: true });
    copyFileSync(`${inject('guests')}/hello.spt`, path.join(own, 'app.spt'));
    copyFileSync(`${inject('guests')}/hello.hvt`, path.join(own, 'app.hvt'));
    writeFileSync(path.join(own, 'disk.img'), Buffer.alloc(4096));
    const files = ['app.spt', 'app.hvt', 'disk.img'].map((name) => path.join(own, name));
    await said('pack', ...files, '--tag', 'packed:1', '--output', tar(), '--entrypoint', '["/app"]');
  });

  test('docker loads and runs it', async () => {
    expect(await must('load', '--input', tar())).toContain('packed:1');
    expect(await docker('run', '--rm', '--runtime=runnc', 'packed:1', 'x')).toMatchObject({
      status: 0,
      stdout: 'Hello from a unikernel\ncommand line: <x>\n',
    });
  });

  test.skipIf(missing['podman'])(title('podman loads and runs it', 'podman'), async () => {
    const podman = podmanAt(place);
    expect((await podman('load', '--input', tar())).stdout).toContain('packed:1');
    const alone = ['--network=none', `--cgroup-parent=/${place.name}`];
    expect((await podman('run', '--rm', ...alone, 'packed:1', 'x')).stdout).toContain('command line: <x>');
  });

  test.skipIf(missing['ctr'])(title('containerd imports it', 'ctr'), async () => {
    const ctr = (...args: string[]) =>
      execa('ctr', ['--address', containerdSocket(address.folder), '--namespace', 'packed', ...args], { reject: false });
    const { stdout, stderr } = await ctr('images', 'import', '--snapshotter', 'native', tar());
    expect(`${stdout}${stderr}`).toContain('docker.io/library/packed:1');
    await ctr('images', 'rm', 'docker.io/library/packed:1');
  });
});

describe('doctor', () => {
  test('tells all that containers need here, each with what it is for and how to get it', async () => {
    const { stdout, exitCode } = await execa(runnc, ['doctor', '--json'], { reject: false });
    const findings = JSON.parse(stdout) as { what: string; state: string; neededFor: string; fix: string }[];
    const names = findings.map(({ what }) => what).join('\n');
    for (const what of [
      'Linux',
      '/dev/kvm',
      '/dev/net/tun',
      'libseccomp',
      'ip',
      'cgroups',
      'Docker',
      'containerd',
      'Podman',
      'configuration',
    ])
      expect(names).toContain(what);
    for (const { what, state, neededFor, fix } of findings) {
      expect({ what, neededFor }).toEqual({ what, neededFor: expect.stringMatching(/\w/) });
      if (state !== 'there') expect({ what, fix }).toEqual({ what, fix: expect.stringMatching(/\w/) });
    }
    expect(exitCode).toBe(findings.some(({ state }) => state === 'missing') ? 1 : 0);
  });

  test('ends with 1 and says so when the configuration is not to be trusted', async () => {
    configure({ memory: '64m' });
    await execa('chmod', ['666', `${settings}/runnc.config.json`]);
    const { stdout, exitCode } = await execa(runnc, ['doctor'], { reject: false });
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^MISSING +configuration .*can be written by others than root/m);
  });
});

test('install is what dockerd reads, does the same twice, and uninstall gives the file back', async () => {
  const file = path.join(folder, 'daemon.json');
  writeFileSync(file, '{\n  "debug": false\n}\n');
  const change = (...args: string[]) => said(...args, '--file', file);
  expect(await change('install', 'docker', '--dry-run')).toContain('would become');
  expect(readFileSync(file, 'utf8')).toBe('{\n  "debug": false\n}\n');
  await change('install', 'docker');
  const once = readFileSync(file, 'utf8');
  expect(await change('install', 'docker')).toContain('is as it should be');
  expect(readFileSync(file, 'utf8')).toBe(once);
  const { runtimes } = JSON.parse(once) as { runtimes: Record<string, { path: string }> };
  const engine = await startEngine({ runtimes });
  try {
    expect((await engine.docker('info', '--format', '{{json .Runtimes}}')).stdout).toContain(`"runnc":{"path":"${runnc}"`);
  } finally {
    await engine.stop();
  }
  await change('uninstall', 'docker');
  expect(readFileSync(file, 'utf8')).toBe('{\n  "debug": false\n}\n');
});
