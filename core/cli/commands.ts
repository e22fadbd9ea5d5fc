/** All commands: runc's names and flags. Each imports what it does when it does it. */
import type { CreateOptions } from '../lifecycle/create-options.ts';
import type { CommandSpec, OptionSpec, OptionValues } from './command.ts';
import { delegable, forwardedArguments } from './forwarded.ts';
import { print } from './print.ts';

/** What an engine may pass to create and run. */
const createOptions: readonly OptionSpec[] = [
  { flags: '-b, --bundle <path>', description: 'folder of the bundle', preset: '.' },
  { flags: '--console-socket <path>', description: "unix socket to send the terminal's master to" },
  { flags: '--pid-file <path>', description: 'file to write the process id to' },
  { flags: '--no-pivot', description: 'do not use pivot_root (for a root on a ramdisk)' },
  { flags: '--no-new-keyring', description: 'do not make a session keyring' },
  { flags: '--preserve-fds <n>', description: 'accepted; a unikernel can use no descriptor of its caller', preset: '0' },
];

const formatOption: OptionSpec = {
  flags: '-f, --format <format>',
  description: 'form of the list',
  choices: ['table', 'json'],
  preset: 'table',
};

const text = (value: string | boolean | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

function createOptionsOf(
  id: string | undefined,
  { bundle, pidFile, consoleSocket, pivot, newKeyring }: OptionValues,
): CreateOptions {
  return {
    id: id ?? '',
    bundle: text(bundle) ?? '.',
    pidFile: text(pidFile),
    consoleSocket: text(consoleSocket),
    pivot: pivot !== false,
    keyring: newKeyring !== false,
  };
}

const create: CommandSpec = {
  name: 'create',
  description: 'create a container',
  arguments: ['<id>'],
  options: createOptions,
  async run(context, [id], options) {
    const lifecycle = await import('../lifecycle/create.ts');
    await lifecycle.create(context, { ...createOptionsOf(id, options), forwarded: forwardedArguments(process.argv.slice(2)) });
    return 0;
  },
};

const start: CommandSpec = {
  name: 'start',
  description: 'start a created container',
  arguments: ['<id>'],
  options: [],
  async run(context, [id = '']) {
    const lifecycle = await import('../lifecycle/start.ts');
    await lifecycle.start(context, id);
    return 0;
  },
};

const run: CommandSpec = {
  name: 'run',
  description: 'create and start a container, and wait for it',
  arguments: ['<id>'],
  options: [
    ...createOptions,
    { flags: '-d, --detach', description: 'do not wait' },
    { flags: '--keep', description: 'do not delete the container when it has stopped' },
  ],
  async run(context, [id], options) {
    const lifecycle = await import('../lifecycle/run.ts');
    return lifecycle.run(context, {
      ...createOptionsOf(id, options),
      forwarded: forwardedArguments(process.argv.slice(2)),
      detach: options.detach === true,
      keep: options.keep === true,
    });
  },
};

const state: CommandSpec = {
  name: 'state',
  description: 'print the state of a container',
  arguments: ['<id>'],
  options: [],
  async run({ store }, [id = '']) {
    const { ociState } = await import('../lifecycle/container.ts');
    print(`${JSON.stringify(ociState(store.read(id)), null, 2)}\n`);
    return 0;
  },
};

const kill: CommandSpec = {
  name: 'kill',
  description: 'send a signal to a container (TERM unless told)',
  arguments: ['<id>', '[signal]'],
  options: [{ flags: '-a, --all', description: 'to all of its processes' }],
  async run(context, [id = '', signal = 'TERM'], { all }) {
    const lifecycle = await import('../lifecycle/kill.ts');
    await lifecycle.kill(context, id, signal, all === true);
    return 0;
  },
};

const remove: CommandSpec = {
  name: 'delete',
  description: 'delete a container',
  arguments: ['<id>'],
  options: [{ flags: '-f, --force', description: 'also one that runs, is half made or does not exist' }],
  async run(context, [id = ''], { force }) {
    const { deleteContainer } = await import('../lifecycle/delete.ts');
    await deleteContainer(context, id, force === true);
    return 0;
  },
};

const list: CommandSpec = {
  name: 'list',
  description: 'list containers',
  arguments: [],
  options: [formatOption, { flags: '-q, --quiet', description: 'ids only' }],
  async run(context, _, { quiet, format }) {
    const { list } = await import('./list.ts');
    print(list(context, quiet === true ? 'quiet' : format === 'json' ? 'json' : 'table'));
    return 0;
  },
};

const ps: CommandSpec = {
  name: 'ps',
  description: 'list the processes of a container',
  arguments: ['<id>'],
  options: [formatOption],
  async run(context, [id = ''], { format }) {
    const { listProcesses } = await import('../lifecycle/processes.ts');
    const pids = listProcesses(context, id);
    print(format === 'json' ? JSON.stringify(pids) : ['PID', ...pids, ''].join('\n'));
    return 0;
  },
};

const pauseOrResume = (name: 'pause' | 'resume', description: string): CommandSpec => ({
  name,
  description,
  arguments: ['<id>'],
  options: [],
  async run(context, [id = '']) {
    const lifecycle = await import('../lifecycle/processes.ts');
    await lifecycle[name](context, id);
    return 0;
  },
});

const update: CommandSpec = {
  name: 'update',
  description: 'set new limits for a container',
  arguments: ['<id>'],
  options: [{ flags: '-r, --resources <file>', description: 'file with linux.resources (-: standard input)', required: true }],
  async run(context, [id = ''], { resources }) {
    const lifecycle = await import('../lifecycle/processes.ts');
    await lifecycle.update(context, id, String(resources));
    return 0;
  },
};

const sync: CommandSpec = {
  name: 'sync',
  description: 'carry what the guest has written to its volumes and its root to the host now',
  arguments: ['<id>'],
  options: [],
  async run(context, [id = '']) {
    const lifecycle = await import('../lifecycle/sync.ts');
    await lifecycle.sync(context, id);
    return 0;
  },
};

const spec: CommandSpec = {
  name: 'spec',
  description: 'write a config.json to start from',
  arguments: [],
  options: [{ flags: '-b, --bundle <path>', description: 'folder of the bundle', preset: '.' }],
  async run(_context, _args, { bundle }) {
    const { writeSpec } = await import('./spec.ts');
    writeSpec(String(bundle));
    return 0;
  },
};

const features: CommandSpec = {
  name: 'features',
  description: 'print what this runtime can do',
  arguments: [],
  options: [],
  async run() {
    const oci = await import('../oci/features.ts');
    print(`${JSON.stringify(oci.features(), null, 2)}\n`);
    return 0;
  },
};

/** A command of runc to which a unikernel has no answer. */
const impossible = (name: string, why: string): CommandSpec => ({
  name,
  description: `not possible: ${why}`,
  arguments: ['[arguments...]'],
  options: [],
  lenient: true,
  async run() {
    const { RunncError } = await import('../errors.ts');
    throw new RunncError('ERR_UNSUPPORTED', `${name} is not possible: ${why}`);
  },
});

export const commands: readonly CommandSpec[] = [
  create,
  delegable(start),
  run,
  delegable(state),
  delegable(kill),
  delegable(remove),
  list,
  delegable(ps),
  delegable(pauseOrResume('pause', 'stop all processes of a container for a while')),
  delegable(pauseOrResume('resume', 'let the processes of a paused container go on')),
  delegable(update),
  sync,
  spec,
  features,
  delegable(impossible('exec', 'a unikernel is one program, and no second process can be started in it')),
  delegable(impossible('checkpoint', 'unikernels cannot be checkpointed yet')),
  impossible('restore', 'unikernels cannot be restored yet'),
  delegable(impossible('events', 'the statistics of a container are in its cgroup')),
];
