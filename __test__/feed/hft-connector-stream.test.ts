import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';

import type { FeedEvent } from '../../lib/feed/feed-event.js';
import { feedHealthToJson } from '../../lib/feed/feed-health.js';
import { feedMetricsToJson } from '../../lib/feed/feed-metrics.js';
import { keepEvents, minTradeQty, renameSymbols, scaleQty } from '../../lib/feed/feed-stage.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import type { StreamOptions } from '../../lib/feed/stream-options.js';
import { until } from '../support/until.js';
import { logLines } from './log-lines.js';
import { ScriptedConnector, rawDepth, rawTrade } from './scripted-connector.js';

const FAST = { baseMs: 5, maxMs: 80, maxAttempts: 5, stableAfterMs: 0 };
const open: HFTConnectorStream[] = [];

function streamOver(connector: ScriptedConnector, options: Partial<StreamOptions> = {}) {
  const stream = new HFTConnectorStream(connector, {
    symbols: ['BTCUSDT'],
    pollIntervalMs: 2,
    backoff: FAST,
    logger: false,
    ...options,
  });
  open.push(stream);
  return stream;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((stream) => stream.stop()));
});

describe('HFTConnectorStream, reading', () => {
  it('connects, subscribes, and gives the same events to iterators and handlers', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    const handled: FeedEvent[] = [];
    stream.on('trade', (tick) => handled.push(tick));
    stream.on('depth', (update) => handled.push(update));
    const all = stream.events();
    const trades = stream.stream('trade');
    await stream.start();
    expect(connector.calls).toEqual(['connect', 'trades BTCUSDT', 'depth BTCUSDT']);
    connector.queue.push(rawTrade({ id: 'a' }), rawDepth(), rawTrade({ id: 'b' }));
    await until(() => handled.length === 3, 'three events');
    const seen = [await all.next(), await all.next(), await all.next()].map(({ value }) => value);
    expect(seen).toEqual(handled);
    expect(seen.map((event) => event?.source)).toEqual(['scripted', 'scripted', 'scripted']);
    const [first, second] = [await trades.next(), await trades.next()];
    expect([first.value?.id, second.value?.id]).toEqual(['a', 'b']);
  });

  it('ends its iterators on stop, after what is queued', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    const events: FeedEvent[] = [];
    const reading = (async () => {
      for await (const event of stream) events.push(event);
    })();
    await stream.start();
    connector.queue.push(rawTrade(), rawTrade());
    await until(() => events.length === 2, 'two events');
    await stream.stop();
    await reading;
    expect(connector.calls.at(-1)).toBe('disconnect');
    expect(stream.state).toBe('stopped');
  });

  it('asks a connector that cannot wait no more often than the poll interval', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector, { pollIntervalMs: 20 });
    const startMs = performance.now();
    await stream.start();
    await sleep(200);
    await until(() => connector.polls > 4, 'five polls');
    expect(connector.polls).toBeLessThan((performance.now() - startMs) / 20 + 4);
  });

  it('lets others on the thread have their turn however much comes', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    let turns = 0;
    let seen = 0;
    stream.on('trade', () => (seen += 1));
    for (let i = 0; i < 20_000; i += 1) connector.queue.push(rawTrade());
    const timer = setInterval(() => (turns += 1), 1);
    await stream.start();
    await until(() => seen === 20_000, 'all events');
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it('iterates a connector when asked to', async () => {
    class Iterated extends ScriptedConnector {
      async *[Symbol.asyncIterator]() {
        for (const event of this.queue) yield event as never;
        await new Promise(() => undefined);
      }
    }
    const connector = new Iterated();
    connector.queue.push(rawTrade(), rawDepth());
    const stream = streamOver(connector, { mode: 'iterate' });
    const events: string[] = [];
    stream.on('trade', ({ type }) => events.push(type));
    stream.on('depth', ({ type }) => events.push(type));
    await stream.start();
    await until(() => events.length === 2, 'two events');
    expect(connector.polls).toBe(0);
    await stream.stop();
  });

  it('subscribes to more symbols while it runs', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector, { depth: false });
    await stream.start();
    await stream.subscribe('ETHUSDT');
    expect(connector.calls).toEqual(['connect', 'trades BTCUSDT', 'trades ETHUSDT']);
  });

  it('gives events without a symbol the one that is subscribed, and none when there are two', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    const symbols: string[] = [];
    stream.on('trade', ({ symbol }) => symbols.push(symbol));
    await stream.start();
    connector.queue.push(rawTrade({ symbol: undefined }));
    await until(() => symbols.length === 1, 'the trade');
    expect(symbols).toEqual(['BTCUSDT']);
    await stream.subscribe('ETHUSDT');
    connector.queue.push(rawTrade({ symbol: undefined }));
    await until(() => stream.metrics.invalidEvents === 1, 'the refusal');
  });
});

