// What a server shows of a LiveClient, on the stub.
import { afterEach, describe, expect, it } from 'vitest';

import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { LinkSocket, LinkStatus, RecordKind } from '../../lib/models/record-layout.js';
import { WireStatus } from '../../lib/models/wire-status.js';
import { ClientSource } from '../../lib/server/client-source.js';
import { buy, connectedClient } from '../client/clients.js';
import { settled } from '../client/fake-session.js';
import { until } from '../support/until.js';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function clientAndSource(): { client: LiveClient; source: ClientSource } {
  const client = new LiveClient({
    instruments: [new LiveInstrument('BTCUSDT').connector('c').tickSize(0.1).lotSize(0.001)],
    backend: 'stub',
    stub: { stepIntervalNs: 1_000_000, maxFeeds: Infinity, fillProbability: 1 },
    healthIntervalMs: 100,
  });
  const source = new ClientSource(client);
  ends.push(
    () => {
      source.close();
    },
    () => client.close(),
  );
  return { client, source };
}

describe('a source over a client', () => {
  it('is not ready before the start, and says why', () => {
    const { source } = clientAndSource();
    expect(source.readiness()).toMatchObject({ ready: false });
    expect(source.readiness().missing).toContain('the client is created');
    const view = source.view(0);
    expect(view.state).toEqual({ level: 'bad', text: 'client created' });
    expect(source.wsHealth().connector).toMatchObject({ connected: false, last_ts: null });
  });

  it('names each book that is not live, in readiness, metrics and on the page', async () => {
    const { client, session } = await connectedClient();
    session.linkStatus = LinkStatus.Connected;
    const source = new ClientSource(client);
    ends.push(() => {
      source.close();
    });
    const gauges = (): unknown[] =>
      source
        .samples()
        .filter(({ name, value }) => name === 'book_state' && value === 1)
        .map(({ labels }) => labels?.['state']);
    expect(source.readiness().ready).toBe(true);
    expect(gauges()).toEqual(['live']);
    session.bookState('stale');
    await settled();
    expect(source.readiness()).toEqual({ ready: false, missing: ['the book of BTCUSDT is stale'] });
    expect(gauges()).toEqual(['stale']);
    expect(source.view(0)).toMatchObject({
      state: { level: 'warn', text: 'the book of BTCUSDT is stale' },
      book: { state: 'stale', synced: false },
    });
    expect(source.view(0).log.at(-1)).toMatchObject({
      level: 'warn',
      symbol: 'BTCUSDT',
      text: 'the book is stale',
    });
  });

  it('shows book, trades, orders, position and latencies of a running one', async () => {
    const { client, source } = clientAndSource();
    await client.start();
    await client.ready(5_000);
    await until(() => source.view(0).trades.length >= 40, 'a full tape');
    const order = await client.submitOrder({ side: 'buy', price: 1_000, qty: 0.01 });
    expect(order.status).toBe('accepted');
    const view = source.view(0);
    expect(view.state).toEqual({ level: 'ok', text: 'live' });
    expect(view.trades).toHaveLength(40);
    expect(view.trades[0]!.tsMs).toBeGreaterThanOrEqual(view.trades[39]!.tsMs);
    expect(view.book.bids[0]![0]).toBeLessThan(view.book.asks[0]![0]);
    expect(client.getOrders(0, { all: true })).toHaveLength(1);
    expect(view.hops.map(({ name }) => name)).toEqual(['venue', 'feed', 'main', 'order']);
    expect(view.hops[2]!.latency.count).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(view))).toMatchObject({ backend: 'stub' });
    expect(source.readiness()).toEqual({ ready: true, missing: [] });
    const { connector } = source.wsHealth();
    expect(Date.now() - connector.last_ts!).toBeLessThan(10_000);
    expect(connector.connector_health.event_counter).toBeGreaterThan(40);
    await until(() => source.metrics().trades.per_minute_count > 0, 'a second of rates');
    expect(source.metrics().trades.per_second_rate).toBeGreaterThan(0);
    const names = source.samples().map(({ name }) => name);
    expect(names).toContain('orders_submitted_total');
  });

  it('shows refusals and expired quotes as outcomes: no colour, level info, folded with their number', async () => {
    const { client, session } = await connectedClient();
    const source = new ClientSource(client);
    ends.push(() => {
      source.close();
    });
    session.batch([
      ['bid', 99.5, 1],
      ['ask', 100.5, 1],
    ]);
    const end = async (code: bigint): Promise<void> => {
      const outcome = client.submitOrder({ ...buy, timeInForce: 'GTX' });
      await settled();
      const { orderId } = session.last('submit');
      session.write({
        kind: RecordKind.Reject,
        asset: 0,
        orderId,
        value: code,
        text: 'it would take',
      });
      session.order(orderId, WireStatus.Expired, { leavesQty: 0 });
      await outcome;
    };
    const lossesBefore = source.view(0).losses;
    // 2001: post-only that would have taken; 9: any refusal.
    for (let quote = 0; quote < 17; quote += 1) await end(2001n);
    await end(9n);
    const { outcomes, losses, log } = source.view(0);
    expect(outcomes.map(({ name, value, level }) => [name, value, level])).toEqual([
      ['orders sent', 18, 'ok'],
      ['fills', 0, 'ok'],
      ['expired', 17, 'ok'],
      ['rejected', 1, 'ok'],
      ['denied', 0, 'ok'],
    ]);
    expect(losses).toEqual(lossesBefore);
    expect(log.filter(({ level }) => level !== 'ok')).toEqual([]);
    const about = log.filter(({ symbol }) => symbol === 'BTCUSDT');
    expect(about.find(({ text }) => text.includes('expired'))).toMatchObject({ count: 17 });
    expect(about.find(({ text }) => text.includes('rejected'))).toMatchObject({ count: 1 });
  });

  it('lists the fills of all instruments, with side, price and liquidity', async () => {
    const { client, session } = await connectedClient();
    const source = new ClientSource(client);
    ends.push(() => {
      source.close();
    });
    const outcome = client.submitOrder(buy);
    await settled();
    const { orderId } = session.last('submit');
    const fill = { leavesQty: 0, execQty: 1, execPx: 99.5, maker: 1 };
    session.order(orderId, WireStatus.Filled, fill);
    await outcome;
    expect(source.view(0).fills).toMatchObject([
      { id: 1, market: 0, side: 'buy', price: 99.5, qty: 1, maker: true },
    ]);
  });

  it('knows the connections of a connector with its venue, and when it was restarted', async () => {
    const { client, session } = await connectedClient();
    session.linkStatus = LinkStatus.Restarted;
    const source = new ClientSource(client);
    ends.push(() => {
      source.close();
    });
    const socket = (status: number, which: number, text = ''): void => {
      session.write({ kind: RecordKind.Link, status, asset: 0, value: BigInt(which), text });
    };
    const view = () => source.view(0).connectors[0]!;
    socket(LinkStatus.SocketUp, LinkSocket.Public);
    socket(LinkStatus.SocketDown, LinkSocket.Private, 'pong timeout');
    await settled();
    expect(view()).toMatchObject({
      level: 'warn',
      text: 'connected',
      orders: 'simulated',
      restarts: 0,
      sockets: [
        { name: 'public', level: 'ok', text: 'connected' },
        { name: 'private', level: 'bad', text: 'down: pong timeout' },
      ],
    });
    session.link(LinkStatus.Restarted);
    await settled();
    const { level, sockets, restarts, lastRestartMs } = view();
    expect([level, sockets, restarts]).toEqual(['ok', [], 1]);
    expect(Date.now() - lastRestartMs!).toBeLessThan(5_000);
  });

  it('has candles of the trades that came', async () => {
    const { client, session } = await connectedClient();
    const source = new ClientSource(client);
    ends.push(() => {
      source.close();
    });
    for (const px of [100, 103, 99]) session.trade(px);
    await until(() => source.view(0).trades.length === 3, 'three trades');
    const candles = source.candles(0, 0);
    expect(candles[0]![1]).toBe(100);
    expect(Math.max(...candles.map(([, , high]) => high))).toBe(103);
    expect(candles.at(-1)![4]).toBe(99);
    expect(candles.reduce((sum, candle) => sum + candle[5], 0)).toBe(3);
  });

  it('shows what waits in the client’s queues', async () => {
    const { client, source } = clientAndSource();
    await client.start();
    await client.ready(5_000);
    // From its first use on, a queue collects.
    client.getTradeNowait();
    client.getBookUpdateNowait();
    await until(() => source.metrics().trades.queue_size > 0, 'a trade that waits');
    await until(() => source.metrics().depth.queue_size > 0, 'an update that waits');
    const { size, capacity, policy } = client.health.queues['trade']!;
    const shown = source.view(0).queues.find(({ name }) => name === 'trade');
    expect(shown).toMatchObject({ capacity, policy, dropped: 0 });
    expect(shown!.size).toBeGreaterThanOrEqual(size);
    expect(shown!.size).toBeLessThan(capacity);
  });

  it('listens no more once it is closed', async () => {
    const { client, source } = clientAndSource();
    await client.start();
    await client.ready(5_000);
    await until(() => source.view(0).trades.length > 0, 'a trade');
    source.close();
    const before = [...source.view(0).trades];
    const { trades } = client.health.throughput;
    await until(() => client.health.throughput.trades > trades + 5, 'trades after that');
    expect(source.view(0).trades).toEqual(before);
  });

  it('logs what happened to the client', async () => {
    const { client, source } = clientAndSource();
    await client.start();
    await client.ready(5_000);
    await client.submitOrder({
      side: 'buy',
      price: client.snapshot().asks[0]!.price + 500,
      qty: 0.01,
    });
    await until(
      () => source.view(0).log.some(({ text }) => text.includes('filled')),
      'the fill in the log',
    );
    await client.close();
    const view = source.view(0);
    expect(view.log.at(-1)!.text).toBe('the client is closed');
    expect(view.state.level).toBe('bad');
  });
});
