import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { conflateDepth, conflateFeed } from '../../lib/feed/conflate-depth.js';
import type { DepthUpdate } from '../../lib/feed/depth-update.js';
import type { FeedEvent } from '../../lib/feed/feed-event.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { normalizeEvent } from '../../lib/feed/normalizer.js';
import { DepthBook } from '../support/depth-book.js';
import { until } from '../support/until.js';
import { ScriptedConnector, rawDepth, rawTrade } from './scripted-connector.js';

const open: HFTConnectorStream[] = [];

async function started(connector: ScriptedConnector) {
  const stream = new HFTConnectorStream(connector, {
    symbols: ['BTCUSDT'],
    pollIntervalMs: 2,
    logger: false,
  });
  open.push(stream);
  await stream.start();
  return stream;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((stream) => stream.stop()));
});

function update(bids: [number, number][], snapshot = false): DepthUpdate {
  const raw = rawDepth({ bids, asks: [], snapshot });
  return normalizeEvent(raw, { source: 'a' }) as DepthUpdate;
}

function bidsOf(updates: readonly DepthUpdate[]): Map<number, number> {
  const book = new DepthBook();
  for (const each of updates) book.apply(each);
  return book.bids;
}

describe('queues of a feed', () => {
  it('drop-oldest keeps the newest, counts and reports the rest', async () => {
    const connector = new ScriptedConnector();
    const stream = await started(connector);
    const notices: unknown[] = [];
    stream.on('dropped', (notice) => notices.push(notice));
    const trades = stream.stream('trade', { capacity: 3, name: 'mine' });
    for (let id = 1; id <= 8; id += 1) connector.queue.push(rawTrade({ id }));
    await until(() => stream.metrics.trades.total === 8, 'all events');
    const ids = [await trades.next(), await trades.next(), await trades.next()];
    expect(ids.map(({ value }) => value?.id)).toEqual(['6', '7', '8']);
    expect(stream.health.queues['mine']).toMatchObject({
      policy: 'drop-oldest',
      capacity: 3,
      dropped: 5,
      pushed: 8,
    });
    expect(stream.metrics.trades.dropped).toBe(5);
    expect(notices).toEqual([{ type: 'dropped', queue: 'mine', count: 1, total: 1 }]);
  });

  it('conflate merges updates into one book that is right, and counts them', async () => {
    const connector = new ScriptedConnector();
    const stream = await started(connector);
    const depth = stream.stream('depth', { capacity: 2, name: 'book' });
    connector.queue.push(rawDepth({ bids: [[1, 1]], snapshot: true }));
    for (let qty = 2; qty <= 9; qty += 1)
      connector.queue.push(rawDepth({ bids: [[qty % 3, qty]].filter(([price]) => price! > 0) }));
    await until(() => stream.metrics.depth.total === 9, 'all events');
    const updates: DepthUpdate[] = [];
    while (stream.health.queueSize > 0) updates.push((await depth.next()).value!);
    expect(updates.reduce((sum, { merged }) => sum + merged, 0)).toBe(9);
    expect(updates.length).toBeLessThanOrEqual(2);
    expect(bidsOf(updates)).toEqual(
      new Map([
        [1, 7],
        [2, 8],
      ]),
    );
    expect(stream.health.queues['book']?.conflated).toBe(9 - updates.length);
    expect(stream.metrics.depth.dropped).toBe(0);
  });

  it('block makes the feed wait, loses nothing, and counts the waits', async () => {
    const connector = new ScriptedConnector();
    const stream = await started(connector);
    const trades = stream.stream('trade', { policy: 'block', capacity: 2, name: 'slow' });
    for (let id = 0; id < 50; id += 1) connector.queue.push(rawTrade({ id }));
    await until(() => stream.metrics.trades.total === 2, 'a full queue');
    await sleep(30);
    expect(stream.metrics.trades.total).toBe(2);
    expect(connector.queue.length).toBe(48);
    const ids: string[] = [];
    for (let i = 0; i < 50; i += 1) ids.push((await trades.next()).value!.id);
    expect(ids).toEqual(Array.from({ length: 50 }, (_, id) => String(id)));
    const { dropped, blocked, blockedMs, highWater } = stream.health.queues['slow']!;
    expect({ dropped, highWater }).toEqual({ dropped: 0, highWater: 2 });
    expect(blocked).toBeGreaterThan(0);
    expect(blockedMs).toBeGreaterThan(20);
  });

  it('goes on when a consumer that blocks leaves', async () => {
    const connector = new ScriptedConnector();
    const stream = await started(connector);
    const slow = stream.stream('trade', { policy: 'block', capacity: 1 });
    for (let id = 0; id < 10; id += 1) connector.queue.push(rawTrade({ id }));
    await until(() => stream.metrics.trades.total === 1, 'a full queue');
    await slow.return();
    await until(() => stream.metrics.trades.total === 10, 'the rest');
    expect(stream.health.queues).toEqual({});
  });

  it('stops while a consumer blocks', async () => {
    const connector = new ScriptedConnector();
    const stream = await started(connector);
    stream.stream('trade', { policy: 'block', capacity: 1 });
    for (let id = 0; id < 10; id += 1) connector.queue.push(rawTrade({ id }));
    await until(() => stream.metrics.trades.total === 1, 'a full queue');
    await stream.stop();
    expect(stream.state).toBe('stopped');
  });

  it('a consumer that does not read never holds up the others', async () => {
    const connector = new ScriptedConnector();
    const stream = await started(connector);
    stream.events({ capacity: 4 });
    const trades = stream.stream('trade');
    for (let id = 0; id < 100; id += 1) connector.queue.push(rawTrade({ id }));
    for (let id = 0; id < 100; id += 1) expect((await trades.next()).value?.id).toBe(String(id));
  });

  it('gives a consumer only what its filter lets through, and reports a filter that throws', async () => {
    const connector = new ScriptedConnector();
    const stream = await started(connector);
    const errors: string[] = [];
    stream.on('error', ({ error }) => errors.push(error.message));
    const big = stream.stream('trade', { filter: ({ qty }) => qty > 5 });
    stream.stream('trade', {
      filter: () => {
        throw new Error('filter');
      },
    });
    connector.queue.push(rawTrade({ qty: 1 }), rawTrade({ qty: 6 }));
    expect((await big.next()).value?.qty).toBe(6);
    expect(errors).toEqual(['filter', 'filter']);
  });

  it.each([
    ['conflate for trades', { policy: 'conflate' as const }],
    ['an unknown policy', { policy: 'keep' as never }],
    ['a capacity of 0', { capacity: 0 }],
  ])('refuses %s', (_, options) => {
    const stream = new HFTConnectorStream(new ScriptedConnector(), { symbols: [], logger: false });
    expect(() => stream.stream('trade', options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});

describe('conflateDepth', () => {
  const levels = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 3 })),
    { maxLength: 4 },
  );

  it('gives the same book, wherever the updates are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(levels, fc.boolean()), { minLength: 1, maxLength: 12 }),
        fc.nat(12),
        (given, cut) => {
          const updates = given.map(([bids, snapshot]) => update(bids, snapshot));
          const at = Math.min(cut, updates.length);
          const merged = [
            ...conflateDepth(updates.slice(0, at)).items,
            ...conflateDepth(updates.slice(at)).items,
          ];
          expect(bidsOf(merged)).toEqual(bidsOf(updates));
        },
      ),
    );
  });

  it('keeps books of different sources and symbols apart', () => {
    const make = (source: string, symbol: string) =>
      normalizeEvent(rawDepth({ symbol }), { source }) as DepthUpdate;
    const { items, conflated } = conflateDepth([
      make('a', 'X'),
      make('b', 'X'),
      make('a', 'Y'),
      make('a', 'X'),
    ]);
    expect(items.map(({ source, symbol, merged }) => [source, symbol, merged])).toEqual([
      ['a', 'X', 2],
      ['b', 'X', 1],
      ['a', 'Y', 1],
    ]);
    expect(conflated).toBe(1);
  });

  it('in a mixed queue drops the older half of the trades and keeps the order', () => {
    const trade = (id: number): FeedEvent => normalizeEvent(rawTrade({ id }), { source: 'a' });
    const { items, dropped, conflated } = conflateFeed([
      trade(1),
      update([[1, 1]]),
      trade(2),
      trade(3),
      update([[1, 2]]),
      trade(4),
    ]);
    expect(items.map((item) => (item.type === 'trade' ? item.id : item.bids))).toEqual([
      [{ price: 1, qty: 2 }],
      '3',
      '4',
    ]);
    expect([dropped, conflated]).toEqual([2, 1]);
  });

  it('has streams of trades and books only, and names the nearest', () => {
    const stream = new HFTConnectorStream(new ScriptedConnector(), { symbols: [], logger: false });
    for (const name of ['trades', 'connected'])
      expect(() => stream.stream(name as 'trade')).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    expect(() => stream.stream('trades' as 'trade')).toThrow('Did you mean trade?');
  });
});