describe('HFTConnectorStream, faults', () => {
  it('leaves out an invalid event, reports and counts it, and goes on', async () => {
    const connector = new ScriptedConnector();
    const { logger, named } = logLines();
    const stream = streamOver(connector, { logger });
    const errors: unknown[] = [];
    const ids: string[] = [];
    stream.on('error', (notice) => errors.push(notice));
    stream.on('trade', ({ id }) => ids.push(id));
    await stream.start();
    connector.queue.push(rawTrade({ id: 1 }), rawTrade({ price: undefined }), rawTrade({ id: 2 }));
    await until(() => ids.length === 2, 'the two good ones');
    expect(errors).toMatchObject([
      { origin: 'event', error: { code: 'ERR_MISSING_FIELD', field: 'price' } },
    ]);
    expect(named('connector_error')).toMatchObject([
      { origin: 'event', code: 'ERR_MISSING_FIELD', level: 'error' },
    ]);
    expect(stream.metrics.invalidEvents).toBe(1);
  });

  it('catches what handlers throw and reject with, and reports it', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    const errors: string[] = [];
    let good = 0;
    stream.on('trade', () => {
      throw new Error('sync');
    });
    stream.on('trade', () => Promise.reject(new Error('async')));
    stream.on('trade', () => (good += 1));
    stream.on('error', ({ error, origin }) => {
      errors.push(`${origin} ${error.message}`);
      throw new Error('in the error handler');
    });
    await stream.start();
    connector.queue.push(rawTrade(), rawTrade());
    await until(() => good === 2 && errors.length === 4, 'both trades');
    expect(errors.sort()).toEqual([
      'consumer async',
      'consumer async',
      'consumer sync',
      'consumer sync',
    ]);
    expect(stream.metrics.consumerErrors).toBe(8);
    expect(stream.health.connected).toBe(true);
  });

  it('goes on after errors that the connector reports, and logs its states', async () => {
    const connector = new ScriptedConnector();
    const { logger, named } = logLines();
    const stream = streamOver(connector, { logger });
    let trades = 0;
    stream.on('trade', () => (trades += 1));
    await stream.start();
    connector.queue.push(
      { type: 'error', code: 'rate_limited', message: 'slow down' },
      { type: 'status', status: 'ready' },
      rawTrade(),
    );
    await until(() => trades === 1, 'the trade');
    expect(named('connector_error')).toMatchObject([
      { origin: 'connector', error: 'scripted: rate_limited: slow down' },
    ]);
    expect(named('connector_status')).toMatchObject([{ status: 'ready' }]);
    expect(stream.metrics.connectorErrors).toBe(1);
  });

  it('goes on after a failed poll while the connector is connected', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    let trades = 0;
    stream.on('trade', () => (trades += 1));
    await stream.start();
    connector.queue.push(new Error('once'), rawTrade());
    await until(() => trades === 1, 'the trade');
    expect(stream.health.reconnections).toBe(0);
  });

  it('counts five failed polls in a row as a loss', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    await stream.start();
    for (let i = 0; i < 5; i += 1) connector.queue.push(new Error('again'));
    await until(() => stream.health.reconnections === 1, 'the reconnect');
    expect(stream.health.lastError).toBe('again');
  });
});

