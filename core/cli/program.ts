/** The command line: runc's flags and commands. Each action imports what it does. */
import { Command, Option } from 'commander';
import { defaultRoot } from '../lifecycle/context.ts';
import { version } from '../version.ts';
import { contextOf } from './global.ts';

/** What an engine may pass to create and run. */
function withCreateOptions(command: Command): Command {
  return command
    .option('-b, --bundle <path>', 'folder of the bundle', '.')
    .option('--console-socket <path>', "unix socket to send the terminal's master to")
    .option('--pid-file <path>', 'file to write the process id to')
    .option('--no-pivot', 'do not use pivot_root (for a root on a ramdisk)')
    .option('--no-new-keyring', 'do not make a session keyring')
    .option('--preserve-fds <n>', 'accepted; a unikernel can use no descriptor of its caller', '0');
}

/** Answers with the exit status. */
export type Action = (status: number) => void;

export function makeProgram(done: Action): Command {
  const program = new Command('runnc')
    .description('starts unikernels as OCI containers')
    .version(`runnc ${version}\nspec: 1.2.1`, '-v, --version', 'print the version')
    .option('--root <path>', "folder of the containers' states", defaultRoot)
    .option('--log <file>', 'file for the log (standard error without it)')
    .addOption(new Option('--log-format <format>', 'form of the log').choices(['text', 'json']).default('text'))
    .option('--debug', 'log more')
    .option('--config <file>', 'runnc.config to use')
    .option('--systemd-cgroup', 'systemd cgroup driver (not supported yet)')
    .addOption(new Option('--rootless <mode>', 'accepted as runc does').hideHelp())
    .addOption(new Option('--criu <path>', 'accepted as runc does').hideHelp())
    .enablePositionalOptions()
    .showHelpAfterError(false)
    .exitOverride();

  withCreateOptions(program.command('create <id>').description('create a container')).action(async (id, options, command) => {
    const { create } = await import('../lifecycle/create.ts');
    await create(contextOf(command), { id, pivot: options.pivot, keyring: options.newKeyring, bundle: options.bundle, pidFile: options.pidFile, consoleSocket: options.consoleSocket });
    done(0);
  });
  program
    .command('start <id>')
    .description('start a created container')
    .action(async (id, _options, command) => {
      const { start } = await import('../lifecycle/start.ts');
      await start(contextOf(command), id);
      done(0);
    });
  withCreateOptions(program.command('run <id>').description('create and start a container, and wait for it'))
    .option('-d, --detach', 'do not wait')
    .option('--keep', 'do not delete the container when it has stopped')
    .action(async (id, options, command) => {
      const { run } = await import('../lifecycle/run.ts');
      const { bundle, pidFile, consoleSocket, pivot, newKeyring: keyring, detach = false, keep = false } = options;
      done(await run(contextOf(command), { id, bundle, pidFile, consoleSocket, pivot, keyring, detach, keep }));
    });
  program
    .command('state <id>')
    .description('print the state of a container')
    .action(async (id, _options, command) => {
      const { ociState } = await import('../lifecycle/container.ts');
      const { store } = contextOf(command);
      process.stdout.write(`${JSON.stringify(ociState(store.read(id)), null, 2)}\n`);
      done(0);
    });
  program
    .command('kill <id> [signal]')
    .description('send a signal to a container (TERM unless told)')
    .option('-a, --all', 'to all of its processes')
    .action(async (id, signal = 'TERM', options, command) => {
      const { kill } = await import('../lifecycle/kill.ts');
      await kill(contextOf(command), id, signal, options.all === true);
      done(0);
    });
  program
    .command('delete <id>')
    .description('delete a container')
    .option('-f, --force', 'also one that runs, is half made or does not exist')
    .action(async (id, options, command) => {
      const { deleteContainer } = await import('../lifecycle/delete.ts');
      await deleteContainer(contextOf(command), id, options.force === true);
      done(0);
    });
  program
    .command('list')
    .alias('ls')
    .description('list containers')
    .addOption(new Option('-f, --format <format>', 'form of the list').choices(['table', 'json']).default('table'))
    .option('-q, --quiet', 'ids only')
    .action(async (options, command) => {
      const { list } = await import('./list.ts');
      process.stdout.write(list(contextOf(command), options.quiet === true ? 'quiet' : options.format));
      done(0);
    });
  program
    .command('ps <id>')
    .description('list the processes of a container')
    .addOption(new Option('-f, --format <format>', 'form of the list').choices(['table', 'json']).default('table'))
    .argument('[ps options...]')
    .action(async (id, _psOptions, options, command) => {
      const { listProcesses } = await import('../lifecycle/processes.ts');
      const pids = listProcesses(contextOf(command), id);
      process.stdout.write(options.format === 'json' ? JSON.stringify(pids) : ['PID', ...pids, ''].join('\n'));
      done(0);
    });
  for (const verb of ['pause', 'resume'] as const) {
    program
      .command(`${verb} <id>`)
      .description(verb === 'pause' ? 'stop all processes of a container for a while' : 'let them go on')
      .action(async (id, _options, command) => {
        const lifecycle = await import('../lifecycle/processes.ts');
        await lifecycle[verb](contextOf(command), id);
        done(0);
      });
  }
  program
    .command('update <id>')
    .description('set new limits for a container')
    .requiredOption('-r, --resources <file>', 'file with linux.resources (-: standard input)')
    .action(async (id, options, command) => {
      const { update } = await import('../lifecycle/processes.ts');
      update(contextOf(command), id, options.resources);
      done(0);
    });
  program
    .command('spec')
    .description('write a config.json to start from')
    .option('-b, --bundle <path>', 'folder of the bundle', '.')
    .action(async (options) => {
      const { writeSpec } = await import('./spec.ts');
      writeSpec(options.bundle);
      done(0);
    });
  program
    .command('features')
    .description('print what this runtime can do')
    .action(async () => {
      const { features } = await import('../oci/features.ts');
      process.stdout.write(`${JSON.stringify(features(), null, 2)}\n`);
      done(0);
    });
  for (const [name, why] of Object.entries(impossible)) {
    program
      .command(`${name} [arguments...]`, { hidden: true })
      .allowUnknownOption()
      .action(async () => {
        const { RunncError } = await import('../errors.ts');
        throw new RunncError('ERR_UNSUPPORTED', `${name} is not possible: ${why}`);
      });
  }
  return program;
}

/** Commands of runc that a unikernel has no answer to. */
const impossible = {
  exec: 'a unikernel is one program, and no second process can be started in it',
  checkpoint: 'unikernels cannot be checkpointed yet',
  restore: 'unikernels cannot be restored yet',
  events: 'use the cgroup of the container for statistics',
} as const;
