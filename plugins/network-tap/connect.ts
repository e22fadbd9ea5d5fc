/** Makes taps and connects them, and takes all of it back. */
import type { Host } from '../../core/plugin.ts';
import { addressOf, isFamily } from './addresses.ts';
import { routedLines } from './routed.ts';
import { changeSettings } from './settings.ts';
import { isTap } from './tap-name.ts';
import { classifiers, connectLines, tapLines, undoLines, type Wire } from './wiring.ts';

type Tools = Pick<Host, 'runInNetwork' | 'inNetwork'>;

const batch = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** Makes the taps and connects each with its interface. A failure is an error; the resource undoes what was done. */
export async function connect(tools: Tools, netns: string, wires: readonly Wire[]): Promise<void> {
  const lines = batch(wires.flatMap(tapLines));
  const made = await ip(tools, netns, lines);
  if (made !== undefined) {
    // Taps of a container of the same id whose state was lost; the names are nobody else's.
    await tools.runInNetwork(netns, 'ip', ['-force', '-batch', '-'], batch(wires.flatMap((wire) => undoLines(wire).ip)));
    const again = await ip(tools, netns, lines);
    if (again !== undefined) throw problem(`making the tap devices: ${again}`);
  }
  await tools.inNetwork(netns, () => changeSettings(wires));
  const routes = wires.filter(({ mode }) => mode === 'routed').flatMap(routedLines);
  const failed = routes.length === 0 ? undefined : await ip(tools, netns, batch(routes));
  if (failed !== undefined) throw problem(`routing to the tap devices: ${failed}`);
  await filter(tools, netns, wires);
}

async function ip({ runInNetwork: run }: Tools, netns: string, input: string): Promise<string | undefined> {
  const { status, stderr } = await run(netns, 'ip', ['-batch', '-'], input);
  return status === 0 ? undefined : stderr.trim();
}

async function filter({ runInNetwork: run }: Tools, netns: string, wires: readonly Wire[]): Promise<void> {
  let complaint = '';
  for (const classifier of classifiers) {
    const lines = wires.flatMap((wire) => connectLines(wire, classifier));
    if (lines.length === 0) return;
    const { status, stderr } = await run(netns, 'tc', ['-batch', '-'], batch(lines));
    if (status === 0) return;
    complaint ||= stderr.trim();
    // Not for want of the classifier, or it would not have come that far.
    if (await anyFilter(run, netns, wires)) break;
    await run(netns, 'tc', ['-force', '-batch', '-'], batch(wires.flatMap((wire) => undoLines(wire).tc)));
  }
  throw problem(`connecting the tap devices: ${complaint}`);
}

async function anyFilter(run: Host['runInNetwork'], netns: string, wires: readonly Wire[]): Promise<boolean> {
  for (const { interface: name } of wires) {
    if (name !== undefined && (await targets(run, netns, name)).length > 0) return true;
  }
  return false;
}

interface FilterLine {
  readonly options?: { readonly actions?: readonly { readonly kind?: string; readonly to_dev?: string }[] };
}

/** Where the ingress filters of an interface send what comes in. */
async function targets(run: Host['runInNetwork'], netns: string, name: string): Promise<readonly string[]> {
  const { stdout } = await run(netns, 'tc', ['-json', 'filter', 'show', 'dev', name, 'parent', 'ffff:']);
  const lines = (stdout.trim() === '' ? [] : JSON.parse(stdout)) as readonly FilterLine[];
  return lines.flatMap(({ options }) => options?.actions ?? []).flatMap(({ to_dev }) => (to_dev === undefined ? [] : [to_dev]));
}

/** Taps that addresses are behind already. */
async function routesTo(run: Host['runInNetwork'], netns: string, addresses: readonly string[] = []): Promise<readonly string[]> {
  const found: string[] = [];
  for (const address of addresses) {
    const family = isFamily(address, 6) ? '-6' : '-4';
    const { stdout } = await run(netns, 'ip', ['-json', family, 'route', 'show', 'exact', addressOf(address)]);
    const lines = (stdout.trim() === '' ? [] : JSON.parse(stdout)) as readonly { readonly dev?: string }[];
    found.push(...lines.flatMap(({ dev }) => (dev !== undefined && isTap(dev) ? [dev] : [])));
  }
  return found;
}

/**
 * Interfaces that a unikernel in this namespace has already.
 * @throws Error ERR_NETWORK
 */
export async function requireFree({ runInNetwork: run }: Tools, netns: string, wires: readonly Wire[]): Promise<void> {
  for (const { interface: name, addresses } of wires) {
    if (name === undefined) continue;
    const [taken] = [...(await targets(run, netns, name)), ...(await routesTo(run, netns, addresses))];
    if (taken !== undefined) {
      throw problem(
        `the interface ${name} of this network namespace belongs to another unikernel already (its tap is ${taken})`,
        'give each unikernel a network namespace of its own',
      );
    }
  }
}

/** Takes everything back that is ours; what is gone already is passed over. */
export async function disconnect({ runInNetwork: run }: Tools, netns: string, wires: readonly Wire[]): Promise<void> {
  for (const wire of wires) {
    if (wire.interface === undefined) continue;
    const to = await targets(run, netns, wire.interface);
    // An ingress without filters is what a crash between two steps leaves.
    if (to.length > 0 && !to.includes(wire.tap)) continue;
    await run(netns, 'tc', ['-force', '-batch', '-'], batch(undoLines(wire).tc));
  }
  await run(netns, 'ip', ['-force', '-batch', '-'], batch(wires.flatMap((wire) => undoLines(wire).ip)));
  const { stdout } = await run(netns, 'ip', ['-json', 'link', 'show']);
  const links = JSON.parse(stdout || '[]') as readonly { readonly ifname: string }[];
  const left = wires.filter(({ tap }) => links.some(({ ifname }) => ifname === tap));
  if (left.length > 0) throw problem(`the tap ${left.map(({ tap }) => tap).join(', ')} cannot be removed`);
}

function problem(message: string, hint?: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_NETWORK', ...(hint === undefined ? {} : { hint }) });
}
