// What bots, clients and connectors leave at the venue when they end: nothing that was to be cancelled.
import { afterEach, expect, it } from 'vitest';

import { LiveClient, LiveInstrument, runLive } from '../../lib/index.js';
import { startFakeBybit, type FakeBybitVenue } from '../support/fake-bybit-venue.js';
import {
  startConnector,
  startConnectorWith,
  uniqueName,
} from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { openOrdersAt, ordersAt } from '../support/open-orders.js';
import { Program } from '../support/run-program.js';
import { until } from '../support/until.js';

const clients: LiveClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

const bitcoin = (connector: string): LiveInstrument =>
  new LiveInstrument('BTCUSDT').connector(connector).tickSize(0.1).lotSize(0.001);

/** A bybit connector that sends orders, for a client or run of its own. */
const owned = (
  venue: FakeBybitVenue,
  direct = false,
): { kind: 'bybit'; paper: false; config: object; env: object; direct: boolean } => ({
  kind: 'bybit',
  paper: false,
  config: venue.config,
  env: venue.env,
  direct,
});

async function realClient(
  venue: FakeBybitVenue,
  options: Partial<ConstructorParameters<typeof LiveClient>[0]> = {},
): Promise<LiveClient> {
  const client = new LiveClient({
    instruments: [bitcoin('bybit')],
    backend: 'native',
    connector: owned(venue) as never,
    onError: () => undefined,
    ...options,
  });
  clients.push(client);
  await client.start();
  await client.ready(20_000);
  return client;
}

/** Sent again until the connector has read the account. */
async function rest(client: LiveClient): Promise<void> {
  const price = Math.round(client.snapshot().bids[0]!.price * 9) / 10;
  await until(
    async () => {
      const { status } = await client.submitOrder({ side: 'buy', price, qty: 0.001 });
      return status === 'accepted';
    },
    'an open order',
    20_000,
  );
}

describeNative.each([false, true])(
  'the end of a run with a connector of its own, direct %s',
  (direct) => {
    it('leaves none of the orders that onStop cancels, on any instrument', async () => {
      const venue = await startFakeBybit();
      await venue.run('faults', { socket: 'trade', faults: { delayMs: 80 } });
      const lines: string[] = [];
      const run = runLive({
        strategy: new URL('../support/programs/ladder.mjs', import.meta.url),
        strategyOptions: { count: 7 },
        instruments: [
          bitcoin('bybit'),
          new LiveInstrument('XRPUSDT').connector('bybit').tickSize(0.0001).lotSize(0.1),
        ],
        backend: 'native',
        connector: owned(venue, direct) as never,
        onLog: (text) => lines.push(text),
      });
      await venue.run('place', { symbol: 'XRPUSDT', side: 'Buy', qty: '10.0', price: '2.4900' });
      await venue.run('place', { symbol: 'XRPUSDT', side: 'Sell', qty: '10.0', price: '2.5100' });
      await until(
        async () => {
          const open = await openOrdersAt(venue);
          return new Set(open.map(({ symbol }) => symbol)).size === 2 && open.length >= 10;
        },
        'orders on both',
        25_000,
      );
      run.stop();
      const summary = await run;
      expect(await openOrdersAt(venue), lines.join('\n')).toEqual([]);
      expect(summary).toMatchObject({ reason: 'stopped', ordersLeft: [] });
      expect(lines.filter((line) => line.includes('open at the venue'))).toEqual([]);
    }, 60_000);
  },
);

