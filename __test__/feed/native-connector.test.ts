import { afterEach, describe, expect, it } from 'vitest';

import { LiveClient } from '../../lib/client/live-client.js';
import type { LiveClientOptions } from '../../lib/client/client-options.js';
import type { FeedEvent } from '../../lib/feed/feed-event.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { NativeConnector } from '../../lib/feed/native-connector.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { DepthBook } from '../support/depth-book.js';
import { until } from '../support/until.js';

const CLIENT: LiveClientOptions = {
  instruments: [
    new LiveInstrument('BTCUSDT').connector('bybit').tickSize(0.1).lotSize(0.001),
    new LiveInstrument('ETHUSDT').connector('bybit').tickSize(0.01).lotSize(0.01),
  ],
  backend: 'stub',
  stub: { stepIntervalNs: 1_000_000, maxFeeds: Infinity },
};

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function streamOver(connector: NativeConnector, symbols = ['BTCUSDT']) {
  const stream = new HFTConnectorStream(connector, { symbols, pollIntervalMs: 5, logger: false });
  open.push(() => stream.stop());
  return stream;
}

describe('NativeConnector', () => {
  it('gives the trades and books of a client, with times in ns', async () => {
    const connector = new NativeConnector({ clientOptions: CLIENT });
    const stream = streamOver(connector);
    const events: FeedEvent[] = [];
    stream.on('trade', (tick) => events.push(tick));
    stream.on('depth', (update) => events.push(update));
    await stream.start();
    await until(() => events.length > 100, 'a hundred events');
    const first = events.find(({ type }) => type === 'depth');
    expect(first).toMatchObject({ source: 'hft-stub', symbol: 'BTCUSDT', snapshot: true });
    for (const event of events) {
      expect(event.symbol).toBe('BTCUSDT');
      expect(event.timestampMs).toBe(Number(event.timestampNs! / 1_000_000n));
    }
    expect(stream.metrics.invalidEvents).toBe(0);
    expect(connector.health.details).toMatchObject({ backend: 'stub', state: 'running' });
    const { client } = connector;
    await stream.stop();
    expect(client?.state).toBe('closed');
  });

  it('rebuilds the same book as the client has', async () => {
    const client = new LiveClient(CLIENT);
    open.push(() => client.close());
    await client.start();
    await client.ready(15_000);
    const stream = streamOver(new NativeConnector({ client, name: 'shared' }));
    const book = DepthBook.of(stream);
    let compared = 0;
    stream.on('depth', () => {
      const best = client.snapshot('BTCUSDT', 1).bids[0];
      if (book.best[0] === best?.price) compared += 1;
    });
    await stream.start();
    await until(() => compared > 50, 'fifty equal books');
  });

  it('leaves a client that is not its own alone', async () => {
    const client = new LiveClient(CLIENT);
    open.push(() => client.close());
    const stream = streamOver(new NativeConnector({ client }));
    await stream.start();
    await stream.stop();
    expect(client.state).toBe('running');
  });

  it('notices that the client was stopped, and starts it again', async () => {
    const client = new LiveClient(CLIENT);
    open.push(() => client.close());
    const stream = new HFTConnectorStream(new NativeConnector({ client }), {
      symbols: ['BTCUSDT'],
      pollIntervalMs: 5,
      backoff: { baseMs: 5 },
      logger: false,
    });
    open.push(() => stream.stop());
    await stream.start();
    await client.stop();
    await until(() => stream.health.reconnections === 1, 'the return');
    const events = stream.events();
    expect((await events.next()).value).toMatchObject({ symbol: 'BTCUSDT' });
  });

  it("passes on what fails in the client, except what its owner's handlers throw", async () => {
    const client = new LiveClient(CLIENT);
    open.push(() => client.close());
    const handlers: ((event: unknown) => unknown)[] = [];
    const on = client.on.bind(client);
    client.on = (name, handler) => {
      if (name === 'error') handlers.push(handler as (event: unknown) => unknown);
      return on(name, handler);
    };
    const stream = streamOver(new NativeConnector({ client }));
    const errors: string[] = [];
    stream.on('error', ({ origin, error }) => errors.push(`${origin} ${error.message}`));
    await stream.start();
    expect(handlers.length).toBe(1);
    handlers[0]!({ type: 'error', error: new Error('owner'), source: 'handler' });
    handlers[0]!({ type: 'error', error: new Error('lost'), source: 'worker' });
    await until(() => errors.length === 1, 'the error');
    expect(errors).toEqual(['connector hft: worker: lost']);
  });

  it('names an instrument that the client lacks', async () => {
    const connector = new NativeConnector({ clientOptions: CLIENT });
    open.push(() => connector.disconnect());
    await expect(connector.subscribeTrades('BTCUSDT')).rejects.toMatchObject({
      code: 'ERR_CONNECTOR_DOWN',
    });
    await connector.connect();
    await expect(connector.subscribeDepth('DOGEUSDT')).rejects.toMatchObject({
      code: 'ERR_INSTRUMENT_NOT_FOUND',
    });
  });

  it('wants a client or its options, not both', () => {
    expect(() => new NativeConnector({})).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});
