import { describe, expect, it, vi } from 'vitest';

import type { BookUpdate } from '../../lib/models/book-update.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { LinkStatus, RecordFlag, RecordKind } from '../../lib/models/record-layout.js';
import { until } from '../support/until.js';
import { connectedClient, instrument } from './clients.js';
import { settled } from './fake-session.js';

describe('the events of a client', () => {
  it('reach handlers, each iterator and the queue alike', async () => {
    const { client, session } = await connectedClient();
    const handled: number[] = [];
    client.on('trade', ({ price }) => handled.push(price));
    const one = client.stream('trade');
    const two = client.stream('trade');
    const all = client.events();
    expect(client.getTradeNowait()).toBeUndefined();
    for (let i = 1; i <= 5; i += 1) session.trade(i);
    await settled();
    await client.close();
    const read = async (
      stream: AsyncIterable<{ type: string; price?: number }>,
    ): Promise<number[]> => {
      const prices: number[] = [];
      for await (const event of stream) if (event.type === 'trade') prices.push(event.price!);
      return prices;
    };
    const queued: number[] = [];
    for (let trade = client.getTradeNowait(); trade !== undefined; trade = client.getTradeNowait())
      queued.push(trade.price);
    const expected = [1, 2, 3, 4, 5];
    expect([handled, queued, await read(one), await read(two), await read(all)]).toEqual([
      expected,
      expected,
      expected,
      expected,
      expected,
    ]);
  });

  it('makes no object for what nobody listens to, and counts it all the same', async () => {
    const { client, session } = await connectedClient();
    session.trade(1);
    session.batch([['bid', 99, 1]]);
    await settled();
    expect(client.health.throughput).toMatchObject({ trades: 1, levels: 1, bookUpdates: 1 });
    expect(client.health.queues).toEqual({});
    expect(client.getTradeNowait()).toBeUndefined();
  });

  it('collects from the start where asked to', async () => {
    const { client, session } = await connectedClient({
      queues: { trade: { collect: 'start', capacity: 2 } },
    });
    for (let i = 1; i <= 5; i += 1) session.trade(i);
    await settled();
    expect(client.health.queues['trade']).toMatchObject({
      size: 2,
      capacity: 2,
      dropped: 3,
      policy: 'drop-oldest',
    });
    expect((await client.getTrade(0))?.price).toBe(4);
    expect(client.health.dropped).toBe(3);
  });

  it('reports what a queue dropped, at most once a second', async () => {
    const { client, session } = await connectedClient({
      queues: { trade: { collect: 'start', capacity: 2 } },
    });
    const reported: [string, number][] = [];
    client.on('dropped', ({ queue, count }) => reported.push([queue, count]));
    for (let i = 1; i <= 50; i += 1) session.trade(i);
    await settled();
    expect(reported).toEqual([['trade', 1]]);
  });

  it('comes in order: a burst many times what one turn of the event loop takes, with nothing lost', async () => {
    const { client, session } = await connectedClient();
    let next = 0;
    client.on('trade', ({ price }) => {
      expect(price).toBe(next);
      next += 1;
    });
    for (let i = 0; i < 20_000; i += 1) session.trade(i);
    for (let i = 0; i < 20; i += 1) await settled();
    expect(next).toBe(20_000);
    expect(client.health).toMatchObject({ dropped: 0, ringPending: 0 });
  });

  it('leaves its queue when a for await loop is left', async () => {
    const { client, session } = await connectedClient();
    const reading = (async () => {
      for await (const trade of client.stream('trade')) if (trade.price === 2) break;
    })();
    session.trade(1);
    session.trade(2);
    await reading;
    expect(client.health.queues).toEqual({});
  });
});

