/** The runtime's entry in dockerd's daemon.json. */
import { RunncError } from '../../errors.ts';

export const dockerFile = '/etc/docker/daemon.json';

interface Settings {
  readonly runtimes?: Readonly<Record<string, { readonly path?: string; readonly runtimeArgs?: readonly string[] }>>;
  readonly [key: string]: unknown;
}

/** The text with the entry in it; all else stays as it is, but for the spacing. */
export function withDockerRuntime(text: string, name: string, path: string, args: readonly string[]): string {
  const settings = parse(text);
  const { runtimeArgs: _, ...kept } = settings.runtimes?.[name] ?? {};
  const entry = { ...kept, path, ...(args.length === 0 ? {} : { runtimeArgs: args }) };
  return show({ ...settings, runtimes: { ...settings.runtimes, [name]: entry } });
}

export function withoutDockerRuntime(text: string, name: string): string {
  const { runtimes = {}, ...settings } = parse(text);
  if (settings['default-runtime'] === name) {
    throw new RunncError('ERR_CONFIG', `${name} is Docker's default runtime`, { hint: 'change default-runtime first' });
  }
  const { [name]: _, ...others } = runtimes;
  return show(Object.keys(others).length === 0 ? settings : { ...settings, runtimes: others });
}

function parse(text: string): Settings {
  if (text.trim() === '') return {};
  let settings: unknown;
  try {
    settings = JSON.parse(text);
  } catch (cause) {
    throw new RunncError('ERR_CONFIG', `it is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  if (settings === null || typeof settings !== 'object' || Array.isArray(settings)) {
    throw new RunncError('ERR_CONFIG', 'it is not a JSON object');
  }
  return settings as Settings;
}

const show = (settings: Settings): string => `${JSON.stringify(settings, null, 2)}\n`;
