// Whatever a venue sends: what cannot be read is reported and left out, and the stream goes on.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { BinanceRest } from '../../lib/feed/binance-rest.js';
import { BinanceWsStream } from '../../lib/feed/binance-ws-stream.js';
import { ConnectorInbox, type InboxEvent } from '../../lib/feed/connector-inbox.js';
import { FeedEventError } from '../../lib/feed/feed-event-error.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { normalizeEvent } from '../../lib/feed/normalizer.js';
import { HftError } from '../../lib/models/hft-error.js';
import { anyJsonText } from '../support/any-json.js';
import { FakeBinance } from '../support/fake-binance.js';
import { until } from '../support/until.js';
import { rawTrade, ScriptedConnector } from './scripted-connector.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function over(connector: BinanceWsStream | ScriptedConnector, mode: 'poll' | 'iterate' = 'poll') {
  const stream = new HFTConnectorStream(connector, {
    symbols: ['BTCUSDT'],
    pollIntervalMs: 2,
    logger: false,
    mode,
  });
  closing.push(() => stream.stop());
  const reported = { trades: 0, errors: [] as string[] };
  stream.on('trade', () => (reported.trades += 1));
  stream.on('error', ({ error }) => reported.errors.push(error.message));
  return { stream, reported };
}

async function binance() {
  const venue = await FakeBinance.start();
  closing.push(() => venue.stop());
  const connector = new BinanceWsStream({ ...venue.addresses, timeoutMs: 5_000, resyncDelayMs: 5 });
  const { stream, reported } = over(connector);
  await stream.start();
  return { venue, stream, reported };
}

describe('binance_ws', () => {
  it('reports frames that are no messages, and goes on', async () => {
    const { venue, stream, reported } = await binance();
    const frames = ['null', '5', '"x"', '[]', 'true', '{"data":5}', '{"data":[]}', 'no JSON', '{}'];
    for (const frame of frames) venue.sendRaw(frame);
    await until(() => reported.errors.length >= frames.length, 'an error for each frame');
    for (const message of reported.errors) expect(message).toContain('unreadable_frame');
    venue.trade('BTCUSDT', '100', '1');
    await until(() => reported.trades === 1, 'the trade after them');
    expect(stream.health.reconnections).toBe(0);
  });

  it('lives through any JSON value', async () => {
    const { venue, stream, reported } = await binance();
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(anyJsonText, async (text) => {
        venue.sendRaw(text);
        venue.trade('BTCUSDT', '100', '1');
        sent += 1;
      }),
      { numRuns: 400 },
    );
    await until(() => stream.health.connectorHealth.eventCounter >= sent, 'what came after');
    venue.sendRaw('null');
    const before = reported.errors.length;
    await until(() => reported.errors.length > before, 'the last error');
    expect(stream.health.reconnections).toBe(0);
  });

  it('reads REST answers of any kind as an error of the venue', async () => {
    const venue = await FakeBinance.start();
    closing.push(() => venue.stop());
    const rest = new BinanceRest(venue.addresses.restUrl, 500);
    const { signal } = new AbortController();
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(anyJsonText, fc.constantFrom(200, 400, 500), async (body, status) => {
        for (const ask of [
          () => rest.depth('BTCUSDT', 5, signal),
          () => rest.trades('BTCUSDT', 5, signal),
        ]) {
          venue.restFaults.push({ status, body });
          const answer: unknown = await ask().catch((error: unknown) => error);
          if (!(answer instanceof Error)) continue;
          refused += 1;
          expect(answer).toBeInstanceOf(HftError);
        }
      }),
      { numRuns: 100 },
    );
    // Of 200 answers, two thirds have the status of an error.
    expect(refused).toBeGreaterThan(50);
  });
});

describe('a stream over any connector', () => {
  it.each(['poll', 'iterate'] as const)(
    'that it reads by %s lives through any value',
    async (mode) => {
      const connector = new ScriptedConnector();
      if (mode === 'iterate') iterates(connector);
      const { stream, reported } = over(connector, mode);
      await stream.start();
      let trades = 0;
      await fc.assert(
        fc.asyncProperty(anyJsonText, async (text) => {
          connector.queue.push(JSON.parse(text) as never, rawTrade());
          trades += 1;
        }),
        { numRuns: 300 },
      );
      await until(() => reported.trades >= trades, 'every trade between');
      expect(stream.health).toMatchObject({ connected: true, reconnections: 0 });
    },
  );

  it('names what is wrong with any value', () => {
    fc.assert(
      fc.property(anyJsonText, (text) => {
        try {
          normalizeEvent(JSON.parse(text), { source: 'any' });
        } catch (error) {
          expect(error).toBeInstanceOf(FeedEventError);
        }
      }),
    );
  });
});

describe('the inbox of a connector', () => {
  it('makes room whatever its updates hold, and keeps what cannot be merged', () => {
    const inbox = new ConnectorInbox(4);
    const wrong = [5, null, [5], [null], ['x'], { price: 1 }, 'x'];
    for (const bids of wrong)
      inbox.push({ type: 'depth', symbol: 'A', bids, asks: [], lastUpdateId: 1 } as never);
    for (let id = 0; id < 20; id += 1)
      inbox.push({ type: 'depth', symbol: 'A', bids: [[1, id]], asks: [], lastUpdateId: id });
    const left: (InboxEvent | undefined)[] = [];
    for (let event = inbox.next(0); event !== undefined; event = inbox.next(0))
      left.push(event as InboxEvent);
    for (const bids of wrong) expect(left).toContainEqual(expect.objectContaining({ bids }));
    expect(left.at(-1)).toMatchObject({ lastUpdateId: 19 });
  });
});

/** Gives a scripted connector an async iterator over what it is to deliver. */
function iterates(connector: ScriptedConnector): void {
  Object.assign(connector, {
    async *[Symbol.asyncIterator]() {
      while (connector.connected) {
        if (connector.queue.length > 0) yield connector.nextEvent();
        else await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
  });
}
