/** Looks at what a plugin that is not built in answers, before anything is done with it. */
import { violations } from '../../generated/validate-answers.mjs';
import { explain } from '../../oci/explain.ts';
import type { BlockDevice, Json, Launch, LaunchPlan, Resource, TapePlan, Tender } from '../../plugin.ts';
import { within } from './time-limit.ts';

interface Answering {
  readonly plugin: string;
  readonly timeLimit: number;
}

/** Hooks that ask, for which `undefined` is "not mine". */
const asking = ['architecture', 'unikernel', 'rootfs', 'network', 'tender', 'filter'];

/**
 * The answer, if it has the hook's form; that of `tender` with a plan that is looked at, too.
 * @throws Error that continues "plugin X failed in HOOK: "
 */
export function checkedAnswer(hook: string, answer: unknown, answering: Answering): unknown {
  if (answer === undefined || answer === null) return undefined;
  if (!asking.includes(hook) && hook !== 'launch') return answer;
  if (hook === 'filter') return filter(answer);
  checkShape(hook, answer);
  if (hook === 'rootfs') checkBlocks([answer as BlockDevice]);
  if (hook === 'launch') checkBlocks((answer as Launch).blocks);
  return hook === 'tender' ? tender(answer as Tender, answering) : answer;
}

/** A resource whose steps are timed, and whose state can be saved. */
export function checkedResource<Input, State extends Json>(
  resource: Resource<Input, State>,
  timeLimit: number,
): Resource<Input, State> {
  const { name } = resource;
  if (typeof name !== 'string' || typeof resource.acquire !== 'function' || typeof resource.release !== 'function') {
    throw new Error('a resource has a name, acquire and release');
  }
  return {
    name,
    async acquire(container, input) {
      const state = await within(timeLimit, () => resource.acquire(container, input));
      if (state === undefined) throw new Error(`acquire of the resource ${name} returned nothing: null will do`);
      return JSON.parse(JSON.stringify(state)) as State;
    },
    release: (container, state) => within(timeLimit, () => resource.release(container, state)),
    kept: async () => (await resource.kept?.()) ?? [],
  };
}

function checkShape(kind: string, value: unknown): void {
  const document = { [kind]: value };
  const [violation] = violations(document);
  if (violation === undefined) return;
  const { message, hint } = explain(violation, document, 'the answer');
  throw new Error(`its answer is not one: ${message}${hint === undefined ? '' : `; ${hint}`}`);
}

function checkBlocks(blocks: readonly BlockDevice[]): void {
  for (const { name, capacity, blockSize } of blocks) {
    if (capacity % blockSize !== 0)
      throw new Error(
        `its answer is not one: the capacity of ${name}, ${capacity}, is not a multiple of its block size, ${blockSize}`,
      );
  }
}

/** Compiled BPF: instructions of eight bytes (linux/filter.h, struct sock_filter; BPF_MAXINSNS is 4096). */
function filter(answer: unknown): Uint8Array {
  if (answer instanceof Uint8Array && answer.length > 0 && answer.length % 8 === 0 && answer.length <= 4096 * 8) return answer;
  throw new Error('its answer is not one: a filter is a Uint8Array of 1 to 4096 instructions of 8 bytes');
}

function tender(answer: Tender, { timeLimit }: Answering): Tender {
  if (typeof answer.plan !== 'function') throw new Error('its answer is not one: tender.plan must be a function');
  const plan: Tender['plan'] = async (launch, descriptors) => {
    const made = await within(timeLimit, () => answer.plan(launch, descriptors));
    checkPlan(made);
    return made;
  };
  // The other members as they are, wherever they stand: it may be an instance of a class.
  return Object.create(answer, { plan: { value: plan, enumerable: true } }) as Tender;
}

function checkPlan(plan: LaunchPlan): void {
  checkShape('plan', plan);
  if (plan.kind !== 'tape') return;
  for (const name of ['entry', 'stack', 'argument'] as const satisfies readonly (keyof TapePlan)[]) {
    if (typeof plan[name] !== 'bigint') throw new Error(`its plan is none: ${name} must be a bigint`);
  }
  for (const { bytes } of plan.segments) {
    if (!(bytes instanceof Uint8Array)) throw new Error('its plan is none: the bytes of a segment must be a Uint8Array');
  }
}
