import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ContextService } from '../../lib/feed/context-service.js';
import type { DepthUpdate } from '../../lib/feed/depth-update.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { normalizeDepth, normalizeTrade } from '../../lib/feed/normalizer.js';
import { StubbedConnector } from '../../lib/feed/stubbed-connector.js';
import type { TradeTick } from '../../lib/feed/trade-tick.js';
import { until } from '../support/until.js';
import { logLines } from './log-lines.js';
import { rawDepth, rawTrade } from './scripted-connector.js';

const trade = (fields: Record<string, unknown>): TradeTick =>
  normalizeTrade(rawTrade(fields), { source: 'a' });
const depth = (fields: Record<string, unknown>, source = 'a'): DepthUpdate =>
  normalizeDepth(rawDepth(fields), { source });

describe('ContextService', () => {
  it('knows nothing of a symbol before its first event', () => {
    const service = new ContextService({ logger: false });
    expect(service.snapshot('BTCUSDT')).toBeUndefined();
    service.ingestTrade(trade({ timestamp: 1_000 }));
    expect(service.snapshot('BTCUSDT')).toMatchObject({ lastPrice: 100, bestBid: NaN, mid: NaN });
    expect(service.symbols).toEqual(['BTCUSDT']);
  });

  it('has price, volume, imbalance, rate and volatility of the window', () => {
    const service = new ContextService({ windowsMs: [1_000], buckets: 10, logger: false });
    service.ingestTrade(trade({ timestamp: 10_000, price: 100, qty: 3, side: 'buy' }));
    service.ingestTrade(trade({ timestamp: 10_500, price: 110, qty: 1, side: 'sell' }));
    const [window] = service.snapshot('BTCUSDT')!.windows;
    expect(window).toMatchObject({
      windowMs: 1_000,
      tradeCount: 2,
      tradeRate: 2,
      volume: 4,
      buyVolume: 3,
      sellVolume: 1,
      volumeImbalance: 0.5,
      vwap: 102.5,
    });
    expect(window?.volatility).toBeCloseTo(Math.log(1.1));
    const later = service.snapshot('BTCUSDT', 11_400)!.windows[0];
    expect(later).toMatchObject({ tradeCount: 1, volume: 1, vwap: 110 });
    expect(service.snapshot('BTCUSDT', 60_000)!.windows[0]).toMatchObject({
      tradeCount: 0,
      vwap: NaN,
      volumeImbalance: NaN,
      volatility: 0,
    });
  });

  it('has the book, its imbalance and the spread', () => {
    const service = new ContextService({ windowsMs: [1_000], bookLevels: 2, logger: false });
    service.ingestDepth(
      depth({
        timestamp: 1_000,
        snapshot: true,
        bids: [
          [99, 6],
          [98, 2],
          [97, 100],
        ],
        asks: [
          [101, 1],
          [102, 1],
        ],
      }),
    );
    service.ingestDepth(depth({ timestamp: 1_100, bids: [[100, 0.5]], asks: [] }));
    service.ingestDepth(depth({ timestamp: 1_200, bids: [[100, 0]], asks: [] }));
    expect(service.snapshot('BTCUSDT')).toMatchObject({
      bestBid: 99,
      bestAsk: 101,
      mid: 100,
      spread: 2,
      bookImbalance: 0.6,
    });
    expect(service.snapshot('BTCUSDT')!.windows[0]).toMatchObject({
      spread: { mean: 5 / 3, min: 1, max: 2 },
      depthCount: 3,
    });
  });

  it('agrees with recomputing everything from the events, however they come', () => {
    const event = fc.record({
      gapMs: fc.integer({ min: -300, max: 400 }),
      price: fc.integer({ min: 90, max: 110 }),
      qty: fc.integer({ min: 1, max: 5 }),
      side: fc.constantFrom('buy', 'sell'),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), fc.nat(1_500), (given, after) => {
        const [windowMs, buckets] = [1_000, 10];
        const service = new ContextService({ windowsMs: [windowMs], buckets, logger: false });
        let atMs = 100_000;
        let newestMs = 0;
        const all = given.map(({ gapMs, ...fields }) => {
          atMs += gapMs;
          newestMs = Math.max(newestMs, atMs);
          const tick = trade({ ...fields, timestamp: atMs });
          service.ingestTrade(tick);
          return tick;
        });
        if (all.length === 0) return;
        const nowMs = newestMs + after;
        const bucketOf = (ms: number) => Math.floor(ms / (windowMs / buckets));
        // Naive: each trade with its return from the newest trade before it; late ones have none.
        let last: TradeTick | undefined;
        const rows = all.map((tick) => {
          let squared = 0;
          if (last === undefined || tick.timestampMs >= last.timestampMs) {
            if (last !== undefined) squared = Math.log(tick.price / last.price) ** 2;
            last = tick;
          }
          return { tick, squared };
        });
        let newest = 0;
        const alive = rows.filter(({ tick: { timestampMs } }) => {
          newest = Math.max(newest, timestampMs);
          return bucketOf(timestampMs) > bucketOf(newest) - buckets;
        });
        const inWindow = alive.filter(
          ({ tick }) => bucketOf(tick.timestampMs) > bucketOf(nowMs) - buckets,
        );
        const sum = (pick: (row: (typeof rows)[number]) => number) =>
          inWindow.reduce((total, row) => total + pick(row), 0);
        const window = service.snapshot('BTCUSDT', nowMs)!.windows[0]!;
        const volume = sum(({ tick }) => tick.qty);
        expect(window.tradeCount).toBe(inWindow.length);
        expect(window.volume).toBeCloseTo(volume);
        expect(window.buyVolume).toBeCloseTo(
          sum(({ tick }) => (tick.side === 'buy' ? tick.qty : 0)),
        );
        expect(window.volatility).toBeCloseTo(Math.sqrt(sum(({ squared }) => squared)));
        if (volume > 0)
          expect(window.vwap).toBeCloseTo(sum(({ tick }) => tick.qty * tick.price) / volume);
        else expect(window.vwap).toBeNaN();
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with recomputing the spreads', () => {
    const step = fc.record({ gapMs: fc.nat(300), ask: fc.integer({ min: 101, max: 120 }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (given) => {
        const service = new ContextService({ windowsMs: [1_000], buckets: 10, logger: false });
        let atMs = 50_000;
        const rows = given.map(({ gapMs, ask }) => {
          atMs += gapMs;
          service.ingestDepth(
            depth({ timestamp: atMs, snapshot: true, bids: [[100, 1]], asks: [[ask, 1]] }),
          );
          return { atMs, spread: ask - 100 };
        });
        const inWindow = rows
          .filter((row) => Math.floor(row.atMs / 100) > Math.floor(atMs / 100) - 10)
          .map(({ spread }) => spread);
        const { spread, depthCount } = service.snapshot('BTCUSDT')!.windows[0]!;
        expect(depthCount).toBe(inWindow.length);
        expect(spread.min).toBe(Math.min(...inWindow));
        expect(spread.max).toBe(Math.max(...inWindow));
        expect(spread.mean).toBeCloseTo(inWindow.reduce((a, b) => a + b) / inWindow.length);
      }),
    );
  });

  it('bounds its book and its symbols', () => {
    const service = new ContextService({ maxBookLevels: 10, maxSymbols: 2, logger: false });
    service.ingestDepth(depth({ snapshot: true, bids: [[5_000, 1]], asks: [[6_000, 1]] }));
    for (let price = 1; price < 1_000; price += 1)
      service.ingestDepth(depth({ bids: [[price, 1]], asks: [] }));
    expect(service.snapshot('BTCUSDT')).toMatchObject({ bestBid: 5_000, bestAsk: 6_000 });
    for (const symbol of ['A', 'B', 'C']) service.ingestTrade(trade({ symbol }));
    expect(service.symbols).toEqual(['BTCUSDT', 'A']);
    expect(service.leftOut).toBe(2);
  });

  it('counts events that come after their window', () => {
    const service = new ContextService({ windowsMs: [1_000], buckets: 10, logger: false });
    service.ingestTrade(trade({ timestamp: 100_000 }));
    service.ingestTrade(trade({ timestamp: 50_000 }));
    expect(service.snapshot('BTCUSDT')).toMatchObject({ lateEvents: 1, timestampMs: 100_000 });
  });

  it('does not mix the books of two sources, and keeps them apart when asked to', () => {
    const book = (source: string, bid: number) =>
      depth({ snapshot: true, bids: [[bid, 1]], asks: [[200, 1]] }, source);
    const one = new ContextService({ logger: false });
    one.ingestDepth(book('a', 100));
    one.ingestDepth(depth({ bids: [[150, 1]], asks: [] }, 'b'));
    expect(one.snapshot('BTCUSDT')?.bestBid).toBe(100);
    one.ingestDepth(book('b', 90));
    expect(one.snapshot('BTCUSDT')).toMatchObject({ bestBid: 90, source: 'b' });
    const both = new ContextService({ bySource: true, logger: false });
    both.ingestDepth(book('a', 100));
    both.ingestDepth(book('b', 90));
    expect(both.snapshot('a:BTCUSDT')?.bestBid).toBe(100);
    expect(both.snapshot('b:BTCUSDT')?.bestBid).toBe(90);
  });

  it('begins with recent trades from binance_ws, and skips that for a connector, with a line', async () => {
    const { logger, named } = logLines();
    const service = new ContextService({ logger });
    let calls = 0;
    const fetchTrades = async () => {
      calls += 1;
      return [trade({ timestamp: 1_000 }), trade({ timestamp: 2_000 })];
    };
    for (const dataSource of ['bybit_connector', 'hft_connector'])
      expect(await service.backfill(['BTCUSDT'], { dataSource, fetchTrades })).toBe(0);
    expect(calls).toBe(0);
    expect(named('context_backfill_skipped')).toMatchObject([
      { data_source: 'bybit_connector' },
      { data_source: 'hft_connector' },
    ]);
    expect(await service.backfill(['BTCUSDT'], { dataSource: 'binance_ws', fetchTrades })).toBe(2);
    expect(service.snapshot('BTCUSDT')?.timestampMs).toBe(2_000);
  });

  it('goes on when the recent trades cannot be had', async () => {
    const { logger, named } = logLines();
    const service = new ContextService({ logger });
    const fetchTrades = () => Promise.reject(new Error('no network'));
    expect(await service.backfill(['A'], { dataSource: 'binance_ws', fetchTrades })).toBe(0);
    expect(named('connector_error')).toMatchObject([{ error: 'no network' }]);
  });

  it('reads a feed until it lets go', async () => {
    const stream = new HFTConnectorStream(new StubbedConnector({ stub: { pace: 'asap' } }), {
      symbols: ['BTCUSDT'],
      logger: false,
    });
    const service = new ContextService({ logger: false });
    const detach = service.attach(stream);
    await stream.start();
    await until(() => (service.snapshot('BTCUSDT')?.windows[2]?.tradeCount ?? 0) > 100, 'trades');
    const { bestBid, bestAsk } = service.snapshot('BTCUSDT')!;
    expect(bestBid).toBeLessThan(bestAsk);
    detach();
    const before = service.snapshot('BTCUSDT');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(service.snapshot('BTCUSDT')).toEqual(before);
    await stream.stop();
  });

  it.each([
    [{ windowsMs: [] }],
    [{ windowsMs: [0] }],
    [{ buckets: 0 }],
    [{ bookLevels: 1.5 }],
    [{ maxSymbols: 0 }],
  ])('refuses %j', (options) => {
    expect(() => new ContextService({ ...options, logger: false })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});
