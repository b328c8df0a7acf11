import { describe, expect, it } from 'vitest';

import createStrategy from '../../lib/cli/demo-strategy.js';
import type { OrdersKind, StrategyContext } from '../../lib/index.js';

/** What the strategy did where the orders of its connector go there. */
function endOf(orders: OrdersKind, realOrders: boolean, readOnly: boolean) {
  const did = { cancelAll: 0, submit: 0, stop: 0 };
  const logs: string[] = [];
  const side = { bestBidTick: 1_000, bestAskTick: 1_010, bestBid: 100, bestAsk: 101 };
  const depth = { synced: true, tickSize: 0.1, ...side, state: 'live' };
  const ctx = {
    nowNs: 10_000_000_000n,
    depth: () => ({ ...depth, levels: () => ({ bids: [], asks: [] }) }),
    links: () => [{ connector: 'it', orders, environment: 'testnet' }],
    position: () => 0,
    orders: () => new Map([[1n, {}]]),
    cancelAll: () => (did.cancelAll += 1),
    submit: () => BigInt((did.submit += 1)),
    stop: () => (did.stop += 1),
    log: (text: string) => text !== 'demo' && logs.push(text),
  } as unknown as StrategyContext;
  const fixed = { qty: 0.02, maxPosition: 0.2, levels: 10, requoteMs: 5 };
  const strategy = createStrategy({ ...fixed, realOrders, readOnly });
  strategy.onBatch?.(ctx);
  strategy.onBatch?.(ctx);
  strategy.onStop?.(ctx);
  return { ...did, logs };
}

describe("the demo's strategy", () => {
  it.each([
    ['simulated', false],
    ['paper', false],
    ['real', true],
    ['unknown', true],
  ] as const)(
    'quotes where orders are %s (asked for: %s), and cancels at its end',
    (orders, asked) => {
      expect(endOf(orders, asked, false)).toEqual({ submit: 2, cancelAll: 1, stop: 0, logs: [] });
    },
  );

  it.each(['real', 'unknown', 'paper', 'simulated'] as const)(
    'sends and cancels nothing while it is read-only, where orders are %s, and says so once',
    (orders) => {
      const { logs, ...did } = endOf(orders, false, true);
      expect(did).toEqual({ submit: 0, cancelAll: 0, stop: 0 });
      expect(logs).toHaveLength(1);
      expect(logs[0]).toContain('only shows the market');
    },
  );

  it('sends and cancels nothing where orders have become real, and ends', () => {
    const { logs, stop, ...did } = endOf('real', false, false);
    expect(did).toEqual({ submit: 0, cancelAll: 0 });
    expect(stop).toBeGreaterThan(0);
    expect(logs).toEqual(['demo: orders of it have become REAL (testnet), so it ends.']);
  });

  it('sends and cancels nothing where it is not known where orders go', () => {
    const { logs, ...did } = endOf('unknown', false, false);
    expect(did).toEqual({ submit: 0, cancelAll: 0, stop: 0 });
    expect(logs).toHaveLength(1);
  });
});
