// What `npm test` makes of the output of `cargo test`.
import { expect, it } from 'vitest';

interface Report {
  add(chunk: string): void;
  suites(exitCode: number): unknown[];
}

const tool = new URL('../../.tools/cargo-report.mjs', import.meta.url);
const { CargoReport } = (await import(tool.href)) as { CargoReport: new () => Report };

const PROGRAM = '     Running tests/our_bot.rs (target/release/deps/our_bot-0123456789abcdef)\n';

function suites(output: string): unknown[] {
  const report = new CargoReport();
  // As a pipe hands it over: cut anywhere.
  for (let at = 0; at < output.length; at += 7) report.add(output.slice(at, at + 7));
  return report.suites(0);
}

it('a test that says it is skipped is not counted as passed, though libtest does', () => {
  const output = `${PROGRAM}
running 2 tests
test a_bot_trades ... ok
test a_recording_arrives ... 
SKIPPED a_recording_arrives: no recording.gz in SHARED_DATA or ../shared/data
ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
`;
  expect(suites(output)).toEqual([
    {
      name: 'rust our_bot: tests/our_bot.rs',
      passed: 1,
      failed: 0,
      skipped: 1,
      notes: ['a_recording_arrives: skipped, no recording.gz in SHARED_DATA or ../shared/data'],
    },
  ]);
});

it('a test that is ignored counts as skipped, and a program without a result as failed', () => {
  const output = `${PROGRAM}test slow ... ignored, takes an hour
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
${PROGRAM}`;
  expect(suites(output)).toMatchObject([
    { passed: 3, skipped: 1, notes: ['slow: ignored, takes an hour'] },
    { failed: 1, notes: ['its test program ended without a result'] },
  ]);
});
