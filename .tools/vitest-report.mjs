// Reads vitest's JSON report into suites with their counts.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

function suiteOf(file, { root, nativeMissing, failSkipped }) {
  const suite = {
    name: `ts ${path.relative(root, file.name)}`,
    passed: 0,
    failed: 0,
    skipped: 0,
    notes: [],
  };
  const refused = [];
  for (const test of file.assertionResults) {
    if (test.status === 'passed') suite.passed += 1;
    else if (test.status === 'failed') {
      suite.failed += 1;
      suite.notes.push(`failed: ${test.fullName}`);
    } else {
      suite.skipped += 1;
      // Some tests are of the package without its addon, and step aside where there is one.
      // Others read a recording that is not part of the repository, or drive a browser.
      const expected =
        (nativeMissing === '' && test.fullName.includes('without the addon')) ||
        test.fullName.includes('without the recording') ||
        (process.env.REQUIRE_BROWSER !== '1' && test.fullName.includes('without a browser'));
      if (failSkipped && !expected) refused.push(`skipped: ${test.fullName}`);
    }
  }
  if (file.status === 'failed' && suite.failed === 0) {
    suite.failed = 1;
    suite.notes.push(`the file failed: ${(file.message ?? '').split('\n')[0]}`);
  }
  if (refused.length > 0) {
    suite.notes.push(...refused, 'REQUIRE_NATIVE=1 allows no other test to be skipped');
    suite.failed += refused.length;
    suite.skipped -= refused.length;
  }
  if (suite.skipped > 0) {
    const reason =
      nativeMissing === '' ? 'by the suite itself' : `no native part (${nativeMissing})`;
    suite.notes.push(`${suite.skipped} skipped: ${reason}`);
  }
  return suite;
}

/** The suites of a run; anything that makes the report unusable is a failed suite. */
export function readVitestReport(file, exitCode, options) {
  const problem = (note) => ({
    name: 'ts vitest',
    passed: 0,
    failed: 1,
    skipped: 0,
    notes: [note],
  });
  if (!existsSync(file)) return [problem(`vitest wrote no report and ended with ${exitCode}`)];
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const suites = report.testResults.map((result) => suiteOf(result, options));
  if (exitCode !== 0 && !suites.some((suite) => suite.failed > 0)) {
    suites.push(
      problem(`vitest ended with ${exitCode} though no test failed (an unhandled error?)`),
    );
  }
  return suites;
}
