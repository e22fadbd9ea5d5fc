/** `runnc inspect`: what a unikernel is, who would start it, and why: the same questions as `create` asks, in the same order. */
import { closeSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { sentenceOf } from '../errors.ts';
import { machineName } from '../launch/describe-program.ts';
import { openProgram } from '../launch/program.ts';
import { containerOf } from '../lifecycle/container.ts';
import type { Context } from '../lifecycle/context.ts';
import { delegateOfOther, delegateOfSandbox } from '../lifecycle/delegation/delegate-choice.ts';
import { type Identified, identify } from '../lifecycle/identify.ts';
import { load } from '../lifecycle/load.ts';
import { metadataOf } from '../lifecycle/metadata.ts';
import type { Runtime } from '../lifecycle/runtime/runtime.ts';
import type { Container, Delegate, Metadata, Program } from '../plugin.ts';
import { placeAt } from './inspect-place.ts';

export interface Inspection {
  readonly program: string;
  readonly size: number;
  /** The processor it is for: `x86_64`, `aarch64`; undefined for what is no ELF64 file. */
  readonly machine: string | undefined;
  readonly abi: string | undefined;
  readonly devices: readonly string[];
  /** Where the program ends in guest memory, in bytes. */
  readonly end: number;
  /** Guest memory without a limit of the container's. */
  readonly memory: number;
  readonly unikernel: string | undefined;
  /** Who decided it. */
  readonly unikernelReason: string | undefined;
  readonly tender: string | undefined;
  readonly tenderReason: string | undefined;
  /** Path of the other runtime that would get the container. */
  readonly delegate: string | undefined;
  /** Which plugins were asked and what they said, in order. */
  readonly reasons: readonly string[];
  /** Why it would not start. */
  readonly problem: string | undefined;
}

/** @throws RunncError when there is no program to look at */
export async function inspect(context: Context, told: string): Promise<Inspection> {
  const place = placeAt(path.resolve(told));
  const { config, runtime } = await load(context, containerOf(place.source));
  const reasons = [...(await answers(runtime, 'metadata', [containerOf(place.source)]))];
  const metadata = await metadataOf(runtime, containerOf(place.source), config);
  const container = containerOf({ ...place.source, metadata });
  if (place.problem && metadata.program === undefined && metadata.programs === undefined) throw place.problem;
  const decision = await decide(runtime, container, config);
  const program = decision.identified?.program ?? (await openProgram(container));
  try {
    const { identified } = decision;
    const architecture = await runtime.architecture();
    reasons.push(...(await answers(runtime, 'unikernel', [program, container])));
    if (identified) reasons.push(...(await answers(runtime, 'tender', [program, identified.unikernel, architecture])));
    return { ...factsOf(program, identified), ...choiceOf(decision, config, metadata), memory: config.memory, reasons };
  } finally {
    closeSync(program.fd);
  }
}

interface Decision {
  readonly identified?: Identified;
  readonly delegate?: Delegate;
  readonly problem?: string;
}

async function decide(runtime: Runtime, container: Container, config: Config): Promise<Decision> {
  const delegate = await delegateOfSandbox(runtime, container);
  if (delegate) return { delegate };
  try {
    return { identified: await identify(runtime, container, config) };
  } catch (error) {
    const other = await delegateOfOther(runtime, container, error);
    return { problem: sentenceOf(error), ...(other ? { delegate: other } : {}) };
  }
}

function factsOf({ path, size, elf, solo5 }: Program, identified: Identified | undefined) {
  const unikernel = identified?.unikernel;
  return {
    program: path,
    size,
    machine: elf.machine === 0 ? undefined : machineName(elf.machine),
    abi: unikernel?.abi ?? (solo5.abi && `Solo5 target ${solo5.abi.target}`),
    devices: (unikernel?.devices ?? solo5.manifest?.devices ?? []).map(({ kind, name }) => `${kind}:${name}`),
    end: Math.max(0, ...elf.segments.map(({ address, memorySize }) => address + memorySize)),
  };
}

function choiceOf(
  { identified, delegate, problem }: Decision,
  { tender: { preferred } }: Config,
  { unikernel, tender }: Metadata,
) {
  const sayers = { operator: 'runnc.config says so', annotation: 'an annotation says so', image: 'the image says so' };
  const told = unikernel ? sayers[unikernel.by] : (identified?.unikernel.because ?? 'its plugin recognises it');
  const asked =
    tender === undefined ? 'it starts programs of this kind' : 'the image or an annotation says so, and the program is for it';
  return {
    unikernel: identified?.unikernel.name,
    unikernelReason: identified && told,
    tender: identified?.tender.name,
    tenderReason: identified && (preferred === identified.tender.name ? 'tender.preferred of runnc.config' : asked),
    delegate: delegate?.path,
    problem,
  };
}

async function answers(runtime: Runtime, hook: 'metadata' | 'unikernel' | 'tender', args: unknown[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { name, fn } of runtime.hooks[hook].taps)
    lines.push(await said(hook, name, () => (fn as (...args: unknown[]) => unknown)(...args)));
  return lines;
}

async function said(hook: string, plugin: string, call: () => unknown): Promise<string> {
  try {
    const answer = await call();
    if (answer === undefined)
      return `${hook}: ${plugin} ${hook === 'metadata' ? 'finds nothing' : 'says that it is not its own'}`;
    return `${hook}: ${plugin} answers ${hook === 'metadata' ? JSON.stringify(answer) : (answer as { name?: string }).name}`;
  } catch (error) {
    return `${hook}: ${plugin} refuses: ${sentenceOf(error)}`;
  }
}

export function describe({ reasons, problem, unikernelReason, tenderReason, delegate, ...facts }: Inspection): string {
  const why: Record<string, string | undefined> = { unikernel: unikernelReason, tender: tenderReason };
  const lines = Object.entries({ ...facts, ...(delegate === undefined ? {} : { delegate }) }).map(([key, value]) => {
    const text = Array.isArray(value) ? value.join(', ') || 'none' : (value ?? '-');
    return `${`${key}:`.padEnd(11)} ${text}${why[key] === undefined ? '' : ` (${why[key]})`}`;
  });
  return `${[...lines, ...reasons.map((reason) => `  ${reason}`), ...(problem === undefined ? [] : [`problem:    ${problem}`])].join('\n')}\n`;
}