describe('books', () => {
  it('makes one update of the levels of a batch, and keeps the book', async () => {
    const { client, session } = await connectedClient();
    session.batch([['bid', 95, 1]]);
    await settled();
    const updates: BookUpdate[] = [];
    client.on('bookUpdate', (update) => updates.push(update));
    session.batch([
      ['bid', 99, 1],
      ['ask', 101, 2],
      ['bid', 98, 3],
    ]);
    session.batch([['bid', 99, 0]]);
    await settled();
    expect(updates).toMatchObject([
      {
        bids: [
          { price: 99, qty: 1 },
          { price: 98, qty: 3 },
        ],
        asks: [{ price: 101, qty: 2 }],
        reset: false,
        merged: 1,
      },
      { bids: [{ price: 99, qty: 0 }], asks: [] },
    ]);
    expect(client.snapshot('BTCUSDT', 5)).toMatchObject({
      bids: [
        { price: 98, qty: 3 },
        { price: 95, qty: 1 },
      ],
      asks: [{ price: 101, qty: 2 }],
      synced: true,
    });
  });

  it('starts a new book after a reset and says so', async () => {
    const { client, session } = await connectedClient();
    session.batch([['bid', 99, 1]]);
    await settled();
    const updates: BookUpdate[] = [];
    client.on('bookUpdate', (update) => updates.push(update));
    const snapshot = client.getSnapshot(5_000);
    session.write({ kind: RecordKind.BookReset, asset: 0 });
    await settled();
    expect(client.snapshot()).toMatchObject({ bids: [], synced: false });
    session.batch([['bid', 97, 1]], RecordFlag.InBatch | RecordFlag.Snapshot);
    session.write({ kind: RecordKind.BookReady, asset: 0 });
    await settled();
    expect(updates).toMatchObject([{ reset: true, snapshot: true, bids: [{ price: 97 }] }]);
    expect(await snapshot).toMatchObject({
      type: 'snapshot',
      bids: [{ price: 97, qty: 1 }],
      synced: true,
    });
  });

  it('joins levels of one moment outside of batches, before the trade that follows', async () => {
    const { client, session } = await connectedClient();
    const reported: string[] = [];
    client.on('bookUpdate', ({ bids }) =>
      reported.push(`book ${bids.map(({ price }) => price).join(' ')}`),
    );
    client.on('trade', ({ price }) => reported.push(`trade ${String(price)}`));
    const level = (px: number, ts: bigint) => ({
      kind: RecordKind.Depth,
      asset: 0,
      side: 1,
      px,
      qty: 1,
      exchTsNs: ts,
    });
    session.write(level(99, 1n), level(98, 1n), level(97, 2n), {
      kind: RecordKind.Trade,
      asset: 0,
      side: 1,
      px: 100,
      qty: 1,
    });
    await settled();
    expect(reported).toEqual(['book 99 98', 'book 97', 'trade 100']);
  });

  it('keeps instruments apart, and names one that stands on two connectors by its connector', async () => {
    const { client, session } = await connectedClient({
      instruments: [
        instrument,
        instrument.connector('other'),
        new LiveInstrument('ETHUSDT').connector('fake').tickSize(0.1).lotSize(1),
      ],
    });
    session.connect(0, 1, 2);
    session.batch([['bid', 99, 1]], RecordFlag.InBatch, 0);
    session.batch([['bid', 42, 1]], RecordFlag.InBatch, 2);
    await settled();
    expect(client.snapshot('fake:BTCUSDT').bids).toEqual([{ price: 99, qty: 1 }]);
    expect(client.snapshot('other:BTCUSDT').bids).toEqual([]);
    expect(client.snapshot('ETHUSDT').bids).toEqual([{ price: 42, qty: 1 }]);
    expect(() => client.snapshot('BTCUSDT')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error,
    );
  });
});

describe('connections', () => {
  it('are reported when lost and restored, by name and reason; books are not synced meanwhile', async () => {
    const reported: string[] = [];
    const { client, session } = await connectedClient({
      onConnectionLost: ({ connector, reason }) => reported.push(`lost ${connector} ${reason}`),
      onConnectionRestored: ({ connector, reason }) =>
        reported.push(`restored ${connector} ${reason}`),
    });
    session.link(LinkStatus.Lost);
    await settled();
    expect(client.health.instruments).toMatchObject([{ bookSynced: false }]);
    session.link(LinkStatus.Connected);
    session.link(LinkStatus.VenueDown);
    session.link(LinkStatus.VenueDown);
    session.link(LinkStatus.VenueUp);
    session.link(LinkStatus.Restarted);
    await settled();
    expect(reported).toEqual([
      'lost fake connector',
      'restored fake connector',
      'lost fake venue',
      'restored fake venue',
      'lost fake connector',
      'restored fake connector',
    ]);
    expect(client.health.reconnections).toBe(2);
  });

  it('count gaps and losses', async () => {
    const { client, session } = await connectedClient();
    session.write(
      { kind: RecordKind.Gap, asset: 0, value: 12n },
      { kind: RecordKind.Gap, asset: 0, value: 3n },
    );
    await settled();
    expect(client.health).toMatchObject({
      gaps: 2,
      lost: 15,
      decodeErrors: 3,
      connectors: [{ connector: 'fake', heartbeatAgeMs: 2 }],
    });
  });
});

