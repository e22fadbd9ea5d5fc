/** Containers that are created first, as tests look at what becomes of them once they have stopped. */
import { expect, onTestFinished } from 'vitest';
import type { connect } from '../engine/connect.ts';

/** `docker create --runtime=runnc ARGS`, without a warning; gives the id. It is removed with its volumes when the test has ended. */
export function creates(docker: ReturnType<typeof connect>['docker']): (...args: readonly string[]) => Promise<string> {
  return async (...args) => {
    const { stdout, stderr } = await docker('create', '--runtime=runnc', ...args);
    expect(stderr).toBe('');
    const id = stdout.trim();
    onTestFinished(async () => {
      await docker('rm', '--force', '--volumes', id);
    });
    return id;
  };
}
