import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { BinanceBook } from '../../lib/feed/binance-book.js';
import type { BinanceOptions } from '../../lib/feed/binance-options.js';
import { BinanceWsStream } from '../../lib/feed/binance-ws-stream.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { FakeBinance } from '../support/fake-binance.js';
import { DepthBook } from '../support/depth-book.js';
import { until } from '../support/until.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function setUp(options: BinanceOptions = {}, symbols = ['BTCUSDT']) {
  const venue = await FakeBinance.start(options.market);
  closing.push(() => venue.stop());
  const connector = new BinanceWsStream({
    ...venue.addresses,
    timeoutMs: 5_000,
    resyncDelayMs: 5,
    ...options,
  });
  const stream = new HFTConnectorStream(connector, {
    symbols,
    pollIntervalMs: 5,
    backoff: { baseMs: 5, maxMs: 20, maxAttempts: 20 },
    logger: false,
  });
  closing.push(() => stream.stop());
  return { venue, connector, stream, book: DepthBook.of(stream) };
}

function expectSame(book: DepthBook, venue: FakeBinance, symbol = 'BTCUSDT') {
  const { bids, asks } = venue.book(symbol);
  expect([...book.bids].sort()).toEqual([...bids].sort());
  expect([...book.asks].sort()).toEqual([...asks].sort());
}

const details = (connector: BinanceWsStream) => connector.health.details as Record<string, number>;

describe.each(['spot', 'usdm'] as const)('BinanceWsStream on %s', (market) => {
  it('delivers trades with every field', async () => {
    const { venue, stream } = await setUp({ market });
    const trades = stream.stream('trade');
    await stream.start();
    venue.trade('BTCUSDT', '100.10', '0.500', { isBuyerMaker: true });
    venue.trade('BTCUSDT', '100.20', '1');
    expect((await trades.next()).value).toMatchObject({
      source: 'binance',
      symbol: 'BTCUSDT',
      price: 100.1,
      qty: 0.5,
      side: 'sell',
      isBuyerMaker: true,
      id: '1001',
    });
    expect((await trades.next()).value).toMatchObject({ side: 'buy', id: '1002' });
  });

  it('begins a book with its snapshot and goes on with every change', async () => {
    const { venue, stream, book, connector } = await setUp({ market });
    await stream.start();
    await until(() => book.snapshots === 1, 'the snapshot');
    venue.depth('BTCUSDT', [['99.5', '3.0']], [['101.0', '0']]);
    venue.depth('BTCUSDT', [['99.5', '0']], [['100.5', '2.0']], { updates: 7 });
    await until(() => stream.metrics.depth.total === 3, 'both changes');
    expectSame(book, venue);
    expect(details(connector)).toMatchObject({ resyncs: 0 });
  });

  it.each(['BTCUSDT_260925', '币安人生USDT'])('has trades and book of %s', async (symbol) => {
    const { venue, stream, book } = await setUp({ market }, [symbol]);
    const trades = stream.stream('trade');
    await stream.start();
    await until(() => book.snapshots === 1, 'the snapshot');
    venue.trade(symbol, '100.10', '0.500');
    venue.depth(symbol, [['99.5', '3.0']]);
    expect((await trades.next()).value).toMatchObject({ symbol, price: 100.1 });
    await until(() => book.bids.get(99.5) === 3, 'the change');
    expectSame(book, venue, symbol);
  });

  it('uses what came while the snapshot was on its way, and drops what it holds', async () => {
    const { venue, stream, book } = await setUp({ market });
    venue.restFaults.push({ status: 503, body: 'busy' });
    await stream.start();
    await until(() => venue.restRequests >= 1, 'the first request');
    for (let i = 0; i < 5; i += 1) venue.depth('BTCUSDT', [[`9${i}.0`, '1.0']]);
    await until(() => book.snapshots === 1, 'the snapshot');
    venue.depth('BTCUSDT', [['98.0', '4.0']]);
    await until(() => book.bids.get(98) === 4, 'the last change');
    expectSame(book, venue);
  });

  it('asks again when the snapshot is older than the first change', async () => {
    const { venue, stream, book } = await setUp({ market });
    venue.oldSnapshots.push(50, 50);
    venue.restFaults.push({ status: 503, body: 'busy' });
    await stream.start();
    await until(() => venue.restRequests >= 1, 'the first request');
    venue.depth('BTCUSDT', [['97.0', '1.0']]);
    await until(() => book.snapshots === 1, 'a snapshot that fits');
    expect(venue.restRequests).toBeGreaterThanOrEqual(4);
    expectSame(book, venue);
  });

  it('begins a book anew after a gap, and reports it', async () => {
    const { venue, stream, book, connector } = await setUp({ market });
    const errors: string[] = [];
    stream.on('error', ({ error }) => errors.push(error.message));
    await stream.start();
    await until(() => book.snapshots === 1, 'the snapshot');
    venue.depth('BTCUSDT', [['96.0', '1.0']], [], { lost: true });
    venue.depth('BTCUSDT', [['95.0', '1.0']]);
    await until(() => book.snapshots === 2, 'the second snapshot');
    await until(() => book.bids.has(95), 'the book');
    expectSame(book, venue);
    expect(details(connector)).toMatchObject({ resyncs: 1, unsynced: [] });
    expect(errors[0]).toContain('depth_gap');
  });

  it('subscribes again after a cut, with a new snapshot', async () => {
    const { venue, stream, book } = await setUp({ market });
    await stream.start();
    await until(() => book.snapshots === 1, 'the snapshot');
    venue.cut();
    venue.depth('BTCUSDT', [['94.0', '1.0']]);
    await until(() => stream.health.reconnections === 1, 'the reconnect');
    await until(() => book.snapshots === 2, 'the second snapshot');
    const trades = stream.stream('trade');
    venue.trade('BTCUSDT', '1', '1');
    expect((await trades.next()).value).toMatchObject({ price: 1 });
    expectSame(book, venue);
  });

  it('lets another connection take over without losing or repeating anything', async () => {
    const { venue, stream, book, connector } = await setUp({
      market,
      maxAgeMs: 60,
      handoverMs: 30,
    });
    await stream.start();
    await until(() => book.snapshots === 1, 'the snapshot');
    const ids: number[] = [];
    stream.on('trade', ({ id }) => ids.push(Number(id)));
    let sent = 0;
    const talk = setInterval(() => {
      sent += 1;
      venue.trade('BTCUSDT', '100', '1');
      venue.depth('BTCUSDT', [[`${90 + (sent % 9)}.0`, `${sent}.0`]]);
    }, 2);
    await until(() => details(connector)['rotations']! >= 4, 'four connections');
    clearInterval(talk);
    await until(() => ids.length === sent, 'every trade');
    await until(() => book.bids.get(90 + (sent % 9)) === sent, 'the last change');
    expect(ids).toEqual(ids.map((_, index) => ids[0]! + index));
    expectSame(book, venue);
    expect(book.snapshots).toBe(1);
    expect(stream.health.reconnections).toBe(0);
    expect(details(connector)).toMatchObject({ missedTrades: 0, resyncs: 0 });
    expect(details(connector)['repeated']).toBeGreaterThan(0);
  });
});

