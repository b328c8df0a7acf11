// What a server shows of a LiveClient, on the stub.
import { afterEach, describe, expect, it } from 'vitest';

import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { LinkStatus } from '../../lib/models/record-layout.js';
import { ClientSource } from '../../lib/server/client-source.js';
import { connectedClient } from '../client/clients.js';
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
    expect(source.view(0).log.at(-1)?.text).toBe('the book of BTCUSDT is stale');
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
