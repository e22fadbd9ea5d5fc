/**
 * The runtime's entry in containerd's config.toml, for the CRI plugin (Kubernetes). It is a marked block of its own at the end of
 * the file, so that everything else stays as it is, byte for byte. containerd starts runnc through its own shim for runc.
 */
import { RunncError } from '../../errors.ts';

export const containerdFile = '/etc/containerd/config.toml';

const begin = (name: string) =>
  `# begin ${name}: written by "runnc install containerd", removed by "runnc uninstall containerd"\n`;
const end = (name: string) => `# end ${name}\n`;

export function withContainerdRuntime(text: string, name: string, path: string): string {
  const rest = withoutContainerdRuntime(text, name);
  const version = Number(/^\s*version\s*=\s*(\d+)/m.exec(rest)?.[1] ?? (hasContent(rest) ? 1 : 2));
  if (version !== 2 && version !== 3) {
    throw new RunncError('ERR_CONFIG', `it is of version ${version}, and 2 or 3 is needed`, {
      hint: 'containerd config migrate converts it',
    });
  }
  // containerd docs/cri/config.md: the CRI plugin was divided with version 3 (containerd 2).
  const plugin = version === 3 ? 'io.containerd.cri.v1.runtime' : 'io.containerd.grpc.v1.cri';
  const table = `plugins.'${plugin}'.containerd.runtimes.${name}`;
  const present = new RegExp(
    `^\\s*\\[\\s*plugins\\.["']${plugin.replaceAll('.', '\\.')}["']\\.containerd\\.runtimes\\.["']?${name}["']?\\s*\\]`,
    'm',
  );
  if (present.test(rest)) {
    throw new RunncError('ERR_CONFIG', `it has a runtime ${name} already, which was not written by runnc`, {
      hint: 'remove it, or choose another --name',
    });
  }
  const lines = [
    ...(hasContent(rest) ? [] : ['version = 2']),
    `[${table}]`,
    `  runtime_type = 'io.containerd.runc.v2'`,
    `  [${table}.options]`,
    `    BinaryName = ${JSON.stringify(path)}`,
  ];
  const separated = rest === '' || rest.endsWith('\n') ? rest : `${rest}\n`;
  return `${separated}${begin(name)}${lines.join('\n')}\n${end(name)}`;
}

export function withoutContainerdRuntime(text: string, name: string): string {
  const from = text.indexOf(begin(name));
  if (from < 0) return text;
  const to = text.indexOf(end(name), from);
  if (to < 0)
    throw new RunncError('ERR_CONFIG', `the end of the block of ${name} is missing`, { hint: 'remove the block by hand' });
  return text.slice(0, from) + text.slice(to + end(name).length);
}

/** Whether there is more than comments. */
const hasContent = (text: string): boolean => /^\s*[^#\s]/m.test(text);
