import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { FlowRates } from '../../lib/server/flow-rates.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('shows the rates of trades and of book updates apart, with the size of the queue of each', () => {
  const counters = { trades: 100, bookUpdates: 1_000 };
  const rates = new FlowRates(() => counters);
  for (let second = 0; second < 3; second += 1) {
    counters.trades += 2;
    counters.bookUpdates += 30;
    vi.advanceTimersByTime(1_000);
  }
  expect(rates.metrics({ trades: 7, depth: 8 })).toEqual({
    trades: { per_minute_count: 6, per_second_rate: 2, queue_size: 7 },
    depth: { per_minute_count: 90, per_second_rate: 30, queue_size: 8 },
  });
  rates.close();
  expect(vi.getTimerCount()).toBe(0);
});
