import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * Handlers run 200 000 times a second: garbage per event would become pauses. Measured in a
 * process of its own on the built package, because the test runner allocates too.
 *
 * The young generation is made so large that nothing is collected while measuring: what was
 * allocated is then what the heap grew by.
 */
function bytesPerEvent(...args: string[]): number {
  const script = fileURLToPath(new URL('./fixtures/loop-allocation.mjs', import.meta.url));
  const text = execFileSync(
    process.execPath,
    ['--expose-gc', '--max-semi-space-size=512', '--min-semi-space-size=512', script, ...args],
    { encoding: 'utf8' },
  );
  return (JSON.parse(text) as { bytesPerEvent: number }).bytesPerEvent;
}

test('the strategy loop allocates next to nothing per event', () => {
  expect(bytesPerEvent()).toBeLessThan(8);
});

// The order itself and the request that the bot gets: the check of its names takes nothing.
test('an order of a strategy takes little beside itself', () => {
  expect(4 * bytesPerEvent('submit')).toBeLessThan(200);
});

test('the measurement sees a handler that allocates', () => {
  expect(bytesPerEvent('allocate')).toBeGreaterThan(8);
});
