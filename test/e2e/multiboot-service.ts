/** The guest that boots by multiboot and prints the words of its command line (test/guests/multiboot). */
import path from 'node:path';
import { execa } from 'execa';

const sources = path.resolve(import.meta.dirname, '../guests/multiboot');

/** Builds it as a program of that kind into a folder, where an IncludeOS program takes its config.json from; answers its path. */
export async function buildService(kind: 'includeos' | 'virtio', folder: string): Promise<string> {
  const flags = ['-m32', '-std=gnu11', '-Os', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-fno-pie', '-no-pie'];
  const linked = ['-fno-stack-protector', '-nostdlib', '-static', `-Wl,-T,${sources}/${kind}.ld,--build-id=none`];
  const files = ['service.c', 'entry.S', `${kind}.S`].map((file) => path.join(sources, file));
  await execa('gcc', [...flags, ...linked, ...files, '-o', 'service'], { cwd: folder });
  return path.join(folder, 'service');
}
