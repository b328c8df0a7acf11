import { describe, expect, it } from 'vitest';

import { CandleHistory } from '../../lib/server/history/candle-history.js';
import { FillHistory } from '../../lib/server/history/fill-history.js';
import { MidHistory } from '../../lib/server/history/mid-history.js';

describe('the candles that the server keeps', () => {
  it('are made of the trades of each second', () => {
    const history = new CandleHistory();
    for (const [price, qty, atMs] of [
      [10, 1, 5_000],
      [12, 1, 5_400],
      [9, 2, 5_999],
      [11, 1, 7_000],
    ] as const)
      history.add(price, qty, atMs);
    expect(history.since(0, 8_000)).toEqual([
      [5, 10, 12, 9, 9, 4],
      [7, 11, 11, 11, 11, 1],
    ]);
    expect(history.since(6, 8_000)).toEqual([[7, 11, 11, 11, 11, 1]]);
  });

  it('are those of the last ten minutes, also after a silence, and no more are kept', () => {
    const history = new CandleHistory();
    for (let second = 0; second < 5_000; second += 1) history.add(second, 1, second * 1000);
    const kept = history.since(0, 4_999_000);
    expect(kept).toHaveLength(600);
    expect(kept[0]![0]).toBe(4_400);
    expect(history.since(0, 5_299_000)).toHaveLength(300);
    // Asked at an earlier time it has no older ones either: they are gone.
    expect(history.since(0, 600_000)).toHaveLength(600);
    expect(history.since(0, 9_999_000)).toEqual([]);
  });

  it('take a trade for the newest second when the clock was set back', () => {
    const history = new CandleHistory();
    history.add(10, 1, 9_000);
    history.add(11, 1, 3_000);
    expect(history.since(0, 9_000)).toEqual([[9, 10, 11, 10, 11, 2]]);
  });

  it('take candles that were made elsewhere, the newest second again and again', () => {
    const history = new CandleHistory(5);
    history.put([1, 1, 1, 1, 1, 1]);
    history.put([2, 1, 1, 1, 1, 1]);
    history.put([2, 1, 3, 1, 2, 4]);
    history.put([1, 9, 9, 9, 9, 9]);
    expect(history.since(0, 2_000)).toEqual([
      [1, 1, 1, 1, 1, 1],
      [2, 1, 3, 1, 2, 4],
    ]);
  });
});

it('keeps middle prices of ten minutes, with the times at which there was none', () => {
  const history = new MidHistory();
  for (let second = 0; second < 1_000; second += 1)
    history.add(3, second * 1000, second === 999 ? undefined : second);
  expect(history.of(3)).toHaveLength(600);
  expect(history.of(3)[0]).toEqual([400_000, 400]);
  expect(history.of(3).at(-1)).toEqual([999_000, null]);
  expect(history.of(0)).toEqual([]);
});

it('keeps the last 200 fills, newest first, each with an id of its own', () => {
  const history = new FillHistory();
  const fill = { market: 0, side: 'buy', qty: 1, maker: undefined, tsMs: 1 } as const;
  for (let price = 1; price <= 300; price += 1) history.add({ ...fill, price });
  expect(history.fills).toHaveLength(200);
  expect(history.fills[0]).toMatchObject({ price: 300, id: 300 });
  expect(history.fills.at(-1)).toMatchObject({ price: 101, id: 101 });
});
