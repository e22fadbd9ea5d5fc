import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import { makeHooks } from '../../core/lifecycle/runtime/hooks.ts';
import type { Host } from '../../core/plugin.ts';
import { recordingLog } from '../../core/testing/log.ts';
import { canCompileFor, compilerFor } from '../../scripts/compilers.mjs';
import { aarch64 } from './aarch64.ts';
import arch from './index.ts';
import { kernelOf } from './kernel.ts';
import { numbers } from './numbers.ts';

const compiler = compilerFor('aarch64');

function vector(...entries: readonly (readonly [type: number, value: bigint])[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(entries.flatMap(([type, value]) => [BigInt(type), value])).buffer);
}

test('it answers for no other processor', async () => {
  const log = recordingLog();
  const hooks = makeHooks(log);
  arch.apply({ hooks, log } as unknown as Host);
  expect(await hooks.architecture.promise('x64')).toBeUndefined();
});

test.each([
  [39, 0x7fd1234560n],
  [48, 0xffffd1234560n],
  // Five levels: programs that do not ask for more get 48 bits, and so does their stack.
  [48, 0xfffff0000000n],
])('a kernel for %i bits is known by its first stack', (addressBits, stack) => {
  expect(kernelOf(vector([33, 0xffff_0000n], [6, 4096n], [25, stack], [0, 0n]))).toEqual({ pageSize: 4096, addressBits });
});

test("this machine's own vector can be read", async () => {
  const { readKernel } = await import('./kernel.ts');
  expect(readKernel()).toMatchObject({ pageSize: 4096 });
});

test.each([39, 48])('with %i bits the image lies above the memory of any guest and below the stack, on a page', (addressBits) => {
  const { launcherBase, userSpaceEnd, player } = aarch64({ pageSize: 4096, addressBits });
  expect([launcherBase % 4096, userSpaceEnd % 4096, player.length % 64]).toEqual([0, 0, 0]);
  expect(launcherBase).toBeGreaterThanOrEqual(2 ** 37);
  // The stack may take a quarter of user space before it is in the way.
  expect(launcherBase).toBeLessThan(userSpaceEnd / 2);
});

test.each([16, 64])('a kernel with pages of %i KiB is refused in a sentence', (kibibytes) => {
  expect(() => aarch64({ pageSize: kibibytes * 1024, addressBits: 48 })).toThrow(
    expect.objectContaining({
      code: 'ERR_ARCHITECTURE',
      message: `this kernel has pages of ${kibibytes} KiB, and unikernels are made for pages of 4 KiB`,
    }),
  );
});

test.skipIf(!canCompileFor('aarch64'))(`the numbers of system calls are those of the kernel headers (needs ${compiler})`, () => {
  const { stdout } = execaSync(compiler, ['-E', '-dM', '-x', 'c', '-include', 'asm/unistd.h', '/dev/null']);
  const defined = new Map([...stdout.matchAll(/^#define (__NR\w*) (\S+)$/gm)].map(([, name = '', value = '']) => [name, value]));
  // Some are defined by another name: __NR_mmap is __NR3264_mmap.
  const known = (name: string) => Number(defined.get(defined.get(name) ?? '') ?? defined.get(name));
  expect(defined.size).toBeGreaterThan(250);
  for (const [name, number] of Object.entries(numbers)) expect([name, known(`__NR_${name}`)]).toEqual([name, number]);
});
