/**
 * Several kinds of tests: `unit` needs nothing, `kernel` needs root, `e2e` needs root and Docker and takes minutes.
 * All of them: npm test. One kind: npm run test:unit, test:kernel, test:e2e.
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // Property tests on a busy machine.
          testTimeout: 30_000,
          include: ['{core,plugins,config,scripts}/**/*.test.{ts,mjs}', 'test/*.test.ts'],
        },
      },
      {
        test: {
          name: 'kernel',
          include: ['test/kernel/**/*.test.ts'],
          testTimeout: 30_000,
          // Mounts, cgroups and namespaces are the machine's: one file at a time, after the unit tests.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'hvt',
          include: ['test/hvt/**/*.test.ts'],
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'arm64',
          include: ['test/arm64/**/*.test.ts'],
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // One dockerd for all files, and tests that compare the machine before and after.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
