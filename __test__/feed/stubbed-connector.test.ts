import { afterEach, describe, expect, it } from 'vitest';

import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { normalizeEvent } from '../../lib/feed/normalizer.js';
import type { RawDepth, RawFeedEvent } from '../../lib/feed/raw-event.js';
import { StubbedConnector } from '../../lib/feed/stubbed-connector.js';
import { DepthBook } from '../support/depth-book.js';
import { until } from '../support/until.js';

const open: { disconnect(): Promise<void> }[] = [];

function stub(options: ConstructorParameters<typeof StubbedConnector>[0] = {}) {
  const connector = new StubbedConnector({ stub: { pace: 'asap' }, ...options });
  open.push(connector);
  return connector;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((connector) => connector.disconnect()));
});

async function take(connector: StubbedConnector, count: number): Promise<RawFeedEvent[]> {
  const events: RawFeedEvent[] = [];
  while (events.length < count) {
    const event = await connector.nextEvent(10_000);
    if (event === undefined) throw new Error(`only ${events.length} events`);
    events.push(event);
  }
  return events;
}

describe('StubbedConnector', () => {
  it('is connected between connect and disconnect only, and connects twice as once', async () => {
    const connector = stub();
    expect(connector.health.connected).toBe(false);
    await connector.connect();
    await connector.connect();
    expect(connector.health.connected).toBe(true);
    await connector.disconnect();
    await connector.disconnect();
    expect(connector.health).toMatchObject({
      connected: false,
      subscribedTrades: [],
      subscribedDepth: [],
    });
  });

  it('refuses a subscription while it is not connected', async () => {
    await expect(stub().subscribeTrades('BTCUSDT')).rejects.toMatchObject({
      code: 'ERR_CONNECTOR_DOWN',
    });
  });

  it('delivers nothing before a subscription, then only what is subscribed', async () => {
    const connector = stub();
    await connector.connect();
    expect(await connector.nextEvent(20)).toBeUndefined();
    await connector.subscribeTrades('BTCUSDT');
    const trades = await take(connector, 20);
    expect(new Set(trades.map(({ type }) => type))).toEqual(new Set(['trade']));
    expect(connector.health).toMatchObject({
      subscribedTrades: ['BTCUSDT'],
      subscribedDepth: [],
    });
    expect(connector.health.eventCounter).toBeGreaterThanOrEqual(20);
  });

  it('begins each book with a snapshot and never crosses it', async () => {
    const connector = stub();
    await connector.connect();
    await connector.subscribeTrades('BTCUSDT');
    await take(connector, 10);
    await connector.subscribeDepth('BTCUSDT');
    const book = new DepthBook();
    const depth: RawDepth[] = [];
    for (const event of await take(connector, 3_000)) {
      if (event.type === 'depth') depth.push(event as RawDepth);
    }
    expect(depth[0]?.snapshot).toBe(true);
    expect(depth.slice(1).some(({ snapshot }) => snapshot)).toBe(false);
    for (const raw of depth) {
      const update = normalizeEvent(raw, { source: 'stub' });
      if (update.type !== 'depth') continue;
      book.apply(update);
      const [bid, ask] = book.best;
      expect(bid).toBeLessThan(ask);
    }
    expect(depth.map(({ lastUpdateId }) => lastUpdateId)).toEqual(depth.map((_, i) => i + 1));
  });

  it('delivers the same with the same seed', async () => {
    const runs: RawFeedEvent[][] = [];
    for (const seed of [7, 7, 8]) {
      const connector = stub({ stub: { pace: 'asap', seed } });
      await connector.connect();
      await connector.subscribeTrades('BTCUSDT');
      await connector.subscribeDepth('BTCUSDT');
      runs.push(await take(connector, 200));
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
  });

  it('keeps a slow reader fed without growing', async () => {
    const connector = stub();
    await connector.connect();
    await connector.subscribeTrades('BTCUSDT');
    await until(() => connector.health.queueSize! > 500, 'a full inbox');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(connector.health.queueSize).toBeLessThan(2_000);
    expect(connector.health.dropped).toBe(0);
  });

  it('in real time delivers one step after the other, with times near now', async () => {
    const connector = stub({ stub: { stepIntervalNs: 5_000_000 } });
    await connector.connect();
    await connector.subscribeTrades('BTCUSDT');
    const events = await take(connector, 5);
    for (const raw of events) {
      const { timestampMs } = normalizeEvent(raw, { source: 'stub' });
      expect(Math.abs(Date.now() - timestampMs)).toBeLessThan(5_000);
    }
  });

  it('makes the faults it is asked for, and a stream lives with them', async () => {
    const connector = stub({
      faults: { failConnects: 2, disconnectAfterEvents: 100, invalidEvery: 10 },
    });
    const stream = new HFTConnectorStream(connector, {
      symbols: ['BTCUSDT', 'ETHUSDT'],
      backoff: { baseMs: 1, maxMs: 2, maxAttempts: 50 },
      logger: false,
    });
    await stream.start();
    await until(() => stream.health.reconnections >= 3, 'three reconnects');
    expect(stream.metrics.invalidEvents).toBeGreaterThan(3);
    expect(stream.metrics.trades.total).toBeGreaterThan(50);
    await stream.stop();
  });

  it('iterates until it is disconnected', async () => {
    const connector = stub();
    await connector.connect();
    await connector.subscribeTrades('BTCUSDT');
    let count = 0;
    for await (const event of connector) {
      if (event.type === 'trade') count += 1;
      if (count === 100) await connector.disconnect();
    }
    expect(count).toBeGreaterThanOrEqual(100);
  });
});
