// Whatever is written to a connector's standard input: what is no command is reported, and it goes on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { findConnector } from '../../lib/connector/find-connector.js';
import { anyJsonText } from '../support/any-json.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

describeNative('a connector on its standard input', () => {
  it('lives through any line, and answers each that is no command with an error', async () => {
    const child = spawn(findConnector(), ['sim', '--stdio'], { stdio: 'pipe' });
    const answers: { type?: string; status?: string; id?: number }[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      answers.push(JSON.parse(line) as { type?: string });
    });
    try {
      await until(() => answers.some(({ status }) => status === 'ready'), 'ready');
      const texts = fc.sample(anyJsonText, { numRuns: 2_000, seed: 3 });
      for (const text of texts) child.stdin.write(`${text}\n`);
      const bytes = fc.sample(fc.uint8Array({ maxLength: 200 }), { numRuns: 500, seed: 4 });
      for (const some of bytes) child.stdin.write(Buffer.concat([some, Buffer.from('\n')]));
      child.stdin.write('{"command":"ping","id":4242}\n');
      await until(() => answers.some(({ id }) => id === 4242), 'the answer to the last line');
      expect([child.exitCode, child.signalCode]).toEqual([null, null]);
      const errors = answers.filter(({ type }) => type === 'error').length;
      expect(errors).toBeGreaterThan(1_000);
      child.stdin.end();
      const [code] = (await once(child, 'exit')) as [number | null];
      expect(code).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
