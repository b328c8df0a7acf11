import { describe, expect, it } from 'vitest';

import {
  marketHash,
  marketNames,
  addressedMarket,
} from '../../../lib/server/page/frame/address.js';
import { filtered } from '../../../lib/server/page/log/filtered.js';
import { sorted } from '../../../lib/server/page/tables/sorted.js';
import { FillMarks } from '../../../lib/server/page/chart/fill-marks.js';

describe('sorting', () => {
  it('sorts numbers by size and texts as people count, both ways, and keeps the order of equals', () => {
    expect(sorted([3, 1, 20], (it) => it, false)).toEqual([1, 3, 20]);
    expect(sorted(['S10', 'S2'], (it) => it, false)).toEqual(['S2', 'S10']);
    expect(sorted(['S10', 'S2'], (it) => it, true)).toEqual(['S10', 'S2']);
    const equals = [{ at: 1 }, { at: 2 }];
    expect(sorted(equals, () => 0, true)).toEqual(equals);
  });

  it('puts what is not known last, whatever the order', () => {
    expect(sorted([NaN, 2, 1], (it) => it, false)).toEqual([1, 2, NaN]);
    expect(sorted([NaN, 1, 2], (it) => it, true)).toEqual([2, 1, NaN]);
  });
});

describe('addresses', () => {
  it('lead back to the market that they were made of, also with odd signs', () => {
    for (const key of ['BTCUSDT@bybit', 'BTC/USDT:100%@my connector', 'A#B'])
      expect(addressedMarket(marketHash(key))).toBe(key);
    expect(marketHash('BTCUSDT@bybit')).toBe('#BTCUSDT@bybit');
    expect(addressedMarket('#%E0%A4%A')).toBe('');
  });

  it('name the connector only where it is needed', () => {
    const steps = { tickSize: 1, lotSize: 1 };
    const market = (symbol: string, connector: string) => ({ symbol, connector, ...steps });
    expect(marketNames([market('A', 'x'), market('A', 'y'), market('B', 'y')])).toEqual([
      ...['A · x', 'A · y', 'B'],
    ]);
  });
});

describe('the log of the page', () => {
  it('is filtered by least level and by symbol, newest first', () => {
    const line = (id: number, level: 'ok' | 'warn' | 'bad', symbol: string) => ({
      ...{ id, level, symbol, tsMs: id, text: '', count: 1 },
    });
    const log = [line(1, 'ok', 'A'), line(2, 'warn', 'A'), line(3, 'bad', '')];
    const ids = (level: string, symbol: string): number[] =>
      filtered(log, level, symbol).map(({ id }) => id);
    expect(ids('ok', '')).toEqual([3, 2, 1]);
    expect(ids('warn', '')).toEqual([3, 2]);
    expect(ids('bad', '')).toEqual([3]);
    expect(ids('ok', 'A')).toEqual([2, 1]);
  });
});

describe('marks of fills', () => {
  const fill = (
    id: number,
    price: number,
    tsMs: number,
    market = 0,
    side: 'buy' | 'sell' = 'buy',
  ) => ({
    ...{ id, price, tsMs, market, side, qty: 1, maker: true },
  });

  it('are one for each candle and side, at the average price, each fill counted once', () => {
    const marks = new FillMarks();
    marks.take([fill(2, 12, 61_000), fill(1, 10, 60_000)], 0);
    const more = [fill(4, 14, 61_000), fill(3, 9, 62_000, 0, 'sell')];
    marks.take([...more, fill(2, 12, 61_000), fill(1, 10, 60_000)], 0);
    expect(marks.of(5)).toEqual([
      { time: 60, price: 12, isBuy: true },
      { time: 60, price: 9, isBuy: false },
    ]);
    expect(new Set(marks.of(1).map(({ time }) => time))).toEqual(new Set([60, 61, 62]));
  });

  it('are those of the market alone, and begin anew with another or with another program', () => {
    const marks = new FillMarks();
    marks.take([fill(2, 12, 61_000, 1), fill(1, 10, 60_000)], 0);
    expect(marks.of(1)).toHaveLength(1);
    marks.take([fill(2, 12, 61_000, 1), fill(1, 10, 60_000)], 1);
    expect(marks.of(1)).toEqual([{ time: 61, price: 12, isBuy: true }]);
    marks.take([fill(1, 5, 70_000, 1)], 1);
    expect(marks.of(1)).toEqual([{ time: 70, price: 5, isBuy: true }]);
  });
});
