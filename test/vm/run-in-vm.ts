/**
 * A virtual machine with Debian's kernel under qemu's emulation, for tests that need another kernel set-up than this machine has:
 * cgroup v2 alone, KVM (emulated SVM), modules, another processor. It boots in two seconds, and for aarch64 in five.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DebianArchitecture, kernelPackage, ownArchitecture, unpackedPackage } from './debian-package.ts';
import { initramfs } from './initramfs.ts';
import { kernelModules } from './kernel-modules.ts';
import { machines } from './machines.ts';

export interface VmOptions {
  /** @default this machine's own */
  readonly architecture?: DebianArchitecture;
  /**
   * Path in the machine to file or folder here; the libraries of programs come along where they are for this machine's processor
   * (for another one's: sharedLibraries). busybox and its commands are there anyway.
   */
  readonly files: Readonly<Record<string, string>>;
  /** Run by busybox sh (or what its first line names), as root, with cgroup2 on /sys/fs/cgroup. */
  readonly script: string;
  /** @default 2 */
  readonly cpus?: number;
  /** @default 1024 */
  readonly memoryMiB?: number;
  /** Model for qemu's -cpu; `max` of x86_64 has SVM, for the module kvm-amd. */
  readonly cpu?: string;
  /** Loaded before the script, with those that they need: `tun`, `kvm-amd`, `veth`. */
  readonly modules?: readonly string[];
  readonly timeoutSeconds: number;
  /** Is told what the script writes as it comes, in pieces of any size. */
  readonly onOutput?: (piece: string) => void;
}

export interface VmResult {
  /** Exit status of the script. */
  readonly status: number;
  /** What the script wrote to stdout and stderr. */
  readonly output: string;
}

/** What this machine lacks for virtual machines, to be named by a skipped test; undefined when all is there. */
export function missingForVm(architecture: DebianArchitecture = ownArchitecture): string | undefined {
  return [machines[architecture].qemu, 'apt-get', 'dpkg-deb', 'ldd'].find((tool) => {
    try {
      execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
}

/** Boots, runs the script, and returns its status and output; throws when it comes to no end. */
export async function runInVm(options: VmOptions): Promise<VmResult> {
  const {
    architecture = ownArchitecture,
    files,
    script,
    cpus = 2,
    memoryMiB = 1024,
    modules = [],
    timeoutSeconds,
    onOutput,
  } = options;
  const machine = machines[architecture];
  const [kernel, busybox] = [
    await unpackedPackage(await kernelPackage(architecture), architecture),
    await unpackedPackage('busybox-static', architecture),
  ];
  const [release = ''] = await readdir(join(kernel, 'lib/modules'));
  const endMark = randomUUID();
  const archive = await initramfs(
    { '/bin/busybox': join(busybox, 'bin/busybox'), ...files },
    {
      '/init': await readFile(join(import.meta.dirname, 'init.sh'), 'utf8'),
      '/vm/script': script.startsWith('#!') ? script : `#!/bin/sh\n${script}`,
      '/vm/end-mark': endMark,
      '/vm/output': machine.output,
    },
    await kernelModules(join(kernel, 'lib/modules', release), [...machine.modules, ...modules]),
  );
  const work = await mkdtemp(join(tmpdir(), 'runnc-vm-'));
  try {
    await writeFile(join(work, 'initramfs'), archive);
    const output = await runQemu(
      machine.qemu,
      [
        ...['-accel', 'tcg', ...machine.args, '-cpu', options.cpu ?? machine.cpu, '-smp', String(cpus), '-m', String(memoryMiB)],
        ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
        ...[...machine.consoleTo(join(work, 'console')), ...machine.outputArgs],
        ...['-kernel', join(kernel, 'boot', `vmlinuz-${release}`), '-initrd', join(work, 'initramfs')],
        // A panic ends qemu at once, because of -no-reboot.
        ...['-append', `console=${machine.console} quiet panic=-1 cgroup_no_v1=all ${machine.kernelArgs}`],
      ],
      timeoutSeconds,
      onOutput,
    );
    const [before = '', after] = output.split(`\n${endMark} `, 2);
    if (after !== undefined) return { status: Number.parseInt(after, 10), output: before };
    const log = await readFile(join(work, 'console'), 'utf8').catch(() => '');
    throw new Error(
      `the script in the virtual machine did not end within ${timeoutSeconds} s\nkernel:\n${log.slice(-3000)}\noutput:\n${before.slice(-5000)}`,
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function runQemu(
  program: string,
  args: readonly string[],
  timeoutSeconds: number,
  onOutput: VmOptions['onOutput'],
): Promise<string> {
  const qemu = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => qemu.kill('SIGKILL'), timeoutSeconds * 1000);
  let output = '';
  qemu.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    onOutput?.(chunk);
  });
  try {
    await new Promise((resolve, reject) => qemu.on('error', reject).on('close', resolve));
  } finally {
    clearTimeout(timer);
  }
  return output;
}