describe('errors', () => {
  it('of a connector come with their code, number and text', async () => {
    const reported: unknown[] = [];
    const { session } = await connectedClient({
      onError: (error, event) => reported.push(error.message, event.source, event.reported?.kind),
    });
    session.write({ kind: RecordKind.Error, asset: 0, status: 3, value: 9n, text: 'something' });
    await settled();
    expect(reported).toEqual([
      'BTCUSDT: the connector reported custom 9: something.',
      'connector',
      'custom',
    ]);
  });

  it('of a refused instrument have the sizes of its symbol, where the connector knows them', async () => {
    const sizes: unknown[] = [];
    const { session } = await connectedClient({
      onError: (_error, { reported }) => sizes.push(reported?.sizes),
    });
    const refused = { kind: RecordKind.Error, asset: 0, status: 3, value: 3002n, text: 'sizes' };
    session.write({ ...refused, px: 0.25, qty: 0.002 });
    session.write(refused);
    await settled();
    expect(sizes).toEqual([{ tickSize: 0.25, lotSize: 0.002 }, undefined]);
  });

  it('become a warning when nobody listens', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { session } = await connectedClient();
    session.write({ kind: RecordKind.Error, asset: 0, status: 0, text: 'x' });
    await settled();
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });

  it('thrown by a handler go to onError, and every event is still delivered', async () => {
    const reported: string[] = [];
    const { client, session } = await connectedClient({
      onError: (error, { source }) => reported.push(`${source}: ${error.message}`),
    });
    const seen: number[] = [];
    client.on('trade', ({ price }) => {
      if (price % 3 === 0) throw new Error(`bad ${String(price)}`);
    });
    client.on('trade', async ({ price }) => {
      await Promise.resolve();
      if (price === 4) throw new Error('async bad');
    });
    client.on('trade', ({ price }) => seen.push(price));
    for (let i = 1; i <= 7; i += 1) session.trade(i);
    await settled();
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(reported.sort()).toEqual(['handler: async bad', 'handler: bad 3', 'handler: bad 6']);
  });

  it('thrown by a handler without onError are uncaught exceptions, and events go on', async () => {
    const { client, session } = await connectedClient();
    const before = process.listeners('uncaughtException');
    const caught: unknown[] = [];
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => caught.push(error));
    try {
      const seen: number[] = [];
      client.on('trade', ({ price }) => {
        seen.push(price);
        if (price === 1) throw new Error('mine');
      });
      session.trade(1);
      session.trade(2);
      await settled();
      expect(seen).toEqual([1, 2]);
      expect(caught).toMatchObject([{ message: 'mine' }]);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of before) process.on('uncaughtException', listener);
    }
  });

  it('thrown by onError itself do not go round in a circle', async () => {
    const before = process.listeners('uncaughtException');
    const caught: unknown[] = [];
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => caught.push(error));
    try {
      const { session } = await connectedClient({
        onError: () => {
          throw new Error('second');
        },
      });
      session.write({ kind: RecordKind.Error, asset: 0, status: 0, text: 'first' });
      await settled();
      expect(caught).toMatchObject([{ message: 'second' }]);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of before) process.on('uncaughtException', listener);
    }
  });
});

describe('health', () => {
  it('comes in intervals, with rates', async () => {
    const { client, session } = await connectedClient({ healthIntervalMs: 20 });
    const rates: number[] = [];
    client.on('health', ({ health }) => rates.push(health.throughput.tradesPerSecond));
    await until(() => {
      session.trade(1);
      return rates.length >= 2 && Math.max(...rates) > 20;
    }, 'two rates, one of more than 20 trades a second');
  });

  it('holds in its events what `client.health` holds', async () => {
    const { client } = await connectedClient({ healthIntervalMs: 20 });
    const before = client.health.uptimeMs;
    const event = await new Promise<{ health: { uptimeMs: number; state: string } }>((resolve) => {
      client.once('health', resolve);
    });
    expect(event.health.state).toBe(client.health.state);
    expect(event.health.uptimeMs).toBeGreaterThan(before);
  });

  it('measures the way from the connector', async () => {
    const { client, session } = await connectedClient();
    session.write({
      kind: RecordKind.Trade,
      asset: 0,
      side: 1,
      px: 1,
      qty: 1,
      exchTsNs: 1_000n,
      localTsNs: 6_000n,
      sentMonoNs: 900_000n,
      recvMonoNs: 907_000n,
    });
    await settled();
    const { latencyUs } = client.health;
    expect(latencyUs.venue.p50Us).toBeCloseTo(5, 0);
    expect(latencyUs.feed.p50Us).toBeCloseTo(7, 0);
    expect(latencyUs.main.p50Us).toBeCloseTo(100, -1);
  });
});

