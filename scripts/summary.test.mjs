import { expect, test } from 'vitest';
import { summary } from './summary.mjs';

test('counts tests', () => {
  const report = { numPassedTests: 3, numFailedTests: 2, numPendingTests: 1, numTodoTests: 1, testResults: [] };
  expect(summary(report, 1)).toBe('3 passed, 2 failed, 2 skipped');
});

test('counts a file that could not be loaded as a failure', () => {
  const testResults = [
    { status: 'failed', assertionResults: [] },
    { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] },
  ];
  expect(summary({ numPassedTests: 1, numFailedTests: 1, testResults }, 1)).toBe('1 passed, 2 failed, 0 skipped');
});

test('never says that nothing failed when something did', () => {
  expect(summary({}, 1)).toBe('0 passed, 1 failed, 0 skipped');
});
