/** Prints the last line of `npm test` from reports of vitest's, as JSON: N passed, M failed, K skipped. Ends with 1 unless all is well. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Of several runs: `status` is vitest's. When it failed without a failed test, something around the tests did, and counts as one;
 * and so does it when no run had a test.
 */
export function summary(runs) {
  const counts = runs.map(({ report, status }) => countsOf(report, status));
  const sum = (name) => counts.reduce((total, one) => total + one[name], 0);
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(sum);
  return { passed, failed: passed + failed + skipped === 0 ? 1 : failed, skipped };
}

function countsOf(report, status) {
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0, testResults = [] } = report;
  // A file that could not be loaded has no tests that could fail.
  const broken = testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some(isFailed)).length;
  const failed = numFailedTests + broken;
  return {
    passed: numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: numPendingTests + numTodoTests,
  };
}

function isFailed({ status }) {
  return status === 'failed';
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

/** Arguments: the report and the status of each run. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const runs = [];
  for (let index = 0; index < args.length; index += 2) runs.push({ report: read(args[index]), status: Number(args[index + 1]) });
  const { passed, failed, skipped } = summary(runs);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (failed > 0) process.exitCode = 1;
}
