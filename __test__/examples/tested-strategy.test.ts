// The example of the test kit, as a user runs it.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

import { describeNative } from '../support/native-suite.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');

it('is short', () => {
  const text = readFileSync(path.join(root, 'examples', 'quoter', 'strategy.test.ts'), 'utf8');
  expect(text.split('\n').length).toBeLessThan(80);
});

describeNative('the test of the quoter', () => {
  it('passes', async () => {
    const words = [vitest, 'run', 'examples/quoter', '--reporter=json'];
    const { stdout } = await promisify(execFile)(process.execPath, words, {
      cwd: root,
      timeout: 50_000,
      // The worker that runs this test has settings of its own there.
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    });
    const report = JSON.parse(stdout) as { success: boolean; numPassedTests: number };
    expect(report).toMatchObject({ success: true, numPassedTests: 4 });
  });
});
