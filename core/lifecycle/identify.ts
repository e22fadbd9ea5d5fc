/** Finds out what a container's program is, who starts it, and whether its devices can be had. */
import { closeSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { RunncError } from '../errors.ts';
import { checkCommandLine } from '../launch/command-line.ts';
import { checkMachine, describeProgram } from '../launch/describe-program.ts';
import { openProgram } from '../launch/program.ts';
import { quoted } from '../launch/quoted.ts';
import { checkSolo5Layout } from '../launch/solo5-layout.ts';
import type { Architecture, Container, Hooks, Program, Tender, Unikernel } from '../plugin.ts';
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
  const { args, metadata } = container;
  const program = await openProgram({ ...container, args: metadata.program === undefined ? args : [metadata.program] });
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
  const { unikernel: chosen, tender: meantFor } = container.metadata;
  if (chosen && unikernel?.name !== chosen.name) {
    throw new RunncError(
      'ERR_METADATA',
      `${path} is said to be a unikernel of the kind ${quoted(chosen.name)}, ${unikernel ? `and the plugin that answered makes it ${unikernel.name}` : 'which no plugin that is loaded makes of it'}`,
      {
        hint: 'known kinds are rumprun, mirage and solo5',
      },
    );
  }
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
  if (meantFor !== undefined && tender.name !== meantFor) {
    throw new RunncError(
      'ERR_NO_TENDER',
      `the image says that ${path} is for ${quoted(meantFor)}, and it is ${describeProgram(elf, solo5)}`,
      {
        hint: `correct the image, or leave the choice to runnc`,
      },
    );
  }
  if (allowed && !allowed.includes(tender.name)) {
    throw new RunncError('ERR_NO_TENDER', `${path} needs the tender ${tender.name}, which runnc.config does not allow`, {
      hint: `tender.allowed is ${allowed.join(', ')}`,
    });
  }
  return { unikernel: withPossibleDevices(hooks, unikernel, path), tender };
}

/** A device that no plugin can provide is left out if the guest can do without it. */
function withPossibleDevices(hooks: Hooks, unikernel: Unikernel, path: string): Unikernel {
  const devices = unikernel.devices.filter(({ kind, name, optional }) => {
    if (isTapped(kind === 'net' ? hooks.network : hooks.rootfs)) return true;
    if (optional) return false;
    throw new RunncError(
      'ERR_DEVICE',
      `${path} declares the ${kind === 'net' ? 'network' : 'block'} device ${name}, and no plugin that is loaded provides ${kind === 'net' ? 'network' : 'block'} devices`,
    );
  });
  return devices.length === unikernel.devices.length ? unikernel : { ...unikernel, devices };
}
