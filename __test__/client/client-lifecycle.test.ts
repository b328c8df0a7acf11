import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import type { ClientStateChange } from '../../lib/client/client-event.js';
import { LiveClient } from '../../lib/client/live-client.js';
import { bookStateToCode } from '../../lib/models/book-state.js';
import { HftError } from '../../lib/models/hft-error.js';
import { LinkStatus, RecordKind } from '../../lib/models/record-layout.js';
import { until } from '../support/until.js';
import { fakeClient, connectedClient, instrument, stubClient } from './clients.js';
import { settled } from './fake-session.js';

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('it did not reject'),
    (reason: unknown) => reason,
  );
  return HftError.is(error) ? error.code : String(error);
}

describe('the life of a client', () => {
  it('goes from created to running to closed and reports each state', async () => {
    const { client, session } = fakeClient();
    const states: string[] = [];
    client.on('state', (event: ClientStateChange) => states.push(event.current));
    expect(client.state).toBe('created');
    await client.start();
    expect([client.state, client.backend, client.botId]).toEqual(['running', 'native', 77n]);
    await client.close();
    expect(states).toEqual(['starting', 'running', 'stopping', 'stopped', 'closed']);
    expect(session.closed).toBe(1);
  });

  it('starts once however often start is called', async () => {
    const { client, session } = fakeClient();
    await Promise.all([client.start(), client.start()]);
    await client.start();
    expect(session.opened).toBe(1);
  });

  it.each(['created', 'starting', 'running', 'stopped', 'failed', 'closed'])(
    'can be closed twice when %s',
    async (state) => {
      const { client, session } = fakeClient({ onError: () => undefined });
      let starting: Promise<unknown> = Promise.resolve();
      if (state === 'starting') {
        session.openGate = new Promise((resolve) => setTimeout(resolve, 20));
        starting = client.start().catch((error: unknown) => error);
      } else if (state !== 'created') {
        await client.start();
      }
      if (state === 'stopped') await client.stop();
      if (state === 'failed') {
        session.die(new Error('gone'));
        await settled();
      }
      if (state === 'closed') await client.close();
      expect(client.state).toBe(state);
      await Promise.all([client.close(), client.close()]);
      await client.close();
      expect(client.state).toBe('closed');
      if (state === 'starting') expect(await starting).toMatchObject({ code: 'ERR_CLOSED' });
      if (state !== 'created') expect(session.closed).toBeGreaterThanOrEqual(1);
      expect(await codeOf(client.start())).toBe('ERR_CLOSED');
      expect(await codeOf(client.submitOrder({ side: 'buy', price: 1, qty: 1 }))).toBe(
        'ERR_CLOSED',
      );
    },
  );

  it('starts again after a stop, with the same bot id', async () => {
    const { client, session } = await connectedClient();
    await client.stop();
    expect(client.state).toBe('stopped');
    await client.start();
    expect([client.state, session.opened, session.context?.config.botId]).toEqual([
      'running',
      2,
      77n,
    ]);
  });

  it('may be started again when a start failed', async () => {
    const { client, session } = fakeClient();
    session.openError = new HftError('ERR_NATIVE_UNAVAILABLE', 'no.');
    expect(await codeOf(client.start())).toBe('ERR_NATIVE_UNAVAILABLE');
    session.openError = undefined;
    await client.start();
    expect(client.state).toBe('running');
  });

  it('reads what the bot wrote before it ended', async () => {
    const { client, session } = await connectedClient();
    const prices: number[] = [];
    client.on('trade', (trade) => prices.push(trade.price));
    session.trade(1);
    session.trade(2);
    await client.close();
    expect(prices).toEqual([1, 2]);
  });

  it('fails loudly when its thread dies: error, lost connection, ended iterators, refused orders', async () => {
    const reported: string[] = [];
    const { client, session } = await connectedClient({
      onError: (error) => reported.push(error.message),
      onConnectionLost: (change) => reported.push(`${change.connector} ${change.reason}`),
    });
    const next = client
      .stream('trade')
      .next()
      .catch((error: unknown) => error);
    session.die(new HftError('ERR_NATIVE_UNAVAILABLE', 'the worker thread ended.'));
    await settled();
    expect(client.state).toBe('failed');
    expect(client.health).toMatchObject({ state: 'failed', failure: 'the worker thread ended.' });
    expect(reported).toEqual(['fake worker', 'the worker thread ended.']);
    expect(await next).toMatchObject({ message: 'the worker thread ended.' });
    expect(await codeOf(client.submitOrder({ side: 'buy', price: 1, qty: 1 }))).toBe('ERR_CLOSED');
    expect(await codeOf(client.start())).toBe('ERR_INVALID_STATE');
  });

  it('ends iterators and waiting takers when closed, after what is queued', async () => {
    const { client, session } = await connectedClient();
    const stream = client.stream('trade');
    const taker = client.getTrade(60_000);
    session.trade(5);
    await settled();
    expect((await taker)?.price).toBe(5);
    const second = client.getTrade(60_000);
    await client.close();
    expect(await second).toBeUndefined();
    const seen: number[] = [];
    for await (const trade of stream) seen.push(trade.price);
    expect(seen).toEqual([5]);
  });

  it('is disposed of by its scope', async () => {
    const { client } = fakeClient();
    await client.start();
    await client[Symbol.asyncDispose]();
    expect(client.state).toBe('closed');
  });

  it('says what is missing when it is not ready in time, and is ready once books are whole', async () => {
    const { client, session } = fakeClient();
    await client.start();
    const late = await client.ready(20).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'ERR_CONNECTOR_DOWN' });
    expect(String(late)).toContain('connector fake is not there');
    const ready = client.ready(5_000);
    session.connect();
    await ready;
    const waiting = client.ready(5_000);
    await waiting;
    const { client: other } = fakeClient();
    await other.start();
    const never = codeOf(other.ready(60_000));
    await other.close();
    expect(await never).toBe('ERR_CLOSED');
  });

  it('is not ready with a book that the venue has not sent, though the connector has answered', async () => {
    const { client, session } = fakeClient();
    await client.start();
    session.write(
      { kind: RecordKind.Link, status: LinkStatus.Connected },
      { kind: RecordKind.BookReset },
      { kind: RecordKind.Link, status: LinkStatus.FeedStale },
      { kind: RecordKind.BookState, status: bookStateToCode('stale') },
      { kind: RecordKind.BookReady },
    );
    await settled();
    const late = await client.ready(20).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: 'ERR_CONNECTOR_DOWN' });
    expect(String(late)).toContain('the book of BTCUSDT is stale');
    const ready = client.ready(5_000);
    session.link(LinkStatus.FeedLive);
    await ready;
    // Another run of the connector reports anew what is stale.
    session.link(LinkStatus.FeedStale);
    session.connect();
    await settled();
    await client.ready(1_000);
  });

  it.each([
    [{ instruments: [] }, 'instruments'],
    [{ ringCapacity: 1000 }, 'ringCapacity'],
    [{ backend: 'none' as never }, 'backend'],
    [{ depth: 'btree' as never }, 'hashmap, hashmap-upstream or roivector'],
    [{ depth: 'roivector' as const }, 'range of interest'],
    [{ orderRateLimit: { perSecond: 0 } }, 'orderRateLimit.perSecond'],
    [{ queues: { executionReport: { policy: 'drop-oldest' as const } } }, 'never dropped'],
    [{ queues: { trade: { capacity: 0 } } }, 'queues.trade.capacity'],
  ])('refuses %j and names it', (options, name) => {
    expect(() => new LiveClient({ instruments: [instrument], ...options })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining(name) as string,
      }) as Error,
    );
  });
});