describe('BinanceWsStream', () => {
  it('has addresses of their own for books and trades of USD-M, and one for spot', async () => {
    const usdm = await setUp({ market: 'usdm' });
    await usdm.stream.start();
    expect([...usdm.venue.paths].sort()).toEqual(['/market/stream', '/public/stream']);
    expect(usdm.venue.requests.map(({ params }) => params).sort()).toEqual([
      ['btcusdt@aggTrade'],
      ['btcusdt@depth@100ms'],
    ]);
    const spot = await setUp({ market: 'spot' });
    await spot.stream.start();
    expect(spot.venue.paths).toEqual(['/stream']);
  });

  it('makes one request of the subscriptions of one moment', async () => {
    const { venue, stream } = await setUp({}, ['BTCUSDT', 'ETHUSDT', 'SOLUSDT']);
    await stream.start();
    expect(venue.requests.length).toBe(1);
    expect(venue.requests[0]?.params.length).toBe(6);
  });

  it('counts trades that it missed', async () => {
    const { venue, stream, connector } = await setUp();
    const trades = stream.stream('trade');
    await stream.start();
    venue.trade('BTCUSDT', '1', '1');
    venue.trade('BTCUSDT', '1', '1', { lost: true });
    venue.trade('BTCUSDT', '1', '1', { lost: true });
    venue.trade('BTCUSDT', '1', '1');
    await trades.next();
    await trades.next();
    expect(details(connector)['missedTrades']).toBe(2);
  });

  it('notices a silent connection by its heartbeat and reconnects', async () => {
    const { venue, stream } = await setUp({ heartbeatMs: 300 });
    await stream.start();
    await sleep(1_000);
    expect(stream.health.reconnections).toBe(0);
    venue.deaf = true;
    await until(() => stream.health.reconnections >= 1, 'the reconnect');
    expect(stream.health.lastError).toContain('silent');
  });

  it('keeps trying while the venue is shut', async () => {
    const { venue, stream } = await setUp();
    await stream.start();
    venue.shut = true;
    venue.cut();
    await until(() => stream.health.reconnectionAttempts >= 3, 'three attempts');
    venue.shut = false;
    await until(() => stream.health.connected, 'the return');
  });

  it('fails to start, by name, when subscriptions are refused or not answered', async () => {
    for (const fault of ['refuse', 'mute'] as const) {
      const { venue, connector } = await setUp({ timeoutMs: 1_000 });
      venue[fault] = true;
      await connector.connect();
      await expect(connector.subscribeTrades('BTCUSDT')).rejects.toMatchObject({
        code: fault === 'refuse' ? 'ERR_VENUE_REFUSED' : 'ERR_TIMEOUT',
      });
      await connector.disconnect();
    }
  });

  it('waits as long as the venue says after too many requests', async () => {
    const { venue, stream, book } = await setUp();
    venue.restFaults.push({ status: 429, body: {}, headers: { 'retry-after': '1' } });
    const errors: string[] = [];
    stream.on('error', ({ error }) => errors.push(error.message));
    await stream.start();
    const beforeMs = performance.now();
    await until(() => book.snapshots === 1, 'the snapshot');
    expect(performance.now() - beforeMs).toBeGreaterThan(900);
    expect(errors[0]).toContain('http_429');
  });

  it('reports an unknown symbol and does not ask again', async () => {
    const { venue, stream } = await setUp({}, ['NOSUCH']);
    const errors: string[] = [];
    stream.on('error', ({ error }) => errors.push(error.message));
    await stream.start();
    await until(() => errors.length === 1, 'the refusal');
    await sleep(60);
    expect(errors[0]).toContain('-1121');
    expect(venue.restRequests).toBe(1);
  });

  it('survives frames that are no JSON or of no kind that it knows', async () => {
    const { venue, stream, book } = await setUp();
    const events = stream.stream('trade');
    await stream.start();
    await until(() => book.snapshots === 1, 'the snapshot');
    venue.sendRaw('{nonsense');
    venue.sendRaw('{"stream":"x","data":{"e":"kline"}}');
    venue.sendRaw('{"stream":"x","data":{"e":"depthUpdate","s":"BTCUSDT","U":"x"}}');
    venue.sendRaw('{"stream":"x","data":{"e":"trade","s":"BTCUSDT"}}');
    venue.trade('BTCUSDT', '5', '5');
    expect((await events.next()).value).toMatchObject({ price: 5 });
    expect(stream.metrics).toMatchObject({ invalidEvents: 1, connectorErrors: 2 });
  });

  it('fetches recent trades by REST', async () => {
    const { connector } = await setUp();
    const trades = await connector.fetchRecentTrades('BTCUSDT', 3);
    expect(trades.map(({ id, side }) => [id, side])).toEqual([
      ['1', 'sell'],
      ['2', 'buy'],
      ['3', 'sell'],
    ]);
    await expect(connector.fetchRecentTrades('NOSUCH')).rejects.toMatchObject({
      code: 'ERR_VENUE_REFUSED',
      venueCode: -1121,
      isFinal: true,
    });
  });

  it.each([
    ['market', { market: 'coinm' as never }],
    ['depthUrl', { depthUrl: 'https://x' }],
    ['restUrl', { restUrl: 'nowhere' }],
  ])('refuses a wrong %s', (name, options) => {
    expect(() => new BinanceWsStream(options)).toThrow(new RegExp(`^${name}: `));
  });
});

