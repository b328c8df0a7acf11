// Examples that only look on, whose output loses its reader (`2>&1 | head`): they end in order, long before
// their time. Those that trade are in ctrl-c.test.ts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from 'vitest';

import { until } from '../support/until.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const SECONDS = '50';

it.each([
  [
    'examples/live-connector',
    ['examples/live-connector/index.mjs', '--stub', '--duration', SECONDS],
  ],
  [
    'examples/two-instruments',
    [
      '--import',
      'hftbacktest-live/typescript',
      'examples/two-instruments/listen.ts',
      'stub',
      SECONDS,
    ],
  ],
])(
  '%s ends in order when nobody reads its output any more',
  async (_, words) => {
    const child = spawn(process.execPath, words, { cwd: root });
    try {
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
      const end = once(child, 'exit');
      await until(() => said.includes('BTCUSDT'), 'its first line about the market', 20_000);
      const began = performance.now();
      child.stdout.destroy();
      child.stderr.destroy();
      expect(await end).toEqual([0, null]);
      expect(performance.now() - began).toBeLessThan(30_000);
    } finally {
      child.kill('SIGKILL');
    }
  },
  60_000,
);
