/** The command line: runc's flags and commands. Each action imports what it does. */
import { Command, Option } from 'commander';
import { defaultRoot } from '../lifecycle/context.ts';
import { OCI_VERSION } from '../oci/version.ts';
import { version } from '../version.ts';
import { contextOf } from './global.ts';
import { print } from './print.ts';

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
export type Done = (status: number) => void;

/**
 * The program for these arguments. Only the command that they name is defined, where they name one: defining all of them
 * costs a millisecond at each start.
 */
export function makeProgram(argv: readonly string[], done: Done): Command {
  const program = new Command('runnc')
    .description('starts unikernels as OCI containers')
    .version(`runnc ${version}\nspec: ${OCI_VERSION}`, '-v, --version', 'print the version')
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
  const named = commands.filter(({ name }) => argv.includes(name));
  for (const { name, define } of named.length > 0 ? named : commands) define(program.command(name), done);
  return program;
}

interface Definition {
  readonly name: string;
  readonly define: (command: Command, done: Done) => void;
}

const commands: readonly Definition[] = [
  {
    name: 'create',
    define: (command, done) =>
      withCreateOptions(command.argument('<id>').description('create a container')).action(async (id, options) => {
        const { create } = await import('../lifecycle/create.ts');
        await create(contextOf(command), { id, ...createOptions(options) });
        done(0);
      }),
  },
  {
    name: 'start',
    define: (command, done) =>
      command
        .argument('<id>')
        .description('start a created container')
        .action(async (id) => {
          const { start } = await import('../lifecycle/start.ts');
          await start(contextOf(command), id);
          done(0);
        }),
  },
  {
    name: 'run',
    define: (command, done) =>
      withCreateOptions(command.argument('<id>').description('create and start a container, and wait for it'))
        .option('-d, --detach', 'do not wait')
        .option('--keep', 'do not delete the container when it has stopped')
        .action(async (id, options) => {
          const { run } = await import('../lifecycle/run.ts');
          const { detach = false, keep = false } = options;
          done(await run(contextOf(command), { id, ...createOptions(options), detach, keep }));
        }),
  },
  {
    name: 'state',
    define: (command, done) =>
      command
        .argument('<id>')
        .description('print the state of a container')
        .action(async (id) => {
          const { ociState } = await import('../lifecycle/container.ts');
          print(`${JSON.stringify(ociState(contextOf(command).store.read(id)), null, 2)}\n`);
          done(0);
        }),
  },
  {
    name: 'kill',
    define: (command, done) =>
      command
        .argument('<id>')
        .argument('[signal]', 'name or number', 'TERM')
        .description('send a signal to a container')
        .option('-a, --all', 'to all of its processes')
        .action(async (id, signal, options) => {
          const { kill } = await import('../lifecycle/kill.ts');
          await kill(contextOf(command), id, signal, options.all === true);
          done(0);
        }),
  },
  {
    name: 'delete',
    define: (command, done) =>
      command
        .argument('<id>')
        .description('delete a container')
        .option('-f, --force', 'also one that runs, is half made or does not exist')
        .action(async (id, options) => {
          const { deleteContainer } = await import('../lifecycle/delete.ts');
          await deleteContainer(contextOf(command), id, options.force === true);
          done(0);
        }),
  },
  {
    name: 'list',
    define: (command, done) =>
      command
        .description('list containers')
        .addOption(new Option('-f, --format <format>', 'form of the list').choices(['table', 'json']).default('table'))
        .option('-q, --quiet', 'ids only')
        .action(async (options) => {
          const { list } = await import('./list.ts');
          print(list(contextOf(command), options.quiet === true ? 'quiet' : options.format));
          done(0);
        }),
  },
  {
    name: 'ps',
    define: (command, done) =>
      command
        .argument('<id>')
        .argument('[options...]', 'accepted as runc does')
        .description('list the processes of a container')
        .addOption(new Option('-f, --format <format>', 'form of the list').choices(['table', 'json']).default('table'))
        .action(async (id, _psOptions, options) => {
          const { listProcesses } = await import('../lifecycle/processes.ts');
          const pids = listProcesses(contextOf(command), id);
          print(options.format === 'json' ? JSON.stringify(pids) : ['PID', ...pids, ''].join('\n'));
          done(0);
        }),
  },
  ...(['pause', 'resume'] as const).map(
    (name): Definition => ({
      name,
      define: (command, done) =>
        command
          .argument('<id>')
          .description(name === 'pause' ? 'stop all processes of a container for a while' : 'let them go on')
          .action(async (id) => {
            const lifecycle = await import('../lifecycle/processes.ts');
            await lifecycle[name](contextOf(command), id);
            done(0);
          }),
    }),
  ),
  {
    name: 'update',
    define: (command, done) =>
      command
        .argument('<id>')
        .description('set new limits for a container')
        .requiredOption('-r, --resources <file>', 'file with linux.resources (-: standard input)')
        .action(async (id, options) => {
          const { update } = await import('../lifecycle/processes.ts');
          update(contextOf(command), id, options.resources);
          done(0);
        }),
  },
  {
    name: 'spec',
    define: (command, done) =>
      command
        .description('write a config.json to start from')
        .option('-b, --bundle <path>', 'folder of the bundle', '.')
        .action(async (options) => {
          const { writeSpec } = await import('./spec.ts');
          writeSpec(options.bundle);
          done(0);
        }),
  },
  {
    name: 'features',
    define: (command, done) =>
      command.description('print what this runtime can do').action(async () => {
        const { features } = await import('../oci/features.ts');
        print(`${JSON.stringify(features(), null, 2)}\n`);
        done(0);
      }),
  },
  ...Object.entries({
    exec: 'a unikernel is one program, and no second process can be started in it',
    checkpoint: 'unikernels cannot be checkpointed yet',
    restore: 'unikernels cannot be restored yet',
    events: 'the statistics of a container are in its cgroup',
  }).map(
    ([name, why]): Definition => ({
      name,
      define: (command) =>
        command
          .argument('[arguments...]')
          .description(`not possible: ${why}`)
          .allowUnknownOption()
          .action(async () => {
            const { RunncError } = await import('../errors.ts');
            throw new RunncError('ERR_UNSUPPORTED', `${name} is not possible: ${why}`);
          }),
    }),
  ),
];

function createOptions({ bundle, pidFile, consoleSocket, pivot, newKeyring: keyring }: ReturnType<Command['opts']>) {
  return { bundle, pidFile, consoleSocket, pivot, keyring };
}
