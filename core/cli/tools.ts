/** The commands for people, which engines never call: they are read only when a command line is not an engine's. */
import { RunncError } from '../errors.ts';
import type { CommandSpec, OptionSpec } from './command.ts';
import { print } from './print.ts';

const jsonOption: OptionSpec = { flags: '--json', description: 'as JSON' };
const dryRunOption: OptionSpec = { flags: '--dry-run', description: 'only tell what would be done' };

/** Options for the entry in an engine's configuration. */
const entryOptions: readonly OptionSpec[] = [
  { flags: '-n, --name <name>', description: 'what the engine calls the runtime', preset: 'runnc' },
  { flags: '--file <file>', description: "the engine's configuration, if it is not where it usually is" },
  dryRunOption,
];

const text = (value: string | boolean | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

function unknownAction(command: string, action: string, known: readonly string[]): RunncError {
  return new RunncError('ERR_ARGUMENT', `${command}: there is no ${action}`, { hint: `there is ${known.join(', ')}` });
}

const doctor: CommandSpec = {
  name: 'doctor',
  description: 'look for what is missing on this machine',
  arguments: [],
  options: [jsonOption],
  async run(context, _, { json }) {
    const { diagnose, report } = await import('../tools/doctor.ts');
    const findings = await diagnose(context);
    print(json === true ? `${JSON.stringify(findings, null, 2)}\n` : report(findings));
    return findings.some(({ state }) => state === 'missing') ? 1 : 0;
  },
};

const install: CommandSpec = {
  name: 'install',
  description: 'register runnc with docker, containerd or podman',
  arguments: ['<engine>'],
  options: [
    ...entryOptions,
    { flags: '--runtime-config <file>', description: 'runnc.config for this entry (docker, podman)' },
    { flags: '--runtime-profile <name>', description: 'profile for this entry (docker, podman)' },
  ],
  async run(_context, [engine = ''], { name, file, dryRun, runtimeConfig, runtimeProfile }) {
    const { register } = await import('../tools/engines/register.ts');
    const entry = { name: String(name), config: text(runtimeConfig), profile: text(runtimeProfile) };
    print(`${register(engine, entry, { file: text(file), dryRun: dryRun === true })}\n`);
    return 0;
  },
};

const uninstall: CommandSpec = {
  name: 'uninstall',
  description: 'take runnc out of the configuration of docker, containerd or podman',
  arguments: ['<engine>'],
  options: entryOptions,
  async run(_context, [engine = ''], { name, file, dryRun }) {
    const { unregister } = await import('../tools/engines/register.ts');
    print(`${unregister(engine, String(name), { file: text(file), dryRun: dryRun === true })}\n`);
    return 0;
  },
};

const config: CommandSpec = {
  name: 'config',
  description: 'runnc.config: show (where each value is from), validate, init (write one to start from), schema (for editors)',
  arguments: ['<action>'],
  options: [jsonOption],
  async run(context, [action = ''], { json }) {
    const tool = await import('../tools/show-config.ts');
    const actions: Readonly<Record<string, () => string | Promise<string>>> = {
      show: () => tool.show(context, json === true),
      validate: () => tool.validate(context),
      init: () => tool.init(context.config),
      schema: async () => `${JSON.stringify(await tool.schema(), null, 2)}\n`,
    };
    const chosen = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (!chosen) throw unknownAction('config', action, Object.keys(actions));
    print(await chosen());
    return 0;
  },
};

const plugins: CommandSpec = {
  name: 'plugins',
  description: 'list: the plugins in the order in which they are asked',
  arguments: ['<action>'],
  options: [jsonOption],
  async run(context, [action = ''], { json }) {
    if (action !== 'list') throw unknownAction('plugins', action, ['list']);
    const { listPlugins } = await import('../tools/list-plugins.ts');
    print(await listPlugins(context, json === true));
    return 0;
  },
};

const plugin: CommandSpec = {
  name: 'plugin',
  description: 'init: a small plugin with a test, to start from',
  arguments: ['<action>', '<name>'],
  options: [],
  async run(_context, [action = '', name = '']) {
    if (action !== 'init') throw unknownAction('plugin', action, ['init']);
    const { writePlugin } = await import('../tools/plugin-template.ts');
    print(writePlugin(name));
    return 0;
  },
};

const cache: CommandSpec = {
  name: 'cache',
  description: 'root images kept for later containers: ls, prune (down to cacheSize, or all), verify (reads every one)',
  arguments: ['<action>'],
  options: [jsonOption, { flags: '-a, --all', description: 'prune: remove every image' }],
  async run(context, [action = ''], { json, all }) {
    const tool = await import('../tools/cache.ts');
    const actions: Readonly<Record<string, () => Promise<{ readonly said: string; readonly isWhole: boolean }>>> = {
      ls: async () => ({ said: await tool.listCache(context, json === true), isWhole: true }),
      prune: async () => ({ said: await tool.pruneCache(context, all === true), isWhole: true }),
      verify: () => tool.verifyCache(context),
    };
    const chosen = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (!chosen) throw unknownAction('cache', action, Object.keys(actions));
    const { said, isWhole } = await chosen();
    print(said);
    return isWhole ? 0 : 1;
  },
};

const kept: CommandSpec = {
  name: 'kept',
  description: 'what guests wrote that no container has use for: ls, prune (where nothing would be lost), rm (by name, or all)',
  arguments: ['<action>', '[names...]'],
  options: [jsonOption, { flags: '-a, --all', description: 'rm: everything that is kept' }],
  async run(context, [action = '', ...names], { json, all }) {
    const tool = await import('../tools/kept.ts');
    const actions: Readonly<Record<string, () => Promise<string>>> = {
      ls: () => tool.listKept(context, json === true),
      prune: () => tool.pruneKept(context),
      rm: () => tool.removeKept(context, names as string[], all === true),
    };
    const chosen = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (!chosen) throw unknownAction('kept', action, Object.keys(actions));
    print(await chosen());
    return 0;
  },
};

const inspect: CommandSpec = {
  name: 'inspect',
  description: 'tell what a unikernel is and how it would be started',
  arguments: ['<path>'],
  options: [jsonOption],
  async run(context, [path = ''], { json }) {
    const { inspect, describe } = await import('../tools/inspect.ts');
    const found = await inspect(context, path);
    print(json === true ? `${JSON.stringify(found, null, 2)}\n` : describe(found));
    return 0;
  },
};

const pack: CommandSpec = {
  name: 'pack',
  description: 'make an image of unikernels, for docker load, podman load and ctr image import',
  arguments: ['<programs...>'],
  options: [
    { flags: '-t, --tag <name>', description: 'name of the image', required: true },
    { flags: '-o, --output <file>', description: 'file to write; - is standard output', preset: '-' },
    { flags: '-e, --entrypoint <words>', description: 'entrypoint as a JSON array; the first program unless told' },
    { flags: '--memory <size>', description: 'guest memory that the program wants, as a label' },
  ],
  async run(_context, programs, { tag, output, entrypoint, memory }) {
    const { pack } = await import('../tools/pack.ts');
    const files = programs.filter((file): file is string => file !== undefined);
    const told = pack({ files, tag: String(tag), output: String(output), entrypoint: text(entrypoint), memory: text(memory) });
    if (output !== '-') print(told);
    return 0;
  },
};

export const tools: readonly CommandSpec[] = [doctor, install, uninstall, config, plugins, plugin, cache, kept, inspect, pack];