describe('what a connector reports of its account and its venue', () => {
  const usdt = {
    kind: RecordKind.Balance,
    px: 10,
    qty: 9,
    leavesQty: NaN,
    execQty: 1,
    execPx: 0.5,
    extra: -1,
    exchTsNs: 7n,
    text: 'USDT',
  };

  it('becomes balances: the newest of each coin, undefined for what is not reported', async () => {
    const { client, session } = await connectedClient();
    const reported: (string | undefined)[] = [];
    client.on('balance', ({ coin }) => reported.push(coin));
    const stream = client.stream('balance');
    expect(client.getBalance('USDT')).toBeUndefined();
    session.write(usdt, { ...usdt, px: 12, exchTsNs: 8n });
    await settled();
    const newest = {
      type: 'balance',
      connector: 'fake',
      coin: 'USDT',
      equity: 12,
      walletBalance: 9,
      available: undefined,
      initialMargin: 1,
      maintenanceMargin: 0.5,
      unrealisedPnl: -1,
      exchTsNs: 8n,
    };
    expect(client.getBalance('USDT')).toEqual(newest);
    expect(client.getBalance(), 'the only coin stands for the account').toEqual(newest);
    session.write({ ...usdt, text: 'BTC', px: 1 });
    await settled();
    expect(client.getBalance(), 'which of the two?').toBeUndefined();
    session.write({ ...usdt, text: '', px: 99 });
    await settled();
    expect(client.getBalance()).toMatchObject({ coin: undefined, equity: 99 });
    expect(client.getBalances()).toHaveLength(3);
    expect(reported).toEqual(['USDT', 'USDT', 'BTC', undefined]);
    await client.close();
    let streamed = 0;
    for await (const balance of stream) streamed += balance.equity === undefined ? 0 : 1;
    expect(streamed).toBe(4);
  });

  it('forgets the balances of a run of the connector that is over', async () => {
    const { client, session } = await connectedClient();
    session.write(usdt);
    session.link(LinkStatus.Lost);
    await settled();
    expect(client.getBalance()).toMatchObject({ equity: 10 });
    session.link(LinkStatus.Connected);
    await settled();
    expect(client.getBalance()).toBeUndefined();
  });

  it('has no balances where the connector offers none', async () => {
    const { client, session } = await connectedClient();
    session.linkStatus = LinkStatus.Connected;
    expect(client.getBalance()).toBeUndefined();
    session.capabilities = 7;
    const refused: unknown = expect.objectContaining({ code: 'ERR_UNSUPPORTED_BY_CONNECTOR' });
    expect(() => client.getBalance()).toThrow(refused);
    expect(() => client.getBalances()).toThrow(refused);
    expect(() => client.getBalance('USDT', 'other')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });

  it('becomes notices, with the order where there is one', async () => {
    const { client, session } = await connectedClient();
    const notices: unknown[] = [];
    const errors = vi.fn();
    client.on('notice', (notice) => notices.push(notice)).on('error', errors);
    session.write(
      { kind: RecordKind.Notice, status: 1, value: 3214n, orderId: 5n, text: 'late' },
      { kind: RecordKind.Notice, status: 0, value: 3101n },
    );
    await settled();
    const common = { type: 'notice', connector: 'fake', asset: 0, symbol: 'BTCUSDT' };
    expect(notices).toEqual([
      { ...common, severity: 'warning', code: 3214, text: 'late', orderId: 5n },
      { ...common, severity: 'info', code: 3101, text: '', orderId: undefined },
    ]);
    expect(errors).not.toHaveBeenCalled();
  });

  it('becomes links by name: which connection with the venue, and why it is lost', async () => {
    const { client, session } = await connectedClient();
    const links: unknown[] = [];
    const lost = vi.fn();
    client.on('link', (link) => links.push(link)).on('connectionLost', lost);
    const reported = { kind: RecordKind.Link, asset: 0 };
    session.write(
      { ...reported, status: LinkStatus.SocketDown, value: 2n, text: 'closed' },
      { ...reported, status: LinkStatus.VenueDown, text: 'no private data' },
      { ...reported, status: LinkStatus.SocketUp, value: 3n },
    );
    await settled();
    expect(links).toMatchObject([
      { state: 'socket_down', socket: 'private', text: 'closed', epoch: 0n },
      { state: 'venue_down', socket: undefined, text: 'no private data' },
      { state: 'socket_up', socket: 'trade', text: '' },
    ]);
    expect(lost).toHaveBeenCalledTimes(1);
  });
});
