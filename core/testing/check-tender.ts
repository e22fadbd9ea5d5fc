/** What every tender must do, whoever wrote it. What is wrong is thrown, as an error with a sentence. */
import { type PluginUnderTest, type Ran, type RunOptions, runGuest } from './run-guest.ts';

export interface TestProgram {
  /** File on this machine. */
  readonly program: string;
  /** What stands before the arguments of the check. */
  readonly args?: readonly string[];
}

/** Programs of the kind that the tender starts. */
export interface Programs {
  /** Prints this and its command line, and ends with status 0. */
  readonly hello: TestProgram & { readonly prints: string };
  /** Ends with the status that is its last argument, where the kind has exit statuses: 0, 1, 42, 255 unless others are told. */
  readonly exitCode?: TestProgram & { readonly statuses?: readonly number[] };
  /** Prints this and waits for ever. */
  readonly sleep: TestProgram & { readonly prints: string };
  /** Prints how much memory it has, in bytes, after `memory: `. */
  readonly memory?: TestProgram;
}

/** How the plugin is run, and the programs. */
export interface TenderCheck extends PluginUnderTest {
  readonly programs: Programs;
  /** How long a stop may take, in milliseconds; 5 s unless told. */
  readonly stopLimit?: number;
  /** Limits of the container's memory in bytes, the second at least twice the first; 64 and 256 MiB unless told. */
  readonly limits?: readonly [small: number, large: number];
}

type Step = Pick<RunOptions, 'program' | 'args' | 'signal' | 'memory'>;

/** A tender runs hello, tells exit statuses, honours memory and signals, and leaves nothing. */
export async function checkTender({
  programs,
  stopLimit = 5000,
  limits = [2 ** 26, 2 ** 28],
  ...under
}: TenderCheck): Promise<void> {
  const run = async (
    { program, args = [] }: TestProgram,
    step: Omit<Step, 'program'>,
    expected: (ran: Ran) => boolean,
    what: string,
  ) => {
    const ran = await runGuest({ ...under, ...step, program, args: [...args, ...(step.args ?? [])] });
    if (!expected(ran)) throw new Error(`${what}: ${JSON.stringify(ran)}`);
    if (ran.left.length > 0) throw new Error(`nothing of the container is left: ${ran.left.join(', ')} is, after: ${what}`);
    return ran;
  };
  const { hello, exitCode, sleep, memory } = programs;
  await run(
    hello,
    { args: ['one', 'two words'] },
    ({ stdout, status }) => status === 0 && stdout.includes(hello.prints) && stdout.includes('one two words'),
    'hello prints its line and its arguments, and ends with 0',
  );
  if (exitCode) {
    for (const status of exitCode.statuses ?? [0, 1, 42, 255])
      await run(exitCode, { args: [String(status)] }, (ran) => ran.status === status, `exit status ${status} arrives`);
  }
  for (const [name, number] of [
    ['SIGTERM', 15],
    ['SIGKILL', 9],
  ] as const) {
    // What a tender that is a program says when it is told to end is its own affair.
    const ended = ({ status, stopTime = Number.POSITIVE_INFINITY }: Ran) =>
      stopTime < stopLimit && (name === 'SIGTERM' || status === 128 + number);
    const what = `a guest that sleeps ends by ${name} within ${stopLimit} ms${name === 'SIGTERM' ? '' : ` with status ${128 + number}`}`;
    await run(sleep, { signal: { name, when: sleep.prints } }, ended, what);
  }
  if (!memory) return;
  const size = async (limit: number) => {
    const said = /memory: (\d+)/;
    const { stdout } = await run(memory, { memory: limit }, (ran) => said.test(ran.stdout), 'the guest tells its memory');
    return Number(said.exec(stdout)?.[1]);
  };
  const [small, large] = [await size(limits[0]), await size(limits[1])];
  if (small > limits[0] || large > limits[1] || large - small < (limits[1] - limits[0]) / 2)
    throw new Error(
      `guest memory follows the container's limit: ${small} bytes within ${limits[0]}, ${large} within ${limits[1]}`,
    );
}
