// The strategy of the demo for hours of virtual time.
import { expect, it } from 'vitest';

import createStrategy from '../../lib/cli/demo-strategy.js';
import { sim, testStrategy, type TestRun } from '../../lib/testing/index.js';
import { describeNative } from '../support/native-suite.js';

const SECONDS = 10_000;

function run(): Promise<TestRun> {
  const strategy = createStrategy({
    qty: 0.02,
    maxPosition: 0.2,
    levels: 10,
    requoteMs: 5,
    realOrders: false,
    readOnly: false,
  });
  return testStrategy(strategy, { venue: sim({ seed: 7 }), seconds: SECONDS });
}

describeNative('the strategy of the demo in virtual time', () => {
  it('sends the same orders for 10 000 seconds, twice', { timeout: 120_000 }, async () => {
    const before = process.cpuUsage();
    const first = await run();
    const { user, system } = process.cpuUsage(before);
    const second = await run();
    expect(first.orders.length).toBeGreaterThan(1_000);
    expect(first.fills.length).toBeGreaterThan(500);
    expect(second.fingerprint).toBe(first.fingerprint);
    // Processor time, whatever else the machine does: 3 s where it was measured.
    expect((user + system) / 1e6).toBeLessThan(15);
  });
});
