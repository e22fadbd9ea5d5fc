/** Waiting for something that nobody announces. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is true; after `milliseconds` throws an error that says what was waited for. */
export async function until(what: string, milliseconds: number, ask: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`waited ${milliseconds / 1000} s in vain until ${what}`);
    await sleep(20);
  }
}
