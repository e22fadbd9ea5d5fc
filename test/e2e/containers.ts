/** Docker containers of the test guests: one image has all for spt, `/hello`, `/sleep`, ..., and `/linux`, which is none; one all for hvt. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, inject, onTestFinished } from 'vitest';
import { connect } from './engine/connect.ts';
import type { Docker, Result } from './engine/docker.ts';
import type { EngineAddress } from './engine/engine.ts';
import { until } from './engine/until.ts';

/** Names of the images. */
export const images = { spt: 'guests', hvt: 'guests-hvt' } as const;
export const image = images.spt;

export interface Containers extends Docker {
  readonly address: EngineAddress;
  /** `docker run --rm --runtime=runnc OPTIONS guests COMMAND`. */
  run(command: readonly string[], options?: readonly string[]): Promise<Result>;
  /** The same with `--detach` and without `--rm`: returns the id. The container is removed when the test has finished. */
  start(command: readonly string[], options?: readonly string[]): Promise<string>;
  /** The same for all tests of a file, from a `beforeAll`: the caller removes it. */
  begin(command: readonly string[], options?: readonly string[]): Promise<string>;
  /** `docker ARGS`, which must succeed: returns what it printed, without the last newline. */
  must(...args: string[]): Promise<string>;
  /** `docker inspect --format {{json .FIELD}}`. */
  inspect(id: string, field: string): Promise<unknown>;
  /** Waits until the logs have `text`, at most `patience` milliseconds. */
  says(id: string, text: string, patience?: number): Promise<void>;
  /** Process id of the guest. */
  pidOf(id: string): Promise<number>;
}

/** For the top of a test file. */
export function containers(tender: keyof typeof images = 'spt'): Containers {
  const image = images[tender];
  const engine = connect();
  const { docker, buildImage } = engine;
  beforeAll(async () => {
    await buildImage(image, { files: programs(inject('guests'), tender) });
  });

  const must = async (...args: string[]) => {
    const { stdout, stderr, status } = await docker(...args);
    if (status !== 0) throw new Error(`docker ${args.join(' ')}: status ${status}\n${stderr}${stdout}`);
    return stdout.replace(/\n$/, '');
  };
  const inspect = async (id: string, field: string): Promise<unknown> =>
    JSON.parse(await must('inspect', '--format', `{{json .${field}}}`, id));
  const begin: Containers['begin'] = (command, options = []) =>
    must('run', '--detach', '--runtime=runnc', ...options, image, ...command);
  return {
    ...engine,
    must,
    inspect,
    begin,
    run: (command, options = []) => docker('run', '--rm', '--runtime=runnc', ...options, image, ...command),
    async start(command, options = []) {
      const id = await begin(command, options);
      onTestFinished(async () => {
        await docker('rm', '--force', id);
      });
      return id;
    },
    async says(id, text) {
      await until(`the logs have ${JSON.stringify(text)}`, 60_000, async () => (await docker('logs', id)).stdout.includes(text));
    },
    pidOf: async (id) => Number(await inspect(id, 'State.Pid')),
  };
}

/** All guests for a tender by their path in the image. */
function programs(folder: string, tender: keyof typeof images): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith(`.${tender}`) || name === 'linux');
  return Object.fromEntries(names.map((name) => [`/${path.basename(name, `.${tender}`)}`, path.join(folder, name)]));
}
