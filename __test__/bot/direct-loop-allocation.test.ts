import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

import { describeNative } from '../support/native-suite.js';

interface Measured {
  readonly bytesPerEvent: number;
  readonly lost: number;
  readonly decodeErrors: number;
}

/** The smallest thing that V8 allocates has 12 bytes: this is less than one for twelve events. */
const NOTHING_BYTES = 1;

/** As `strategy-loop-allocation.test.ts`, with what the bot itself does between two batches. */
function measure(...args: string[]): Measured {
  const script = fileURLToPath(new URL('./fixtures/direct-loop-allocation.mjs', import.meta.url));
  const text = execFileSync(
    process.execPath,
    ['--max-semi-space-size=512', '--min-semi-space-size=512', script, ...args],
    { encoding: 'utf8' },
  );
  return JSON.parse(text) as Measured;
}

describeNative('the loop of a strategy in direct mode', () => {
  it('allocates nothing per event', () => {
    const { bytesPerEvent, lost, decodeErrors } = measure();
    expect(bytesPerEvent).toBeLessThan(NOTHING_BYTES);
    expect({ lost, decodeErrors }).toEqual({ lost: 0, decodeErrors: 0 });
  });

  it('is seen to allocate when a handler does', () => {
    expect(measure('allocate').bytesPerEvent).toBeGreaterThan(8);
  });
});
