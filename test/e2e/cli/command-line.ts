import { beforeEach, expect, inject, onTestFinished } from 'vitest';
import { workplace } from '../workplace.ts';

/** What tests of the command line share: a workplace in which every test has to leave nothing. */
export function commandLine() {
  const place = workplace();
  beforeEach(() => {
    onTestFinished(async () => {
      const { stdout } = await place.must(['list', '--quiet']);
      for (const id of stdout.split('\n').filter((line) => line !== '')) await place.must(['delete', '--force', id]);
      expect(place.left()).toEqual([]);
    });
  });
  return {
    place,
    /** What a refused command says: one line on standard error. */
    async refusal(args: readonly string[], expected = 1): Promise<string> {
      const { status, stdout, stderr } = await place.runnc(args);
      expect({ status, stdout, stderr }).toEqual({ status: expected, stdout: '', stderr: expect.stringMatching(/^[^\n]+\n$/) });
      return stderr;
    },
    /** Runs the executable without the options that the workplace adds. */
    bare: (...args: string[]) => place.call([inject('runnc'), ...args], {}),
  };
}
