/** Our own arguments as another OCI runtime takes them, and commands that go to the one that has the container. */
import { delegateOf } from '../lifecycle/delegation/delegated.ts';
import type { CommandSpec } from './command.ts';
import { shapeOf } from './command.ts';
import { globalOptions } from './global.ts';

/** Global options that the other runtime gets with values of its own, or does not know. */
const ours = ['--root', '--config', '--profile', '--rootless', '--criu'];

/** All arguments but those. */
export function forwardedArguments(argv: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let next = 0;
  for (; argv[next]?.startsWith('-'); next++) {
    const word = argv[next] as string;
    const [name = ''] = word.split('=', 1);
    const takesValue = globalOptions.some((option) => shapeOf(option).long === name && shapeOf(option).takesValue);
    const words = takesValue && !word.includes('=') ? [word, argv[++next] ?? ''] : [word];
    if (!ours.includes(name)) kept.push(...words);
  }
  return [...kept, ...argv.slice(next)];
}

/** A command about one container goes to another runtime if that has it. */
export function delegable(spec: CommandSpec): CommandSpec {
  return {
    ...spec,
    async run(context, args, options) {
      // Commands that are passed through whole have the id somewhere among their arguments.
      for (const id of args) {
        if (id === undefined || !/^[\w+.-]+$/.test(id) || id.startsWith('-')) continue;
        const path = delegateOf(context.store, id);
        if (path !== undefined) {
          const { forward } = await import('../lifecycle/delegation/delegation.ts');
          return forward(context, id, path, { command: spec.name, argv: forwardedArguments(process.argv.slice(2)) });
        }
      }
      return spec.run(context, args, options);
    },
  };
}
