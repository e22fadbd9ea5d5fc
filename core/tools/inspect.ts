/** `runnc inspect`: what a unikernel is, who would start it, and why. */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { RunncError, sentenceOf } from '../errors.ts';
import { openProgram } from '../launch/program.ts';
import { containerOf } from '../lifecycle/container.ts';
import type { Context } from '../lifecycle/context.ts';
import { ask } from '../lifecycle/identify.ts';
import { load } from '../lifecycle/load.ts';
import { loadBundle } from '../oci/bundle.ts';
import { defaultSpec } from '../oci/default-spec.ts';
import type { Container } from '../plugin.ts';

export interface Inspection {
  readonly program: string;
  readonly size: number;
  /** ELF e_machine. */
  readonly machine: number;
  readonly abi: string | undefined;
  readonly devices: readonly string[];
  /** Where the program ends in guest memory, in bytes. */
  readonly end: number;
  /** Guest memory without a limit of the container's. */
  readonly memory: number;
  readonly unikernel: string | undefined;
  readonly tender: string | undefined;
  /** Which plugins were asked and what they said, in order. */
  readonly reasons: readonly string[];
  /** Why it would not start. */
  readonly problem: string | undefined;
}

/** A program, an unpacked image with one program at its top, or a bundle. */
export async function inspect(context: Context, told: string): Promise<Inspection> {
  const container = containerAt(path.resolve(told));
  const { config, runtime } = await load(context, container);
  const architecture = await runtime.architecture();
  const program = await openProgram(container);
  const { elf, solo5 } = program;
  try {
    const reasons: string[] = [];
    let problem: string | undefined;
    let found: Partial<Awaited<ReturnType<typeof ask>>> = {};
    try {
      found = await ask(runtime, container, program, architecture, config);
    } catch (error) {
      problem = sentenceOf(error);
    }
    for (const { name, fn } of runtime.hooks.unikernel.taps)
      reasons.push(await said('unikernel', name, () => fn(program, container)));
    const { unikernel, tender } = found;
    for (const { name, fn } of unikernel ? runtime.hooks.tender.taps : [])
      reasons.push(await said('tender', name, () => fn(program, unikernel, architecture)));
    return {
      program: program.path,
      size: program.size,
      machine: elf.machine,
      abi: unikernel?.abi ?? (solo5.abi && `Solo5 target ${solo5.abi.target}`),
      devices: (unikernel?.devices ?? solo5.manifest?.devices ?? []).map(({ kind, name }) => `${kind}:${name}`),
      end: Math.max(0, ...elf.segments.map(({ address, memorySize }) => address + memorySize)),
      memory: config.memory,
      unikernel: unikernel?.name,
      tender: tender?.name,
      reasons,
      problem,
    };
  } finally {
    closeSync(program.fd);
  }
}

async function said(hook: string, plugin: string, call: () => unknown): Promise<string> {
  try {
    const answer = (await call()) as { readonly name?: string } | undefined;
    return `${hook}: ${plugin} ${answer === undefined ? 'says that it is not its own' : `answers ${answer.name}`}`;
  } catch (error) {
    return `${hook}: ${plugin} refuses: ${sentenceOf(error)}`;
  }
}

export function describe({ reasons, problem, ...facts }: Inspection): string {
  const lines = Object.entries(facts).map(
    ([key, value]) => `${`${key}:`.padEnd(11)} ${Array.isArray(value) ? value.join(', ') || 'none' : (value ?? '-')}`,
  );
  return `${[...lines, ...reasons.map((reason) => `  ${reason}`), ...(problem === undefined ? [] : [`problem:    ${problem}`])].join('\n')}\n`;
}

function containerAt(place: string): Container {
  if (!existsSync(place)) throw new RunncError('ERR_NO_PROGRAM', `${place} does not exist`);
  const common = { id: 'inspected', directory: '/nonexistent' };
  if (existsSync(path.join(place, 'config.json'))) return containerOf({ ...common, bundle: loadBundle(place) });
  const isFolder = statSync(place).isDirectory();
  const folder = isFolder ? place : path.dirname(place);
  const spec = defaultSpec(isFolder ? onlyProgram(place) : path.basename(place));
  return containerOf({ ...common, bundle: { path: folder, rootfs: folder, spec } });
}

/** The one ELF file at the top of an unpacked image. */
function onlyProgram(folder: string): string {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const programs = files.map(({ name }) => name).filter((name) => isElf(path.join(folder, name)));
  const [program, ...more] = programs;
  if (program !== undefined && more.length === 0) return program;
  const found = program === undefined ? 'no program' : `${programs.length} programs (${programs.slice(0, 8).join(', ')})`;
  throw new RunncError('ERR_NO_PROGRAM', `${folder} has ${found} at its top`, { hint: 'name one of its files' });
}

function isElf(file: string): boolean {
  const fd = openSync(file, 'r');
  try {
    const magic = Buffer.alloc(4);
    return readSync(fd, magic) === 4 && magic.readUInt32BE() === 0x7f454c46;
  } finally {
    closeSync(fd);
  }
}
