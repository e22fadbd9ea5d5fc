/** The kernel of examples/tender-qemu. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { TenderCheck } from '../../core/testing/index.ts';

const sources = path.resolve(import.meta.dirname, '../../examples/tender-qemu/kernel');

/** Path of the program, alone in a folder that the caller removes. */
export async function buildKernel(): Promise<string> {
  const kernel = path.join(mkdtempSync(path.join(tmpdir(), 'runnc-multiboot-')), 'kernel');
  const flags = ['-m32', '-std=gnu11', '-Os', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-fno-pie', '-no-pie'];
  const linked = ['-fno-stack-protector', '-nostdlib', '-static', '-Wl,-T,kernel.ld,--build-id=none'];
  await execa('gcc', [...flags, ...linked, 'kernel.c', 'start.S', '-o', kernel], { cwd: sources });
  return kernel;
}

export const multibootPrograms = (kernel: string): TenderCheck['programs'] => ({
  hello: { program: kernel, args: ['0'], prints: 'Hello from a multiboot kernel' },
  exitCode: { program: kernel, statuses: [0, 1, 43, 255] },
  sleep: { program: kernel, args: ['sleep'], prints: 'sleeping' },
  memory: { program: kernel },
});
