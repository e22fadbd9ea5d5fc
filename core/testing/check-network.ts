/** What every network plugin must do. What is wrong is thrown, as an error with a sentence. Needs root, iproute2 and ping. */
import { randomBytes } from 'node:crypto';
import { execa } from 'execa';
import { type PluginUnderTest, runGuest } from './run-guest.ts';

export interface NetworkCheck extends PluginUnderTest {
  /** Answers ping once it runs, and prints `prints` then: a file on this machine. */
  readonly program: string;
  /** Its arguments; `{address}` stands for 10.213.0.2/24, `{gateway}` for 10.213.0.1. */
  readonly args?: readonly string[];
  readonly prints: string;
  /** For how long an answer is waited for, in seconds; 10 unless told. */
  readonly patience?: number;
}

const gateway = '10.213.0.1';
const address = '10.213.0.2';

/**
 * A guest behind a network plugin answers ping through the interface that an engine would have made, and nothing is left in the
 * network namespace afterwards.
 */
export async function checkNetwork({ program, args = [], prints, patience = 10, ...under }: NetworkCheck): Promise<void> {
  const mark = randomBytes(4).toString('hex');
  const [inside, outside] = [`runnc-test-${mark}`, `runnc-peer-${mark}`];
  const ip = (...words: string[]) => execa('ip', words);
  try {
    for (const name of [inside, outside]) await ip('netns', 'add', name);
    await ip('link', 'add', 'eth0', 'netns', inside, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outside);
    for (const [name, own] of [
      [inside, address],
      [outside, gateway],
    ] as const) {
      await ip('-n', name, 'address', 'add', `${own}/24`, 'dev', 'eth0');
      for (const link of ['lo', 'eth0']) await ip('-n', name, 'link', 'set', link, 'up');
    }
    await ip('-n', inside, 'route', 'add', 'default', 'via', gateway);
    // The kernel has the address too, and must not be the one that answers.
    const deaf = 'echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all';
    await ip('netns', 'exec', inside, 'sh', '-c', deaf);
    const links = async () => (await ip('-n', inside, '-brief', 'link')).stdout;
    const before = await links();
    let answered: string | undefined;
    const ran = await runGuest({
      ...under,
      program,
      args: args.map((word) => word.replaceAll('{address}', `${address}/24`).replaceAll('{gateway}', gateway)),
      network: `/run/netns/${inside}`,
      async meanwhile() {
        const ping = ['ping', '-c', '1', '-W', String(patience), address];
        answered = (await execa('ip', ['netns', 'exec', outside, ...ping], { reject: false })).stdout;
      },
      signal: { name: 'SIGKILL', when: prints },
    });
    if (answered === undefined) throw new Error(`the guest comes up behind its network device: ${JSON.stringify(ran)}`);
    if (!answered.includes('1 received')) throw new Error(`a guest answers ping: ${answered}`);
    if (ran.left.length > 0) throw new Error(`nothing of the container is left: ${ran.left.join(', ')} is`);
    const after = await links();
    if (after !== before) throw new Error(`the network namespace is as it was:\n${after}\nand it was\n${before}`);
  } finally {
    for (const name of [inside, outside]) await execa('ip', ['netns', 'delete', name], { reject: false });
  }
}
