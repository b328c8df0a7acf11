import { describe, expect, it } from 'vitest';

import { ChartData } from '../../../lib/server/page/chart/chart-data.js';

const at = 1_700_000_040;

describe('the data of the chart', () => {
  it('makes candles of any width from trades', () => {
    const data = new ChartData();
    data.reset(
      [
        [at, 10, 12, 9, 11, 1],
        [at + 1, 11, 15, 11, 14, 2],
        [at + 5, 14, 14, 13, 13, 1],
      ],
      [],
    );
    expect(data.buckets(1).map(({ from }) => from)).toEqual([
      ...['trades', 'trades', 'nothing', 'nothing', 'nothing', 'trades'],
    ]);
    expect(data.buckets(5)).toEqual([
      { time: at, from: 'trades', open: 10, high: 15, low: 9, close: 14 },
      { time: at + 5, from: 'trades', open: 14, high: 14, low: 13, close: 13 },
    ]);
    expect(data.buckets(60)).toHaveLength(1);
  });

  it('shows the middle price where there was no trade, and a gap for an outage, never a jump', () => {
    const data = new ChartData();
    data.reset([[at, 10, 10, 10, 10, 1]], []);
    data.addMid((at + 1) * 1000, 10.5);
    for (let second = at + 2; second < at + 8; second += 1) data.addMid(second * 1000, null);
    data.addMid((at + 8) * 1000, 20);
    data.addCandles([[at + 9, 20, 21, 20, 21, 1]]);
    const buckets = data.buckets(1);
    expect(buckets.map(({ from }) => from)).toEqual([
      ...['trades', 'mid', 'nothing', 'nothing', 'nothing', 'nothing', 'nothing', 'nothing'],
      ...['mid', 'trades'],
    ]);
    expect(buckets.every(({ time }, index) => time === at + index)).toBe(true);
    expect(buckets[1]).toMatchObject({ open: 10.5, close: 10.5 });
  });

  it('makes a candle of trades alone where there are both', () => {
    const data = new ChartData();
    data.reset(
      [[at, 10, 11, 9, 10, 1]],
      [
        [at * 1000, 50],
        [(at + 1) * 1000, 60],
      ],
    );
    expect(data.buckets(5)).toEqual([
      { time: at, from: 'trades', open: 10, high: 11, low: 9, close: 10 },
    ]);
  });

  it('takes seconds in which nothing came at all for an outage too', () => {
    const data = new ChartData();
    data.addMid(at * 1000, 1);
    data.addMid((at + 4) * 1000, 9);
    expect(data.buckets(1).filter(({ from }) => from === 'nothing')).toHaveLength(3);
  });

  it('keeps ten minutes, however long the page is open', () => {
    const data = new ChartData();
    for (let second = 0; second < 2_000; second += 1) data.addMid((at + second) * 1000, second);
    const buckets = data.buckets(1);
    expect(buckets).toHaveLength(600);
    expect(buckets[0]!.open).toBe(1_400);
    expect(data.buckets(5)).toHaveLength(120);
  });
});
