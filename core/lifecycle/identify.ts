/** Finds out what a container's program is, who starts it, and whether its devices can be had. */
import { closeSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { RunncError } from '../errors.ts';
import { checkCommandLine } from '../launch/command-line.ts';
import { checkMachine, describeProgram } from '../launch/describe-program.ts';
import { openProgram } from '../launch/program.ts';
import { checkSolo5Layout } from '../launch/solo5-layout.ts';
import type { Architecture, Container, Program, Tender, Unikernel } from '../plugin.ts';
import { isTapped } from './hooks.ts';
import type { Runtime } from './runtime.ts';

export interface Identified {
  readonly architecture: Architecture;
  readonly program: Program;
  readonly unikernel: Unikernel;
  readonly tender: Tender;
}

/**
 * Opens the program and asks the plugins. The caller closes `program.fd`.
 * @throws RunncError with the sentence for whoever built the image
 */
export async function identify(runtime: Runtime, container: Container, config: Config): Promise<Identified> {
  const architecture = await runtime.architecture();
  const program = await openProgram(container);
  try {
    return { architecture, program, ...(await ask(runtime, container, program, architecture, config)) };
  } catch (error) {
    closeSync(program.fd);
    throw error;
  }
}

/** Asks the plugins about a program that is open already. */
export async function ask(
  { hooks }: Runtime,
  container: Container,
  program: Program,
  architecture: Architecture,
  { tender: { allowed } }: Pick<Config, 'tender'>,
): Promise<Pick<Identified, 'unikernel' | 'tender'>> {
  const { elf, solo5, path } = program;
  checkMachine(elf, solo5, architecture.elfMachine, path);
  const unikernel = await hooks.unikernel.promise(program, container);
  if (!unikernel) {
    throw new RunncError('ERR_NOT_A_UNIKERNEL', `${path} is ${describeProgram(elf, solo5)}, not a unikernel that runnc knows`, {
      hint: 'run ordinary images with the default runtime, and build unikernels for Solo5 spt',
    });
  }
  if (solo5.abi) checkSolo5Layout(elf, path);
  checkCommandLine(unikernel.commandLine);
  const tender = await hooks.tender.promise(program, unikernel, architecture);
  if (!tender) {
    throw new RunncError(
      'ERR_NO_TENDER',
      `${path} is ${describeProgram(elf, solo5)}, and no tender that is loaded starts ${unikernel.abi} programs`,
      {
        hint: 'build it for spt',
      },
    );
  }
  if (allowed && !allowed.includes(tender.name)) {
    throw new RunncError('ERR_NO_TENDER', `${path} needs the tender ${tender.name}, which runnc.config does not allow`, {
      hint: `tender.allowed is ${allowed.join(', ')}`,
    });
  }
  for (const { kind, name } of unikernel.devices) {
    const hook = kind === 'net' ? hooks.network : hooks.rootfs;
    if (!isTapped(hook)) {
      throw new RunncError(
        'ERR_DEVICE',
        `${path} declares the ${kind === 'net' ? 'network' : 'block'} device ${name}, and no plugin that is loaded provides ${kind} devices`,
      );
    }
  }
  return { unikernel, tender };
}