describeNative.each([false, true])(
  'the end of a client with a connector of its own, direct %s',
  (direct) => {
    it.each([20_000, 0])(
      'runs what was asked for before, waiting %i ms for answers',
      async (stopWaitMs) => {
        const venue = await startFakeBybit();
        const client = await realClient(venue, {
          stopWaitMs,
          connector: owned(venue, direct) as never,
        });
        for (let i = 0; i < 3; i += 1) await rest(client);
        await venue.run('faults', { socket: 'trade', faults: { delayMs: 200 } });
        // On its way, and not acknowledged.
        const price = Math.round(client.snapshot().bids[0]!.price * 8) / 10;
        void client.submitOrder({ side: 'buy', price, qty: 0.001 });
        const outcome = client.cancelAll();
        await client.close();
        expect(await openOrdersAt(venue)).toEqual([]);
        const status = stopWaitMs > 0 ? 'canceled' : 'unknown';
        expect((await outcome).map((each) => each.status)).toEqual(Array(4).fill(status));
      },
      60_000,
    );

    it('says which orders the connector leaves', async () => {
      const venue = await startFakeBybit();
      const errors: Error[] = [];
      const client = await realClient(venue, {
        connector: owned(venue, direct) as never,
        onError: (error) => errors.push(error),
      });
      await rest(client);
      errors.length = 0;
      await client.close();
      expect(await openOrdersAt(venue)).toHaveLength(1);
      expect(errors).toMatchObject([{ code: 'ERR_ORDERS_LEFT_OPEN' }]);
      expect(errors[0]?.message).toContain('BTCUSDT buy 0.001');
    }, 60_000);
  },
);

describeNative('an order that a client with a connector on its own thread leaves', () => {
  it.each([false, true])(
    'is its own again in the next run, direct %s',
    async (direct) => {
      const venue = await startFakeBybit();
      const botId = 4_712n;
      const first = await realClient(venue, {
        botId,
        connector: owned(venue, true) as never,
      });
      await rest(first);
      const left = first.getOrders().map(({ orderId }) => orderId);
      await first.close();
      const second = await realClient(venue, {
        botId,
        connector: owned(venue, direct) as never,
      });
      await until(() => second.getOrders().length === 1, 'the order is known');
      expect(second.getOrders().map(({ orderId }) => orderId)).toEqual(left);
      expect((await second.cancelAll()).map(({ status }) => status)).toEqual(['canceled']);
      expect(await openOrdersAt(venue)).toEqual([]);
    },
    60_000,
  );
});

describeNative('a connector that was stopped by SIGSTOP', () => {
  it('does not send an order that the client has given up, and says so', async () => {
    const venue = await startFakeBybit();
    const name = uniqueName();
    const connector = await startConnectorWith(
      venue.env,
      name,
      'bybit',
      'BTCUSDT',
      venue.configFile,
      '--paper=false',
    );
    const client = await realClient(venue, {
      instruments: [bitcoin(name)],
      connector: undefined as never,
      answerTimeoutMs: 700,
      heartbeatTimeoutMs: 20_000,
    });
    await rest(client);
    const before = (await ordersAt(venue)).length;
    process.kill(connector.pid!, 'SIGSTOP');
    const price = Math.round(client.snapshot().bids[0]!.price * 9) / 10;
    const outcome = await client.submitOrder({ side: 'buy', price, qty: 0.001 });
    expect(outcome).toMatchObject({ status: 'unknown', reason: 'timeout' });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    process.kill(connector.pid!, 'SIGCONT');
    const ended = await client.waitForOrder(outcome.order.orderId, 'terminal', 20_000);
    // Refused when it came, or found never to have arrived: both are proof that it was not sent.
    expect(['rejected', 'denied']).toContain(ended.state);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await ordersAt(venue)).length).toBe(before);
  }, 60_000);
});

describeNative('orders of a bot that is gone', () => {
  it('go to a bot that trades and to no read-only one', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const leaver = new Program('leave-order', name);
    const line = await leaver.line('left ');
    const id = BigInt(line.split(' ')[2]!);
    leaver.kill('SIGKILL');
    await leaver.end;
    const open = async (readOnly: boolean): Promise<LiveClient> => {
      const client = new LiveClient({
        instruments: [bitcoin(name)],
        backend: 'native',
        readOnly,
        onError: () => undefined,
      });
      clients.push(client);
      await client.start();
      await client.ready(10_000);
      return client;
    };
    const looker = await open(true);
    expect(looker.getOrders()).toEqual([]);
    const price = Math.round(looker.snapshot().bids[0]!.price * 9) / 10;
    expect(await looker.submitOrder({ side: 'buy', price, qty: 0.001 })).toMatchObject({
      status: 'denied',
      rule: 'read_only',
    });
    const trader = await open(false);
    expect(trader.getOrders().map(({ orderId }) => orderId)).toEqual([id]);
    expect((await trader.cancelOrder(id)).status).toBe('canceled');
  }, 30_000);
});