describe('BinanceBook', () => {
  it('ends with the right book whatever is lost, repeated, or late to the snapshot', () => {
    const script = fc.array(
      fc.record({
        price: fc.integer({ min: 1, max: 4 }),
        qty: fc.nat(2),
        updates: fc.integer({ min: 1, max: 3 }),
        fate: fc.constantFrom('delivered', 'delivered', 'delivered', 'lost', 'twice'),
        snapshot: fc.boolean(),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(script, fc.boolean(), (steps, usdm) => {
        const numbers = new BinanceBook();
        const venue = new Map<number, number>();
        const mine = new Map<number, number>();
        let last = 10;
        const apply = (book: Map<number, number>, price: number, qty: number) => {
          if (qty === 0) book.delete(price);
          else book.set(price, qty);
        };
        const snapshot = () => {
          const whole = [...venue].map(([price, qty]) => [price, qty] as const);
          const following = numbers.onSnapshot({
            lastUpdateId: last,
            timestampMs: 1,
            bids: whole,
            asks: [],
          });
          if (following === undefined) return;
          mine.clear();
          for (const [price, qty] of whole) mine.set(price, qty);
          for (const diff of following)
            for (const level of diff.bids as [number, number][]) apply(mine, ...level);
        };
        for (const { price, qty, updates, fate, snapshot: asked } of steps) {
          const from = last;
          last += updates;
          apply(venue, price, qty);
          const diff = {
            from: usdm ? from : from + 1 - 1,
            to: last,
            timestampMs: 1,
            bids: [[price, qty] as const],
            asks: [],
          };
          for (let i = fate === 'lost' ? 0 : fate === 'twice' ? 2 : 1; i > 0; i -= 1) {
            if (numbers.onDiff(diff) === 'apply') apply(mine, price, qty);
          }
          if (asked && !numbers.synced) snapshot();
          // In step with the venue, or aware that it is not; a loss shows with the next change.
          if (numbers.synced && fate !== 'lost') expect(mine).toEqual(venue);
        }
        if (!numbers.synced) snapshot();
        else numbers.reset();
        snapshot();
        expect(mine).toEqual(venue);
      }),
      { numRuns: 500 },
    );
  });
});
