// The end of `npm test`: one line per suite, what was skipped and why, then the sum.

const counts = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** Prints the report; returns the exit code. Nothing run is a failure too. */
export function printReport(suites) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const width = Math.max(0, ...suites.map(({ name }) => name.length));
  console.log('\nSuites');
  for (const suite of suites) {
    for (const key of Object.keys(sum)) sum[key] += suite[key];
    console.log(`  ${suite.name.padEnd(width)}  ${counts(suite)}`);
  }
  for (const [title, key] of [
    ['Skipped', 'skipped'],
    ['Failed', 'failed'],
  ]) {
    const concerned = suites.filter((suite) => suite[key] > 0);
    if (concerned.length === 0) continue;
    console.log(`\n${title}`);
    for (const { name, notes } of concerned) {
      console.log(`  ${name}`);
      for (const note of notes) console.log(`    ${note}`);
    }
  }
  if (sum.passed + sum.failed === 0) console.log('\nNo test was run.');
  console.log(`\n${counts(sum)}`);
  return sum.failed > 0 || sum.passed === 0 ? 1 : 0;
}