describe('a client and the process', () => {
  const dist = path.resolve(import.meta.dirname, '..', '..', 'dist', 'index.js');
  const program = (unref: boolean): string => `
    import { LiveClient, LiveInstrument } from ${JSON.stringify(dist)};
    const instrument = new LiveInstrument('A').connector('x').tickSize(1).lotSize(1);
    const client = new LiveClient({ instruments: [instrument], backend: 'stub' });
    ${unref ? 'client.unref();' : ''}
    await client.start();
    process.once('beforeExit', () => console.log('ran out'));
    const timer = setTimeout(() => { console.log('still here'); client.close().then(() => console.log('closed')); }, 300);
    ${unref ? 'timer.unref();' : 'timer.unref();'}
  `;
  const run = (source: string): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', source], {
      encoding: 'utf8',
      timeout: 50_000,
    }).trim();

  it('a running client keeps the process alive until it is closed', () => {
    expect(run(program(false))).toBe('still here\nclosed\nran out');
  });

  it('an unreferenced one does not', () => {
    expect(run(program(true))).toBe('ran out');
  });
});

describe('a client on the stub', () => {
  it('steps no more once it is closed, though a handler gave a command in the midst of a step', () => {
    const library = path.resolve(import.meta.dirname, '..', '..', 'dist', 'index.js');
    const program = `
      import { LiveClient, LiveInstrument } from ${JSON.stringify(library)};
      const instrument = new LiveInstrument('BTCUSDT').connector('c').tickSize(0.1).lotSize(0.001);
      const stub = { stepIntervalNs: 5_000_000, fillProbability: 0 };
      const client = new LiveClient({ instruments: [instrument], backend: 'stub', stub });
      // The book is ready inside a step.
      client.once('bookReady', () => client.submitOrder({ side: 'buy', price: 1_000, qty: 0.001 }));
      await client.start();
      await client.ready(20_000);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await client.close();
      await new Promise((resolve) => setTimeout(resolve, 100));
      console.log('closed');`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 50_000,
    });
    expect(out.trim()).toBe('closed');
  });

  it('trades: events, an accepted order, and a clean end', async () => {
    const client = stubClient({ stub: { stepIntervalNs: 1_000_000, fillProbability: 0 } });
    await client.start();
    await client.ready(20_000);
    expect(client.health).toMatchObject({ backend: 'stub', state: 'running' });
    const trade = await client.getTrade(20_000);
    expect(trade?.price).toBeGreaterThan(0);
    const book = client.snapshot();
    expect(book.synced).toBe(true);
    const price = book.bids[0]!.price - 100;
    const outcome = await client.submitOrder({ side: 'buy', price, qty: 0.1 });
    expect(outcome).toMatchObject({ status: 'accepted', order: { state: 'new', own: true } });
    expect(client.getOrders()).toHaveLength(1);
    expect(await client.cancelOrder(outcome.order.orderId)).toMatchObject({ status: 'canceled' });
    expect(client.getOrders()).toHaveLength(0);
    await client.close();
  });

  it('sends the book anew after the ring overflowed, and counts the loss', async () => {
    const client = stubClient({
      ringCapacity: 64,
      stub: { stepIntervalNs: 10_000, levels: 30 },
      onError: () => undefined,
    });
    const queues: string[] = [];
    client.on('dropped', (notice) => queues.push(notice.queue));
    await client.start();
    const blocked = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 300));
    while (performance.now() - blocked < 400);
    await client.ready(20_000);
    await until(() => client.health.dropped > 0 && queues.includes('ring'), 'the loss');
  });
});
