/** What became of the changes of a guest, for the log. */
import { named } from './failure.ts';

export class Outcome {
  /** Files and folders that were written, made or removed on the host. */
  changes = 0;
  /** Whether something is in the image and nowhere else. */
  isLeft = false;
  readonly #problems = new Set<string>();

  /** A sentence each. */
  get problems(): readonly string[] {
    return [...this.#problems];
  }

  tell(problem: string): void {
    this.#problems.add(problem);
  }

  lost(path: string, error: unknown): void {
    this.isLeft = true;
    // Of a system call: without its name, and without a path that says nothing, as it begins at a descriptor.
    const why = error instanceof Error ? error.message.replace(/, \w+( '[^']*')?( -> '[^']*')?$/, '') : String(error);
    this.tell(`${named(path)} cannot be carried back: ${why}`);
  }
}
