import { expect, test } from 'vitest';
import { summary } from './summary.mjs';

const passed = (count) => ({ report: { numPassedTests: count }, status: 0 });

test('counts tests of all runs', () => {
  const report = { numPassedTests: 3, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1, testResults: [] };
  expect(summary([{ report, status: 1 }, passed(4)])).toEqual({ passed: 7, failed: 2, skipped: 2 });
});

test('counts a file that could not be loaded as a failure', () => {
  const testResults = [
    { status: 'failed', assertionResults: [] },
    { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] },
  ];
  const report = { numPassedTests: 1, numFailedTests: 1, testResults };
  expect(summary([passed(1), { report, status: 1 }])).toEqual({ passed: 2, failed: 2, skipped: 0 });
});

test('never says that nothing failed when something did, in whatever run', () => {
  const broken = { report: {}, status: 1 };
  expect(summary([broken, passed(1)])).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(summary([passed(1), broken])).toEqual({ passed: 1, failed: 1, skipped: 0 });
  const failed = { report: { numFailedTests: 1 }, status: 1 };
  expect(summary([failed, broken])).toEqual({ passed: 0, failed: 2, skipped: 0 });
});

test('a run without a test is none of which all passed, if there is no other', () => {
  const empty = { report: {}, status: 0 };
  expect(summary([empty, passed(1)])).toEqual({ passed: 1, failed: 0, skipped: 0 });
  expect(summary([empty, empty])).toEqual({ passed: 0, failed: 1, skipped: 0 });
});
