/** Prints the last line of `npm test` from vitest's JSON report: N passed, M failed, K skipped. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `status` is vitest's: when it failed without a failed test, something around the tests did, and counts as one. */
export function summary(report, status) {
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTodoTests = 0, testResults = [] } = report;
  // A file that could not be loaded has no tests that could fail.
  const broken = testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some(isFailed)).length;
  const failed = numFailedTests + broken;
  return `${numPassedTests} passed, ${failed === 0 && status !== 0 ? 1 : failed} failed, ${numPendingTests + numTodoTests} skipped`;
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, status] = process.argv.slice(2);
  console.log(summary(read(file), Number(status)));
}