describe('HFTConnectorStream, reconnection', () => {
  it('reconnects and subscribes again after a loss, and says so', async () => {
    const connector = new ScriptedConnector();
    const { logger, lines } = logLines();
    const stream = streamOver(connector, { logger });
    const reported: string[] = [];
    for (const name of ['connected', 'disconnected', 'reconnecting', 'state'] as const)
      stream.on(name, (event) => reported.push('current' in event ? event.current : event.type));
    await stream.start();
    connector.connected = false;
    await until(() => stream.health.reconnections === 1, 'the reconnect');
    expect(reported).toEqual([
      'connecting',
      'connected',
      'connected',
      'reconnecting',
      'disconnected',
      'reconnecting',
      'connected',
      'connected',
    ]);
    expect(connector.calls).toEqual([
      ...['connect', 'trades BTCUSDT', 'depth BTCUSDT'],
      ...['connect', 'trades BTCUSDT', 'depth BTCUSDT'],
    ]);
    expect(lines.map((line) => line['event'])).toEqual([
      'connector_connected',
      'connector_disconnected',
      'connector_connected',
    ]);
  });

  it('waits 1, 2, 4, 8, 16 times the first pause and gives up after five attempts', async () => {
    const connector = new ScriptedConnector();
    const { logger, named } = logLines();
    const stream = streamOver(connector, { logger, backoff: { ...FAST, baseMs: 10, maxMs: 1e4 } });
    await stream.start();
    const delays: number[] = [];
    const failures: string[] = [];
    stream.on('reconnecting', ({ delayMs }) => delays.push(delayMs));
    stream.on('error', ({ origin, error }) => failures.push(`${origin} ${error.message}`));
    const events = stream.events();
    connector.connects.push(...Array.from({ length: 9 }, () => new Error('refused')));
    connector.connected = false;
    await until(() => stream.state === 'failed', 'the end');
    expect(delays).toEqual([10, 20, 40, 80, 160]);
    const times = connector.connectTimes.slice(1);
    expect(times.length).toBe(5);
    for (let i = 1; i < 5; i += 1)
      expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(delays[i]! - 2);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^connection scripted could not be connected; gave up after 5/);
    expect(named('connector_connection_error')).toHaveLength(5);
    await expect(events.next()).rejects.toMatchObject({ code: 'ERR_CONNECTOR_DOWN' });
  });

  it('has the pauses 0.5, 1, 2, 4, 8 s by default', async () => {
    const { DEFAULT_BACKOFF, backoffDelayMs } = await import('../../lib/feed/backoff.js');
    expect([1, 2, 3, 4, 5, 6].map((attempt) => backoffDelayMs(DEFAULT_BACKOFF, attempt))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 8_000,
    ]);
    expect(DEFAULT_BACKOFF.maxAttempts).toBe(5);
  });

  it('retries the first connect as well, and begins anew on start after a failure', async () => {
    const connector = new ScriptedConnector();
    connector.connects.push(...Array.from({ length: 6 }, () => new Error('refused')));
    const stream = streamOver(connector);
    await expect(stream.start()).rejects.toMatchObject({ code: 'ERR_CONNECTOR_DOWN' });
    expect(stream.state).toBe('failed');
    expect(connector.connectTimes.length).toBe(6);
    await stream.start();
    expect(stream.health).toMatchObject({ connected: true, reconnectionAttempts: 0 });
  });

  it('shows its attempts while it is away', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    await stream.start();
    connector.connects.push(new Error('refused'), 'hang');
    connector.connected = false;
    await until(() => stream.health.reconnectionAttempts === 2, 'the second attempt');
    expect(stream.health).toMatchObject({ state: 'reconnecting', connected: false });
  });

  it('gives up one attempt that hangs', async () => {
    const connector = new ScriptedConnector();
    connector.connects.push('hang');
    const stream = streamOver(connector, { connectTimeoutMs: 20 });
    await stream.start();
    expect(connector.calls).toEqual([
      ...['connect', 'disconnect', 'connect'],
      ...['trades BTCUSDT', 'depth BTCUSDT'],
    ]);
  });

  it('does not reset its attempts on a connection that falls at once', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector, { backoff: { ...FAST, stableAfterMs: 60_000 } });
    stream.on('connected', () => {
      setImmediate(() => (connector.connected = false));
    });
    await stream.start();
    await until(() => stream.state === 'failed', 'the end');
    expect(connector.connectTimes.length).toBe(6);
  });

  it('stops at once during a pause, a connect and a poll', async () => {
    for (const stage of ['pause', 'connect', 'poll'] as const) {
      const connector = new ScriptedConnector();
      const stream = streamOver(connector, { backoff: { ...FAST, baseMs: 60_000, maxMs: 60_000 } });
      if (stage === 'connect') connector.connects.push('hang');
      if (stage === 'pause') connector.connects.push(new Error('refused'));
      if (stage === 'poll') connector.nextEvent = () => new Promise(() => undefined) as never;
      const starting = stream.start().catch((error: unknown) => error);
      await sleep(20);
      const beforeMs = performance.now();
      await stream.stop();
      // The pause would be a minute, the others without an end.
      expect(performance.now() - beforeMs).toBeLessThan(5_000);
      await starting;
      expect(stream.state).toBe('stopped');
    }
  });

  it('stops what was started in the same turn', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    const closed = { code: 'ERR_CLOSED', remedy: 'Call start() again.' };
    const starting = expect(stream.start()).rejects.toMatchObject(closed);
    await stream.stop();
    await starting;
    expect(connector.connected).toBe(false);
    await stream.start();
    const stopping = stream.stop();
    const again = expect(stream.start()).rejects.toMatchObject(closed);
    await Promise.all([stopping, stream.stop(), again]);
    expect([stream.state, connector.connected]).toEqual(['stopped', false]);
  });

  it('starts again after a stop', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    await stream.start();
    await stream.stop();
    await stream.start();
    const events = stream.events();
    connector.queue.push(rawTrade());
    expect((await events.next()).value).toMatchObject({ type: 'trade' });
  });
});

