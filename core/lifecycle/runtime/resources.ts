/** What plugins took for a container and how it is given back: in reverse order, every one even if another fails. */
import { RunncError, sentenceOf } from '../../errors.ts';
import type { Container, Json, Kept, Resource, ResourceHandle } from '../../plugin.ts';
import type { TakenResource } from '../../state/record.ts';

type AnyResource = Resource<unknown, Json>;

/** Where the list of what was taken is kept: the container's record. */
export interface Ledger {
  readonly resources: readonly TakenResource[];
  /** Descriptor of the container's lock, which no other command has. */
  readonly lock?: number;
  save(resources: readonly TakenResource[]): void;
}

export class Resources {
  readonly #known = new Map<string, AnyResource>();
  #ledger: Ledger | undefined;

  /** The container that this command works on. */
  attach(ledger: Ledger): void {
    this.#ledger = ledger;
  }

  /** Of the container that this command works on. */
  get lock(): number | undefined {
    return this.#ledger?.lock;
  }

  register<Input, State extends Json>(resource: Resource<Input, State>): ResourceHandle<Input, State> {
    if (this.#known.has(resource.name)) throw new RunncError('ERR_PLUGIN', `two plugins register the resource ${resource.name}`);
    this.#known.set(resource.name, resource as unknown as AnyResource);
    return { take: (container, input) => this.#take(resource, container, input) };
  }

  async #take<Input, State extends Json>(resource: Resource<Input, State>, container: Container, input: Input): Promise<State> {
    const ledger = this.#ledger;
    if (!ledger) throw new RunncError('ERR_PLUGIN', `the resource ${resource.name} can be taken for a container only`);
    // Saved before and after, so that a process that dies in between leaves a name to release by.
    const pending: TakenResource = { name: resource.name };
    ledger.save([...ledger.resources, pending]);
    const state = await resource.acquire(container, input);
    // Others may have been taken meanwhile.
    ledger.save(ledger.resources.map((taken) => (taken === pending ? { name: resource.name, state } : taken)));
    return state;
  }

  /** What all plugins keep of containers that have no use for it. */
  async kept(): Promise<readonly Kept[]> {
    return (await Promise.all([...this.#known.values()].map(async (resource) => (await resource.kept?.()) ?? []))).flat();
  }

  /** @throws RunncError ERR_LEFT_BEHIND, after everything was tried */
  async releaseAll(container: Container, ledger: Ledger): Promise<void> {
    const kept: TakenResource[] = [];
    const sentences: string[] = [];
    for (const taken of [...ledger.resources].reverse()) {
      try {
        const resource = this.#known.get(taken.name);
        if (!resource) throw new Error('no plugin that is loaded knows how');
        await resource.release(container, taken.state as Json | undefined);
      } catch (error) {
        kept.unshift(taken);
        sentences.push(`${taken.name} (${sentenceOf(error)})`);
      }
    }
    ledger.save(kept);
    if (sentences.length > 0) {
      throw new RunncError('ERR_LEFT_BEHIND', `could not give back ${sentences.join(', ')}`, {
        hint: 'mend the cause and delete the container again',
      });
    }
  }
}
