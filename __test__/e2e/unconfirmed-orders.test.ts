// Orders whose fate is not known, on the fake Bybit venue: connector process, addon and client.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';

import { create } from '../../lib/bot/create.js';
import { LiveClient } from '../../lib/client/live-client.js';
import type { ConnectorProcess } from '../../lib/connector/connector-process.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { RecordKind } from '../../lib/models/record-layout.js';
import { quietBook, startFakeBybit, type FakeBybitVenue } from '../support/fake-bybit-venue.js';
import { scratchFile } from '../support/fake-program.js';
import { startConnectorWith, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { openOrdersAt } from '../support/open-orders.js';
import { until } from '../support/until.js';

const clients: LiveClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** Longer than an order is on its way, which is not sent later than this; no answer comes to it. */
const UNANSWERED_MS = 1_000;

const quote = (price: number) => ({ side: 'buy', price, qty: 10, timeInForce: 'GTX' }) as const;

const start = (venue: FakeBybitVenue, name: string, configFile = venue.configFile) =>
  startConnectorWith(venue.env, name, 'bybit', configFile, '--paper=false');

async function open(): Promise<{
  venue: FakeBybitVenue;
  name: string;
  connector: ConnectorProcess;
  client: LiveClient;
}> {
  const venue = await startFakeBybit();
  await quietBook(venue);
  const name = uniqueName();
  const connector = await start(venue, name);
  const client = new LiveClient({
    instruments: [new LiveInstrument('XRPUSDT').connector(name).tickSize(0.0001).lotSize(0.1)],
    backend: 'native',
  });
  clients.push(client);
  await client.start();
  await client.ready(20_000);
  return { venue, name, connector, client };
}

/** Asks for everything anew, and waits for the answer. */
async function resync(client: LiveClient): Promise<void> {
  const answered = new Promise<void>((resolve) => {
    client.on('bookReady', () => {
      resolve();
    });
  });
  client.resync();
  await answered;
}

describeNative('an order whose acknowledgement is lost', () => {
  it('stays open through every answer that does not name it, and cancelAll reaches the venue', async () => {
    const { venue, client } = await open();
    await venue.run('faults', { socket: 'private', faults: { silent: true } });
    await venue.run('reply', { op: 'order.create', shape: 'none' });
    const states: string[] = [];
    client.on('orderUpdate', ({ current }) => states.push(current));
    const outcome = await client.submitOrder(quote(2.45), UNANSWERED_MS);
    expect(outcome).toMatchObject({ status: 'unknown', order: { state: 'pending_new' } });
    for (let i = 0; i < 3; i += 1) {
      await resync(client);
      expect(client.getOrders()).toMatchObject([{ orderId: outcome.order.orderId }]);
    }
    expect(states).not.toContain('closed');
    void client.cancelAll();
    await until(
      async () => (await openOrdersAt(venue)).length === 0,
      'its end at the venue',
      20_000,
    );
    const end = await client.waitForOrder(outcome.order.orderId, 'terminal', 30_000);
    expect(end).toMatchObject({ state: 'canceled', unconfirmed: false });
  }, 60_000);

  it('is found again when its connector is killed before it could report it', async () => {
    const { venue, name, connector, client } = await open();
    await venue.run('faults', { socket: 'private', faults: { silent: true } });
    await venue.run('reply', { op: 'order.create', shape: 'none' });
    const { order } = await client.submitOrder(quote(2.45), UNANSWERED_MS);
    process.kill(connector.pid!, 'SIGKILL');
    await venue.run('clearFaults');
    await until(() => !client.health.connectors[0]!.connected, 'its death', 20_000);
    await start(venue, name);
    await until(() => client.getOrder(order.orderId)?.state === 'new', 'it again', 20_000);
    expect((await client.cancelOrder(order.orderId)).status).toBe('canceled');
    expect(await openOrdersAt(venue)).toEqual([]);
  }, 60_000);

  it('stays unconfirmed until the venue proves that it never came', async () => {
    const { venue, name, connector, client } = await open();
    await venue.run('faults', { socket: 'trade', faults: { deaf: true } });
    const { order } = await client.submitOrder(quote(2.45), UNANSWERED_MS);
    process.kill(connector.pid!, 'SIGKILL');
    await venue.run('clearFaults');
    await until(() => !client.health.connectors[0]!.connected, 'its death', 20_000);
    const restartedMs = Date.now();
    await start(venue, name);
    await client.ready(20_000);
    await until(() => client.getOrder(order.orderId)?.state === 'closed', 'the proof', 50_000);
    // What was sent may arrive for 15 s.
    expect(Date.now() - restartedMs).toBeGreaterThan(14_000);
    expect(await openOrdersAt(venue)).toEqual([]);
  }, 90_000);
});

describeNative('an order that a low-level bot holds and that never came', () => {
  it('is shown as ended once its end was reported', async () => {
    const venue = await startFakeBybit();
    await quietBook(venue);
    const name = uniqueName();
    const connector = await start(venue, name);
    const instrument = new LiveInstrument('XRPUSDT').connector(name).tickSize(0.0001).lotSize(0.1);
    using bot = create({ backend: 'native', instruments: [instrument.build()], wait: 'park' });
    let reported = '';
    // Looks at the orders with every batch, as strategies do.
    const turn = async (done: () => boolean, ms: number): Promise<void> => {
      for (const endMs = Date.now() + ms; Date.now() < endMs && !done();) {
        for (const view of bot.waitBatch(5_000_000))
          if (view.kind === RecordKind.Order) reported = view.orderStatus;
        bot.orders(0);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await turn(() => bot.depth(0).state === 'live', 20_000);
    await venue.run('faults', { socket: 'trade', faults: { deaf: true } });
    bot.submitOrder(0, { orderId: 7n, ...quote(2.45) });
    await turn(() => false, 300);
    process.kill(connector.pid!, 'SIGKILL');
    await venue.run('clearFaults');
    await start(venue, name);
    await turn(() => reported === 'expired', 50_000);
    expect(reported).toBe('expired');
    await turn(() => bot.orders(0).get(7n)?.status === 'expired', 2_000);
    expect(bot.orders(0).get(7n)?.status).toBe('expired');
  }, 90_000);
});

describeNative('an open order at a connector that leaves earlier orders alone', () => {
  it('stays open and unconfirmed at its client, and a cancel is refused and not ended', async () => {
    const { venue, name, connector, client } = await open();
    expect((await client.submitOrder(quote(2.45))).status).toBe('accepted');
    const { orderId } = client.getOrders()[0]!;
    await connector.stop();
    const notices: string[] = [];
    client.on('notice', ({ code, text }) => notices.push(`${String(code)} ${text}`));
    const alone = scratchFile('alone.toml');
    writeFileSync(alone, `on_connect = "none"\n${readFileSync(venue.configFile, 'utf8')}`, { mode: 0o600 }); // prettier-ignore
    await start(venue, name, alone);
    await until(() => notices.some((notice) => notice.startsWith('3110')), 'the word', 20_000);
    expect(notices.join('\n')).toContain('on_connect');
    expect(client.getOrder(orderId)).toMatchObject({ state: 'new', unconfirmed: true });
    expect(await client.cancelOrder(orderId)).toMatchObject({ status: 'rejected', code: 3006 });
    expect(client.getOrder(orderId)).toMatchObject({ state: 'new', unconfirmed: true });
    expect(await openOrdersAt(venue)).toHaveLength(1);
  }, 60_000);
});
