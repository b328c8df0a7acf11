// A client with a Bybit connector of its own, sending orders to the fake venue on this machine.
import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import { afterEach, expect, it } from 'vitest';

import type { ClientEvent } from '../../lib/client/client-event.js';
import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { ClientSource } from '../../lib/server/client-source.js';
import { quietBook, startFakeBybit, type FakeBybitVenue } from '../support/fake-bybit-venue.js';
import { isAlive } from '../support/fake-program.js';
import { startConnectorWith, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { openOrdersAt, ordersAt } from '../support/open-orders.js';
import { until } from '../support/until.js';

const clients: LiveClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** An execution of one of the account's orders, as the venue has it. */
interface VenueExecution {
  readonly execId: string;
  readonly execFee: string;
  readonly feeCurrency: string;
  readonly execQty: string;
  readonly execTime: string;
}

/** What the venue's ledger says of the account's executions, oldest first. */
async function executionsAt(venue: FakeBybitVenue): Promise<object[]> {
  const { executions } = await venue.run<{ executions: VenueExecution[] }>('truth');
  return executions.map(({ execId, execFee, feeCurrency, execQty }) => ({
    tradeId: execId,
    fee: Number(execFee),
    feeCoin: feeCurrency,
    qty: Number(execQty),
  }));
}

/** The fills among events, likewise. */
const fillsIn = (events: readonly ClientEvent[]): object[] =>
  events.flatMap((event) => {
    if (event.type !== 'orderUpdate' || event.fill === undefined) return [];
    const { tradeId, fee, feeCoin, qty } = event.fill;
    return [{ tradeId, fee, feeCoin, qty }];
  });

interface Positions {
  readonly positions: readonly { symbol: string; side: string; size: string }[];
}

function bybitClient(
  venue: FakeBybitVenue,
  events: ClientEvent[] = [],
  logs: string[] = [],
  options: { readonly paper?: boolean } = { paper: false },
): LiveClient {
  const client = new LiveClient({
    instruments: [new LiveInstrument('XRPUSDT').connector('bybit').tickSize(0.0001).lotSize(0.1)],
    backend: 'native',
    connector: {
      kind: 'bybit',
      ...options,
      config: venue.config,
      env: { ...venue.env, RUST_LOG: 'debug' },
      // Long enough for something to happen meanwhile.
      restart: { delayMs: 1_000 },
      onLog: (line) => logs.push(line),
    },
  });
  for (const name of ['error', 'connectorDied', 'connectorRestarted', 'connectionLost', 'connectionRestored', 'link', 'bookState', 'orderUpdate'] as const) client.on(name, (event) => events.push(event)); // prettier-ignore
  clients.push(client);
  return client;
}

/** One with real orders, started, once it is ready, and what it reports. */
async function readyClient(
  venue: FakeBybitVenue,
): Promise<{ client: LiveClient; events: ClientEvent[] }> {
  const events: ClientEvent[] = [];
  const client = bybitClient(venue, events);
  await client.start();
  await client.ready(20_000);
  return { client, events };
}

/** Of the book, as the client's health has it. */
const stateOf = (client: LiveClient) => client.health.instruments[0]!.bookState;

const quote = (price: number) => ({ side: 'buy', price, qty: 10, timeInForce: 'GTX' }) as const;

describeNative('a client on Bybit', () => {
  it('sends real orders where `paper` is false, and the venue has them', async () => {
    const venue = await startFakeBybit();
    await quietBook(venue);
    const client = bybitClient(venue);
    await client.start();
    expect(client.health.connectorProcess).toMatchObject({ kind: 'bybit', orders: 'real' });
    await client.ready(20_000);
    const outcome = await client.submitOrder(quote(2.45));
    expect(outcome.status).toBe('accepted');
    expect(await openOrdersAt(venue)).toHaveLength(1);
    const cancelled = await client.cancelOrder(client.getOrders()[0]!.orderId);
    expect(cancelled.status).toBe('canceled');
  });

  it.each([
    ['with real orders', { paper: false }],
    ['on paper', {}],
  ])('is ready once the first book has come, and not before: %s', async (_, options) => {
    const venue = await startFakeBybit();
    await quietBook(venue);
    await venue.run('faults', { socket: 'public', faults: { delayMs: 1_500 } });
    const client = bybitClient(venue, [], [], options);
    await client.start();
    await client.ready(20_000);
    const { bids, asks } = client.snapshot();
    expect([bids[0]?.price, asks[0]?.price]).toEqual([2.4, 2.6]);
  });

  it('is not ready while the venue sends no book, says so, and hears when it comes', async () => {
    const venue = await startFakeBybit();
    await quietBook(venue);
    await venue.run('faults', { socket: 'public', faults: { delayMs: 8_000 } });
    const events: ClientEvent[] = [];
    const client = bybitClient(venue, events);
    await client.start();
    await until(() => stateOf(client) === 'stale', 'the answer', 20_000);
    expect(await client.submitOrder(quote(2.4))).toMatchObject({
      status: 'denied',
      rule: 'book_not_live',
    });
    const links = events.flatMap((event) => (event.type === 'link' ? [event.state] : []));
    expect(links).toContain('feed_stale');
    const late = await client.ready(20).catch((error: unknown) => String(error));
    expect(late).toContain('the book of XRPUSDT is stale');
    await client.ready(20_000);
    expect(client.snapshot().bids[0]?.price).toBe(2.4);
  });

  it('sends no order on a price that stands still because the public connection is cut', async () => {
    const venue = await startFakeBybit();
    await quietBook(venue);
    const { client, events } = await readyClient(venue);
    const source = new ClientSource(client);
    expect((await client.submitOrder(quote(2.45))).status).toBe('accepted');
    await venue.run('faults', { socket: 'public', faults: { delayMs: 8_000 } });
    await venue.run('cut', { socket: 'public' });
    await until(() => stateOf(client) !== 'live', 'the loss', 20_000);
    // Levels stay, for they are old and not wrong.
    expect(client.snapshot().synced).toBe(false);
    expect(client.snapshot().bids.at(-1)?.price).toBe(2.4);
    expect(source.readiness().missing).toEqual([`the book of XRPUSDT is ${stateOf(client)}`]);
    expect(await client.submitOrder(quote(2.44))).toMatchObject({
      status: 'denied',
      rule: 'book_not_live',
    });
    const { orderId } = client.getOrders()[0]!;
    expect(await client.modifyOrder(orderId, { price: 2.43 })).toMatchObject({ status: 'denied' });
    expect((await client.cancelOrder(orderId)).status).toBe('canceled');
    const orders = await ordersAt(venue);
    expect(orders.map(({ orderStatus }) => orderStatus)).toEqual(['Cancelled']);
    await client.ready(20_000);
    expect(source.readiness()).toEqual({ ready: true, missing: [] });
    expect((await client.submitOrder(quote(2.45))).status).toBe('accepted');
    const states = events.flatMap((event) => (event.type === 'bookState' ? [event.state] : []));
    expect(states.at(-1)).toBe('live');
    expect(states).toContain('disconnected');
    source.close();
  });

  it('ends with the right orders, fills and position when its connector is killed and fills come while it is down', async () => {
    const venue = await startFakeBybit();
    await quietBook(venue);
    const { client, events } = await readyClient(venue);
    for (const price of [2.47, 2.46, 2.45])
      expect((await client.submitOrder(quote(price))).status).toBe('accepted');
    const [filled, partly, open] = client.getOrders().sort((a, b) => b.price - a.price);
    expect(await openOrdersAt(venue)).toHaveLength(3);

    process.kill(client.health.connectorProcess!.pid!, 'SIGKILL');
    await until(() => events.some(({ type }) => type === 'connectorDied'), 'its death');
    // Somebody sells through the first of them and into the second.
    await venue.run('place', { symbol: 'XRPUSDT', owner: 'other', side: 'Sell', price: '2.46', qty: '14' }); // prettier-ignore
    await until(
      () => events.some(({ type }) => type === 'connectorRestarted'),
      'its return',
      20_000,
    );
    await client.ready(20_000);
    await until(() => client.getPosition() === 14, 'the position');
    expect(client.getOrder(filled!.orderId)).toMatchObject({ state: 'filled', filledQty: 10 });
    expect(client.getOrder(partly!.orderId)).toMatchObject({
      state: 'partially_filled',
      filledQty: 4,
      leavesQty: 6,
    });
    expect(client.getOrder(open!.orderId)).toMatchObject({ state: 'new', filledQty: 0 });
    expect(client.getOrders()).toHaveLength(2);

    // They are the client's own as before.
    for (const outcome of await client.cancelAll()) expect(outcome.status).toBe('canceled');
    expect(await openOrdersAt(venue)).toEqual([]);
    const { positions } = await venue.run<Positions>('truth');
    const position = positions.find(({ symbol }) => symbol === 'XRPUSDT');
    expect(position).toMatchObject({ side: 'Buy', size: '14.0' });
    // What was filled meanwhile has fees and ids as if it had been seen.
    expect(await executionsAt(venue)).toHaveLength(2);
    expect(fillsIn(events)).toEqual(await executionsAt(venue));
    // No fill was reported twice.
    const fills = events.flatMap((event) => (event.type === 'orderUpdate' && event.fill ? [event.fill.qty] : [])); // prettier-ignore
    expect(fills.reduce((sum, qty) => sum + qty, 0)).toBe(14);
  });

  it.each([
    ['linear', 0.1, ['USDT', 'USDT', 'USDT']],
    ['spot', 0.01, ['XRP', 'XRP', 'USDT']],
  ] as const)(
    'knows fee, coin and id of every fill as the ledger of the venue has them: %s',
    async (category, lotSize, coins) => {
      const venue = await startFakeBybit();
      const level = { symbol: 'XRPUSDT', category, owner: 'other', qty: '1000' };
      await venue.run('place', { ...level, side: 'Buy', price: '2.4' });
      await venue.run('place', { ...level, side: 'Sell', price: '2.6' });
      const events: ClientEvent[] = [];
      const client = new LiveClient({
        instruments: [
          new LiveInstrument('XRPUSDT').connector('bybit').tickSize(0.0001).lotSize(lotSize),
        ],
        backend: 'native',
        connector: {
          kind: 'bybit',
          paper: false,
          config: {
            ...venue.config,
            category,
            public_url: venue.config['public_url']!.replace('linear', category),
          },
          env: venue.env,
        },
      });
      clients.push(client);
      client.on('orderUpdate', (event) => events.push(event));
      await client.start();
      await client.ready(20_000);
      // One that rests and is taken, one that takes, and one that gives back.
      expect((await client.submitOrder(quote(2.5))).status).toBe('accepted');
      await venue.run('place', { ...level, side: 'Sell', price: '2.5', qty: '10' });
      await until(() => fillsIn(events).length === 1, 'the first fill');
      for (const side of ['buy', 'sell'] as const)
        await client.submitOrder({ side, qty: 7.3, orderType: 'market' });
      await until(() => fillsIn(events).length === 3, 'the others');
      const ledger = await executionsAt(venue);
      expect(fillsIn(events)).toEqual(ledger);
      expect(ledger.map((execution) => (execution as { feeCoin: string }).feeCoin)).toEqual(coins);
    },
  );

  it('leaves real orders open and unconfirmed while its connector has no keys, and hears the truth with them', async () => {
    const venue = await startFakeBybit();
    await quietBook(venue);
    const name = uniqueName();
    const keyless = { BYBIT_API_KEY: undefined, BYBIT_API_SECRET: undefined };
    const start = (keys: Readonly<Record<string, string>>) =>
      startConnectorWith({ ...keyless, ...keys }, name, 'bybit', venue.configFile, '--paper=false');
    let connector = await start(venue.env);
    const client = new LiveClient({
      instruments: [new LiveInstrument('XRPUSDT').connector(name).tickSize(0.0001).lotSize(0.1)],
      backend: 'native',
    });
    clients.push(client);
    const notices: number[] = [];
    client.on('notice', ({ code }) => notices.push(code));
    await client.start();
    await client.ready(20_000);
    expect((await client.submitOrder(quote(2.45))).status).toBe('accepted');
    const { orderId } = client.getOrders()[0]!;

    await connector.stop();
    connector = await start({});
    await until(() => notices.includes(3110), 'what to do', 20_000);
    await client.ready(20_000);
    expect(client.getOrder(orderId)).toMatchObject({ state: 'new', unconfirmed: true });
    expect(await client.cancelOrder(orderId)).toMatchObject({ status: 'rejected', code: 3110 });
    expect(client.getOrder(orderId)).toMatchObject({ state: 'new', unconfirmed: true });
    await venue.run('place', { symbol: 'XRPUSDT', owner: 'other', side: 'Sell', price: '2.45', qty: '4' }); // prettier-ignore

    await connector.stop();
    await start(venue.env);
    await until(() => client.getPosition() === 4, 'the position', 20_000);
    expect(client.getOrder(orderId)).toMatchObject({
      state: 'partially_filled',
      filledQty: 4,
      unconfirmed: false,
    });
    expect((await client.cancelOrder(orderId)).status).toBe('canceled');
  });

  it('goes on with public data when the venue refuses its keys, and shows keys nowhere', async () => {
    const venue = await startFakeBybit();
    await quietBook(venue);
    const events: ClientEvent[] = [];
    const logs: string[] = [];
    const env = {
      BYBIT_API_KEY: 'canary-key-0123456789',
      BYBIT_API_SECRET: 'canary-secret-9876543210',
    };
    const client = bybitClient({ ...venue, env }, events, logs);
    await client.start();
    await expect(client.ready(20_000)).rejects.toMatchObject({ code: 'ERR_VENUE_REFUSED' });
    // Market data needs no keys.
    await until(() => client.health.instruments[0]!.bookSynced, 'the book', 20_000);
    await until(
      () => events.some((event) => event.type === 'link' && event.text.includes('key was refused')),
      'the refusal',
      20_000,
    );
    expect(await client.submitOrder(quote(2.45))).toMatchObject({ status: 'rejected' });
    const { pid } = client.health.connectorProcess!;
    const arguments_ = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }); // prettier-ignore
    expect(arguments_).toContain('bybit');
    process.kill(pid!, 'SIGABRT');
    await until(() => events.some(({ type }) => type === 'connectorDied'), 'its death');
    const shown = inspect([client.health, events, logs, arguments_], {
      depth: 12,
      maxArrayLength: null,
      maxStringLength: null,
    });
    expect(logs.join('\n')).toMatch(/login on the (private|trade) connection refused/);
    expect(shown).not.toMatch(/canary-(key|secret)/);
    await client.close();
    expect(isAlive(pid!)).toBe(false);
  });
});
