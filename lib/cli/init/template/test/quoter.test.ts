// The strategy on made-up prices, in virtual time: the same seed gives the same run.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LiveInstrument, runLive, type StrategySummary } from 'hftbacktest-live';

import type { QuoterOptions } from '../src/quoter.ts';

function run(strategyOptions: QuoterOptions): Promise<StrategySummary> {
  return runLive({
    strategy: new URL('../src/quoter.ts', import.meta.url),
    strategyOptions,
    instruments: [new LiveInstrument('BTCUSDT').connector('stub').tickSize(0.1).lotSize(0.001)],
    backend: 'stub',
    stub: { seed: 7, pace: 'asap', maxFeeds: 2_000 },
    onLog: () => undefined,
  });
}

test('quotes, is filled, and leaves no order behind', async () => {
  const summary = await run({ qty: 0.001, maxPosition: 0.005 });
  assert.ok(summary.ordersSubmitted > 10);
  assert.ok(summary.fills > 0);
  assert.equal(summary.handlerErrors, 0);
  assert.deepEqual(summary.ordersLeft, []);
});

test('keeps its position within the limit', async () => {
  const { positions } = await run({ qty: 0.002, maxPosition: 0.003 });
  assert.ok(Math.abs(positions[0] ?? NaN) <= 0.003);
});

test('sends nothing that could break the limit', async () => {
  const { ordersSubmitted } = await run({ qty: 0.002, maxPosition: 0.001 });
  assert.equal(ordersSubmitted, 0);
});
