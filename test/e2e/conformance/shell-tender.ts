/**
 * A tender of somebody else's for the conformance checks: "unikernels" are shell scripts. `fault` makes it do one thing wrong, each of which
 * a check has to find.
 */
import { readSync } from 'node:fs';
import type { Plugin } from '../../../core/plugin.ts';

export default {
  name: 'shell-tender',
  api: 1,
  options: { type: 'object', properties: { fault: { type: 'string', default: 'none' } } },
  apply({ hooks, resource, run }, { fault }) {
    const link = resource<undefined, null>({
      name: 'link',
      acquire: async () => {
        await run('ip', ['link', 'add', 'shell0', 'type', 'bridge']);
        return null;
      },
      release: async () => {
        if (fault !== 'keeps a network device') await run('ip', ['link', 'delete', 'shell0']).catch(() => {});
      },
    });
    hooks.create.tapPromise('shell-tender', async (container) => {
      await link.take(container, undefined);
    });
    hooks.unikernel.tap('shell-tender', ({ fd }, { args }) => {
      const start = Buffer.alloc(2);
      readSync(fd, start, 0, 2, 0);
      if (start.toString() !== '#!') return undefined;
      return { name: 'shell', abi: 'shell', devices: [], commandLine: args.slice(1).join(' ') };
    });
    hooks.tender.tap('shell-tender', (_program, { abi }) => {
      if (abi !== 'shell') return undefined;
      return {
        name: 'shell',
        open: [],
        hostFiles: ['/bin', '/lib', '/lib64', '/usr'],
        plan: async ({ commandLine, memory }) => {
          const told = fault === 'forgets the arguments' ? '' : commandLine;
          const size = fault === 'forgets the limit' ? 2 ** 29 : memory;
          const before = fault === 'hears no signal' ? "trap '' TERM;" : "trap 'exit 143' TERM;";
          const body = fault === 'forgets the status' ? '(. /unikernel); exit 0' : '. /unikernel';
          const script = `COMMAND_LINE="$1" MEMORY="$2"; ${before} ${body}`;
          return {
            kind: 'program',
            path: '/bin/sh',
            argv: ['/bin/sh', '-c', script, 'sh', told, `${size}`],
          };
        },
      };
    });
  },
} satisfies Plugin<{ readonly fault: string }>;
