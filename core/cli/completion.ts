/** Shell completion, made from the same data as the parsers. */
import { RunncError } from '../errors.ts';
import { type CommandSpec, type OptionSpec, shapeOf } from './command.ts';

/** What the words after a command can be, where they are few. */
const words: Readonly<Record<string, string>> = {
  install: 'docker containerd podman',
  uninstall: 'docker containerd podman',
  config: 'show validate init schema',
  plugins: 'list',
  plugin: 'init',
  cache: 'ls prune verify',
  kept: 'ls prune rm',
  completion: 'bash zsh fish',
  kill: 'TERM KILL INT HUP QUIT USR1 USR2',
};

/** Commands whose first argument is a container. */
const ofContainer = (spec: CommandSpec): boolean => spec.arguments[0] === '<id>' && !['create', 'run'].includes(spec.name);

const flagsOf = (options: readonly OptionSpec[]): string =>
  options
    .filter(({ hidden }) => hidden !== true)
    .flatMap((option) => {
      const { long, short } = shapeOf(option);
      return short === undefined ? [long] : [long, short];
    })
    .join(' ');

/** @throws RunncError ERR_ARGUMENT for another shell */
export function completion(shell: string, commands: readonly CommandSpec[], global: readonly OptionSpec[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands, global);
    case 'zsh':
      // zsh runs what is written for bash, as long as nothing is in it that only bash has, and no variable of zsh's own (words).
      return `#compdef runnc\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands, global)}`;
    case 'fish':
      return fish(commands, global);
    default:
      throw new RunncError('ERR_ARGUMENT', `there is no completion for ${shell}`, { hint: 'there is bash, zsh, fish' });
  }
}

function bash(commands: readonly CommandSpec[], global: readonly OptionSpec[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const valued = global.filter((option) => shapeOf(option).takesValue).map((option) => shapeOf(option).long);
  const cases = commands.map((spec) => {
    const more = words[spec.name] ?? (ofContainer(spec) ? '$(runnc list --quiet 2>/dev/null)' : '');
    return `    ${spec.name}) offered="${[flagsOf(spec.options), more].filter(Boolean).join(' ')}" ;;`;
  });
  return `# Completion of runnc for bash: runnc completion bash >/etc/bash_completion.d/runnc
_runnc() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= offered= index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case \${COMP_WORDS[index]} in
    ${valued.join(' | ')}) index=$((index + 1)) ;;
    -*) ;;
    *)
      command=\${COMP_WORDS[index]}
      break
      ;;
    esac
  done
  case $command in
    '') offered="${names} ${flagsOf(global)}" ;;
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$offered" -- "$current"))
}
complete -o default -F _runnc runnc
`;
}

function fish(commands: readonly CommandSpec[], global: readonly OptionSpec[]): string {
  const quoted = (said: string) => `'${said.replaceAll(/['\\]/g, '\\$&')}'`;
  const option = (spec: OptionSpec, condition: string) => {
    const { long, short, takesValue } = shapeOf(spec);
    return [
      `complete -c runnc -n ${quoted(condition)} -l ${long.slice(2)}`,
      ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
      ...(takesValue ? ['-r'] : []),
      `-d ${quoted(spec.description)}`,
    ].join(' ');
  };
  const visible = (options: readonly OptionSpec[]) => options.filter(({ hidden }) => hidden !== true);
  const lines = commands.flatMap((spec) => {
    const within = `__fish_seen_subcommand_from ${spec.name}`;
    const more = words[spec.name] ?? (ofContainer(spec) ? '(runnc list --quiet 2>/dev/null)' : undefined);
    return [
      `complete -c runnc -n __fish_use_subcommand -a ${spec.name} -d ${quoted(spec.description)}`,
      ...visible(spec.options).map((each) => option(each, within)),
      ...(more === undefined ? [] : [`complete -c runnc -f -n ${quoted(within)} -a ${quoted(more)}`]),
    ];
  });
  const all = [...visible(global).map((each) => option(each, '__fish_use_subcommand')), ...lines];
  return `# Completion of runnc for fish: runnc completion fish >/etc/fish/completions/runnc.fish\n${all.join('\n')}\n`;
}