describe('HFTConnectorStream, health and figures', () => {
  it('gives its health under the names of /ws/health', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    expect(feedHealthToJson(stream.health)).toEqual({
      connected: false,
      last_ts: null,
      queue_size: 0,
      reconnection_attempts: 0,
      connector_health: {
        connected: false,
        subscribed_trades: false,
        subscribed_depth: false,
        event_counter: 0,
      },
    });
    stream.stream('trade');
    await stream.start();
    connector.queue.push(rawTrade({ timestamp: 1_700_000_000_000 }), rawTrade({ timestamp: 5 }));
    await until(() => stream.health.queueSize === 2, 'two events');
    expect(feedHealthToJson(stream.health)).toEqual({
      connected: true,
      last_ts: 5,
      queue_size: 2,
      reconnection_attempts: 0,
      connector_health: {
        connected: true,
        subscribed_trades: true,
        subscribed_depth: true,
        event_counter: 2,
      },
    });
  });

  it('gives its figures under the names of /metrics', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector);
    stream.stream('depth');
    await stream.start();
    connector.queue.push(rawTrade(), rawDepth(), rawDepth());
    await until(() => stream.metrics.depth.total === 2, 'three events');
    const { trades, depth } = feedMetricsToJson(stream.metrics);
    expect(trades).toMatchObject({ per_minute_count: 1, queue_size: 0 });
    expect(depth).toMatchObject({ per_minute_count: 2, queue_size: 2 });
    let rate = 0;
    await until(() => {
      rate += feedMetricsToJson(stream.metrics).depth.per_second_rate;
      return rate > 0;
    }, 'the end of this second');
    expect(Object.keys(stream.metrics.connectors)).toEqual(['scripted']);
  });

  it('says when nothing comes any more, and when it does again', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector, { staleAfterMs: 40 });
    const reported: string[] = [];
    stream.on('stale', ({ type }) => reported.push(type));
    stream.on('live', ({ type }) => reported.push(type));
    await stream.start();
    await until(() => stream.health.stale, 'staleness');
    connector.queue.push(rawTrade());
    await until(() => reported.includes('live'), 'that it is live');
    // It may be silent again by now.
    expect(reported.slice(0, 2)).toEqual(['stale', 'live']);
  });
});

describe('HFTConnectorStream, filters and transforms', () => {
  it('applies them in order and counts what they take out', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector, {
      stages: [
        minTradeQty(2),
        renameSymbols({ BTCUSDT: 'BTC-USDT' }),
        scaleQty(0.5),
        keepEvents(({ symbol }) => symbol === 'BTC-USDT'),
      ],
    });
    const events = stream.events();
    await stream.start();
    connector.queue.push(rawTrade({ qty: 1 }), rawTrade({ qty: 2 }), rawDepth());
    expect((await events.next()).value).toMatchObject({ symbol: 'BTC-USDT', qty: 1 });
    expect((await events.next()).value).toMatchObject({ bids: [{ price: 99, qty: 0.5 }] });
    expect(stream.metrics.filtered).toBe(1);
  });

  it('takes an event out when a stage throws, reports it, and goes on', async () => {
    const connector = new ScriptedConnector();
    const stream = streamOver(connector, {
      stages: [
        (event) => {
          if (event.type === 'depth') throw new Error('stage');
          return event;
        },
      ],
    });
    const errors: string[] = [];
    stream.on('error', ({ error, origin }) => errors.push(`${origin} ${error.message}`));
    const events = stream.events();
    await stream.start();
    connector.queue.push(rawDepth(), rawTrade());
    expect((await events.next()).value).toMatchObject({ type: 'trade' });
    expect(errors).toEqual(['consumer stage']);
  });
});
