/** What Docker's commands do to a guest that runs, whichever tender started it. */
import { afterAll, beforeAll, expect } from 'vitest';
import type { Containers } from './containers.ts';
import { until } from './engine/until.ts';

/** Longer than a guest needs to say something (echo-loop: 100 ms), and than it takes to arrive in the logs. */
const silence = 1000;

export function lifecycleChecks({ docker, must, start, begin, inspect, says }: Containers) {
  const logsOf = async (id: string) => (await docker('logs', id)).stdout;
  return {
    /** `docker stop` ends it by SIGTERM, and not by the SIGKILL that follows after a while. */
    async stops(guest: string, text: string): Promise<void> {
      const id = await start([`/${guest}`]);
      await says(id, text);
      const before = performance.now();
      await must('stop', '--time', '30', id);
      expect(performance.now() - before).toBeLessThan(25_000);
      expect(await inspect(id, 'State')).toMatchObject({ Status: 'exited', ExitCode: 143, OOMKilled: false });
    },

    async endsBy(signal: string, status: number): Promise<void> {
      const id = await start(['/sleep']);
      await says(id, 'sleeping');
      await must('kill', `--signal=${signal}`, id);
      expect(await must('wait', id)).toBe(String(status));
    },

    async pauses(): Promise<void> {
      const id = await start(['/echo-loop']);
      await says(id, 'line 2\n');
      await must('pause', id);
      expect(await inspect(id, 'State.Status')).toBe('paused');
      // What it had said before may still be on its way to the logs.
      let [said, since] = ['', performance.now()];
      await until('it says nothing more', 60_000, async () => {
        const now = await logsOf(id);
        if (now !== said) [said, since] = [now, performance.now()];
        return performance.now() - since > silence;
      });
      await must('unpause', id);
      await until('it says more', 60_000, async () => (await logsOf(id)).length > said.length);
    },

    /** Of a container that was created and not started, or that runs. */
    async restarts(id: string): Promise<void> {
      await says(id, 'sleeping');
      const first = await inspect(id, 'State.Pid');
      await must('restart', id);
      await until('it sleeps again', 60_000, async () => (await logsOf(id)) === 'sleeping\nsleeping\n');
      expect(await inspect(id, 'State.Pid')).not.toBe(first);
      await must('stop', id);
      await must('start', id);
      expect(await inspect(id, 'State.Running')).toBe(true);
    },

    /**
     * Its memory limit sinks while it waits, before it uses what it was told that it had. As that takes its time it begins before
     * the tests of the file or `describe` which calls this; returns the test of how it ends.
     */
    exceedsMemory(): () => Promise<void> {
      let id = '';
      beforeAll(async () => {
        id = await begin(['/big-memory', '8000'], ['--memory=64m']);
        await says(id, 'memory: ');
        await must('update', '--memory=16m', '--memory-swap=16m', id);
      });
      afterAll(async () => {
        await docker('rm', '--force', id);
      });
      return async () => {
        expect(await must('wait', id)).toBe('137');
        expect(await inspect(id, 'State')).toMatchObject({ OOMKilled: true, ExitCode: 137, Status: 'exited' });
        expect(await logsOf(id)).not.toContain('done');
      };
    },
  };
}
