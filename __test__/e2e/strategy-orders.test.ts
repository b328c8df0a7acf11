// What strategies learn of book and order destination, and what becomes of their orders, at the fake venue.
import { afterEach, expect, it } from 'vitest';

import { LiveClient, LiveInstrument } from '../../lib/index.js';
import { ClientSource } from '../../lib/server/client-source.js';
import { LiveServer } from '../../lib/server/live-server.js';
import { AskedStrategy, type Answer } from '../support/asked-strategy.js';
import { quietBook, startFakeBybit, type FakeBybitVenue } from '../support/fake-bybit-venue.js';
import { startConnectorWith, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { openOrdersAt, ordersAt } from '../support/open-orders.js';
import { until } from '../support/until.js';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function quietVenue(): Promise<FakeBybitVenue> {
  const venue = await startFakeBybit();
  await quietBook(venue);
  return venue;
}

const connectorOn = (venue: FakeBybitVenue, name: string, paper: boolean) =>
  startConnectorWith(venue.env, name, 'bybit', venue.configFile, `--paper=${String(paper)}`);

const ripple = (name: string): LiveInstrument =>
  new LiveInstrument('XRPUSDT').connector(name).tickSize(0.0001).lotSize(0.1);
const quote = (price: number) => ({ side: 'buy', price, qty: 10, timeInForce: 'GTX' }) as const;

/** From now on the venue sends no market data, and the connector knows it. */
async function cutPublicFeed(venue: FakeBybitVenue): Promise<void> {
  await venue.run('faults', { socket: 'public', faults: { delayMs: 60_000 } });
  await venue.run('cut', { socket: 'public' });
}

const mendPublicFeed = async (venue: FakeBybitVenue): Promise<void> => {
  await venue.run('faults', { socket: 'public', faults: { delayMs: 0 } });
  await venue.run('cut', { socket: 'public' });
};

function idOf(answer: Answer<bigint>): bigint {
  if ('value' in answer) return answer.value;
  throw new Error(`the order was not sent: ${answer.code} ${answer.message}`);
}

/** A real order of a strategy, sent again until the connector has read the account. */
async function rest(strategy: AskedStrategy, price: number): Promise<bigint> {
  let orderId = 0n;
  await until(
    async () => {
      orderId = idOf(await strategy.submit(quote(price)));
      const ended = (): string | undefined =>
        strategy.reported.find(({ orderId: id, status }) => id === orderId && status !== undefined)
          ?.status;
      await until(() => ended() !== undefined, 'an answer', 20_000);
      return ended() === 'new';
    },
    'an open order',
    30_000,
  );
  return orderId;
}

describeNative('a strategy whose book leaves `live`', () => {
  it('is reported each state, may not submit or modify meanwhile, may cancel, and may again after it', async () => {
    const venue = await quietVenue();
    const name = uniqueName();
    await connectorOn(venue, name, false);
    const strategy = new AskedStrategy({ instruments: [ripple(name)] });
    await strategy.sees('live');
    const orderId = await rest(strategy, 2.45);
    await cutPublicFeed(venue);
    await strategy.sees('disconnected');
    const sent = (await ordersAt(venue)).length;
    const denied = { code: 'ERR_BOOK_NOT_LIVE' };
    expect(await strategy.submit(quote(2.44))).toMatchObject(denied);
    expect(await strategy.modify(orderId, { price: 2.43 })).toMatchObject(denied);
    expect(await strategy.cancel(orderId)).toMatchObject({ value: undefined });
    await strategy.order(orderId, 'canceled');
    expect((await ordersAt(venue)).length).toBe(sent);
    await mendPublicFeed(venue);
    await strategy.sees('live', 30_000);
    await rest(strategy, 2.45);
    const states = strategy.reported.filter(({ event }) => event === 'bookState');
    expect(states.map(({ bookState }) => bookState)).toContain('disconnected');
    expect(states.at(-1)).toMatchObject({ bookState: 'live' });
    // Each begins where the one before it ended.
    for (const [at, { previousBookState }] of states.entries())
      if (at > 0) expect(previousBookState).toBe(states[at - 1]!.bookState);
  }, 60_000);

  it('sends all the same with `requireLiveBook: false`', async () => {
    const venue = await quietVenue();
    const name = uniqueName();
    await connectorOn(venue, name, false);
    const strategy = new AskedStrategy({ instruments: [ripple(name)], requireLiveBook: false });
    await strategy.sees('live');
    const orderId = await rest(strategy, 2.45);
    await cutPublicFeed(venue);
    await strategy.sees('disconnected');
    const blind = idOf(await strategy.submit(quote(2.44)));
    await strategy.order(blind, 'new');
    expect(await strategy.modify(orderId, { price: 2.43 })).toMatchObject({ value: undefined });
    await until(
      async () => (await openOrdersAt(venue)).map(({ price }) => Number(price)).includes(2.43),
      'the changed order',
      20_000,
    );
    expect(await openOrdersAt(venue)).toHaveLength(2);
  }, 60_000);
});

describeNative('a strategy whose connector turns real under it', () => {
  it('may not send until it agrees', async () => {
    const venue = await quietVenue();
    const name = uniqueName();
    const paper = await connectorOn(venue, name, true);
    const strategy = new AskedStrategy({ instruments: [ripple(name)] });
    await strategy.sees('live');
    expect((await strategy.see()).links).toMatchObject([{ orders: 'paper', ordersAgreed: true }]);
    const onPaper = await rest(strategy, 2.45);
    expect(await ordersAt(venue)).toEqual([]);
    await paper.stop();
    await connectorOn(venue, name, false);
    await until(
      async () => (await strategy.see()).links[0]?.orders === 'real',
      'the real connector',
      20_000,
    );
    await strategy.sees('live');
    const changed = { code: 'ERR_ORDERS_CHANGED' };
    expect(await strategy.submit(quote(2.46))).toMatchObject(changed);
    expect((await strategy.see()).links).toMatchObject([{ orders: 'real', ordersAgreed: false }]);
    // What it agrees to must be what there is.
    expect(await strategy.agreeOrders(name, 'real', 'mainnet')).toMatchObject(changed);
    expect(await strategy.submit(quote(2.46))).toMatchObject(changed);
    expect(await ordersAt(venue)).toEqual([]);
    expect(await strategy.agreeOrders(name, 'real', 'custom')).toMatchObject({ value: undefined });
    const real = await rest(strategy, 2.47);
    expect(real).not.toBe(onPaper);
    expect((await openOrdersAt(venue)).map(({ price }) => Number(price))).toEqual([2.47]);
  }, 60_000);
});

describeNative('a client', () => {
  async function clientOn(name: string, requireLiveBook: boolean): Promise<LiveClient> {
    const client = new LiveClient({
      instruments: [ripple(name)],
      backend: 'native',
      requireLiveBook,
      onError: () => undefined,
    });
    open.push(client);
    await client.start();
    return client;
  }

  it('sends on a book that is not live with `requireLiveBook: false`, and /ready says why nobody should', async () => {
    const venue = await quietVenue();
    const name = uniqueName();
    await connectorOn(venue, name, false);
    const client = await clientOn(name, false);
    await client.ready(20_000);
    const source = new ClientSource(client);
    const server = new LiveServer(source, { port: 0 });
    open.push(server);
    const url = await server.start();
    const ready = async (): Promise<[number, unknown]> => {
      const response = await fetch(`${url}ready`);
      return [response.status, await response.json()];
    };
    expect(await ready()).toEqual([200, { ready: true, missing: [] }]);
    const placed = await client.submitOrder(quote(2.45));
    expect(placed.status).toBe('accepted');
    await cutPublicFeed(venue);
    const stateOf = (): string => client.health.instruments[0]!.bookState;
    await until(() => stateOf() === 'disconnected', 'the loss', 20_000);
    expect(await ready()).toEqual([
      503,
      { ready: false, missing: ['the book of XRPUSDT is disconnected'] },
    ]);
    expect((await client.submitOrder(quote(2.44))).status).toBe('accepted');
    const { orderId } = placed.order;
    expect((await client.modifyOrder(orderId, { price: 2.43 })).status).toBe('modified');
    expect(await openOrdersAt(venue)).toHaveLength(2);
    await client.cancelAll();
  }, 60_000);

  it('shows where orders go nowhere as `none`, and none is sent', async () => {
    const venue = await quietVenue();
    const name = uniqueName();
    // Real orders are asked for, and there is no key.
    const env = { BYBIT_API_KEY: '', BYBIT_API_SECRET: '' };
    await startConnectorWith(env, name, 'bybit', venue.configFile, '--paper=false');
    const client = await clientOn(name, true);
    await until(() => client.snapshot().bids.length > 0, 'the book', 20_000);
    expect(client.health.connectors).toMatchObject([
      { connector: name, connected: true, orders: 'none', environment: 'custom' },
    ]);
    const outcome = await client.submitOrder(quote(2.45));
    expect(['denied', 'rejected']).toContain(outcome.status);
    expect(await ordersAt(venue)).toEqual([]);
  }, 60_000);
});
