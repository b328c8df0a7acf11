// The quoter in virtual time: minutes of the market in milliseconds, and faults when the test wants them.
import { faults, sim, testStrategy } from 'hftbacktest-live/testing';
import { expect, test } from 'vitest';

import { createStrategy } from './strategy.ts';

const options = { qty: 0.001, maxPosition: 0.005 };

test('quotes both sides, is filled, and leaves no order behind', async () => {
  const run = await testStrategy(createStrategy(options), {
    venue: sim({ seed: 7 }),
    seconds: 600,
  });
  const sides = new Set(run.orders.map(({ side }) => side));
  expect(sides).toEqual(new Set(['buy', 'sell']));
  expect(run.orders.every(({ timeInForce }) => timeInForce === 'GTX')).toBe(true);
  expect(run.fills.length).toBeGreaterThan(10);
  expect(run.summary.ordersLeft).toEqual([]);
});

test('never holds more than its limit', async () => {
  const run = await testStrategy(createStrategy(options), {
    venue: sim({ seed: 8 }),
    seconds: 600,
  });
  let [held, most] = [0, 0];
  for (const { side, qty } of run.fills) {
    held += side === 'buy' ? qty : -qty;
    most = Math.max(most, Math.abs(held));
  }
  expect(most).toBeLessThanOrEqual(options.maxPosition + 1e-9);
});

test('cancels when the feed is stale, and quotes again when it is live', async () => {
  const run = await testStrategy(createStrategy(options), {
    venue: sim({ seed: 7 }),
    seconds: 60,
    script: (kit) => {
      kit.at(20, faults.stale(10_000));
    },
  });
  const during = run.requests.filter(({ atMs }) => atMs >= 20_000 && atMs < 30_000);
  expect(during.map(({ type }) => type)).toEqual(['cancelAll']);
  expect(run.orders.some(({ atMs }) => atMs >= 30_000)).toBe(true);
});

test('goes on after a reject', async () => {
  const run = await testStrategy(createStrategy(options), {
    venue: sim({ seed: 7 }),
    seconds: 60,
    script: (kit) => {
      kit.onOrder(({ side }) => side === 'sell', faults.reject(9001, 'busy'));
    },
  });
  const [rejected, ...later] = run.orders.filter(({ side }) => side === 'sell');
  expect(rejected?.reject?.code).toBe(9001);
  expect(run.log).toContain('refused: 9001 busy');
  expect(later.length).toBeGreaterThan(0);
});
