// Where orders go: reported, demanded, and agreed to.
import { afterEach, describe, expect, it, vi } from 'vitest';

import { StubConnectorBot, create } from '../../lib/index.js';
import type { LiveClientOptions } from '../../lib/client/client-options.js';
import type { ClientErrorEvent } from '../../lib/client/client-event.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { CommandError, LinkStatus, RecordKind } from '../../lib/models/record-layout.js';
import { WireStatus } from '../../lib/models/wire-status.js';
import { fakeClient, instrument } from './clients.js';
import { bookState, FakeSession, settled } from './fake-session.js';

const REAL = 4;
const PAPER = 3;

let runs = 0;

/** A client on a connector with such orders; its name is new, for what is said once per name. */
async function clientOn(
  orders: number,
  environment: string,
  options: Partial<LiveClientOptions> = {},
) {
  runs += 1;
  const connector = `fake-${String(runs)}`;
  const session = new FakeSession();
  Object.assign(session, { orders, environment, linkStatus: LinkStatus.Connected });
  const errors: ClientErrorEvent[] = [];
  const spec = new LiveInstrument('BTCUSDT').connector(connector).tickSize(0.5).lotSize(0.1);
  const { client } = fakeClient(
    { instruments: [spec], onError: (_, event) => errors.push(event), ...options },
    session,
  );
  await client.start();
  return { client, session, errors, connector };
}

function stderrOf(): { text: () => string } {
  const spy = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  return { text: () => spy.mock.calls.map(([chunk]) => String(chunk)).join('') };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('where orders go', () => {
  it('is part of health, and unknown where a connector does not say', async () => {
    const { client, session } = await clientOn(PAPER, 'testnet');
    expect(client.health.connectors).toMatchObject([
      { orders: 'paper', environment: 'testnet', ordersAgreed: true },
    ]);
    Object.assign(session, { orders: 0, environment: '' });
    expect(client.health.connectors).toMatchObject([{ orders: 'unknown', environment: 'unknown' }]);
  });

  it('is said on standard error when it is a venue, once per connector', async () => {
    const stderr = stderrOf();
    const { session, connector } = await clientOn(REAL, 'testnet');
    session.connect();
    session.link(LinkStatus.Restarted);
    await settled();
    const line = `REAL ORDERS: connector ${connector} is real (testnet)`;
    expect(stderr.text().split(line)).toHaveLength(2);
    const { session: paper, connector: other } = await clientOn(PAPER, 'mainnet');
    paper.connect();
    await settled();
    expect(stderr.text()).not.toContain(other);
  });

  it('is agreed to before an order is sent elsewhere than before', async () => {
    const { client, session, errors, connector } = await clientOn(PAPER, 'mainnet');
    session.connect();
    await settled();
    Object.assign(session, { orders: REAL, ordersAgreed: false });
    session.write({ kind: RecordKind.Notice, status: 2, value: 3112n, text: 'they were paper' });
    await settled();
    expect(errors).toMatchObject([{ error: { code: 'ERR_ORDERS_CHANGED' }, source: 'connector' }]);
    expect(errors[0]!.error.message).toMatch(/they were paper.*real \(mainnet\)/s);
    const outcome = client.submitOrder({ side: 'buy', price: 100, qty: 1 });
    await settled();
    session.refuse(session.last('submit'), CommandError.OrdersChanged);
    expect(await outcome).toMatchObject({
      status: 'denied',
      rule: 'orders_changed',
      code: 'ERR_ORDERS_CHANGED',
      text: expect.stringContaining('agreeOrders') as string,
    });
    expect(() => {
      client.agreeOrders(connector, 'real', 'testnet');
    }).toThrow(expect.objectContaining({ code: 'ERR_ORDERS_CHANGED' }));
    expect(session.sent.some(({ kind }) => kind === 'agree')).toBe(false);
    client.agreeOrders(connector, 'real', 'mainnet');
    expect(session.last('agree')).toMatchObject({ asset: 0 });
    expect(() => {
      client.agreeOrders('nobody', 'real', 'mainnet');
    }).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  });

  it('does not let a change of an order through either', async () => {
    const { client, session } = await clientOn(PAPER, 'mainnet');
    session.connect();
    await settled();
    const outcome = client.submitOrder({ side: 'buy', price: 100, qty: 1 });
    await settled();
    const { orderId } = session.last('submit');
    session.order(orderId, WireStatus.New);
    await outcome;
    const change = client.modifyOrder(orderId, { price: 99.5 });
    session.refuse(session.last('modify'), CommandError.OrdersChanged);
    expect(await change).toMatchObject({ status: 'denied', rule: 'orders_changed' });
  });

  it('fails `ready()` at once where it is not as demanded', async () => {
    const { client, session, errors } = await clientOn(REAL, 'mainnet', { requireOrders: 'paper' });
    const ready = client.ready(60_000);
    session.connect();
    session.write({ kind: RecordKind.Notice, status: 2, value: 3113n, text: 'demands paper' });
    await expect(ready).rejects.toMatchObject({ code: 'ERR_ORDERS_MISMATCH' });
    expect(errors).toMatchObject([{ error: { code: 'ERR_ORDERS_MISMATCH' } }]);
    expect(session.context!.config).toMatchObject({ requireOrders: PAPER });
    const outcome = client.submitOrder({ side: 'buy', price: 100, qty: 1 });
    await settled();
    session.refuse(session.last('submit'), CommandError.OrdersNotAsRequired);
    expect(await outcome).toMatchObject({ status: 'denied', rule: 'orders_mismatch' });
  });

  it('is ready with real orders once the venue has accepted the key and sent the account', async () => {
    const { client, session } = await clientOn(REAL, 'mainnet');
    session.write(
      { kind: RecordKind.Link, status: LinkStatus.Connected },
      { kind: RecordKind.Link, status: LinkStatus.SocketDown, value: 2n },
      { kind: RecordKind.BookReset },
      bookState(0, 'resyncing', 'live'),
      { kind: RecordKind.BookReady, status: 1 },
    );
    await settled();
    await expect(client.ready(20)).rejects.toThrow(/no private connection/);
    session.write({ kind: RecordKind.Link, status: LinkStatus.SocketUp, value: 2n });
    await settled();
    await expect(client.ready(20)).rejects.toThrow(/account .* is not known/);
    session.write({ kind: RecordKind.BookReset }, { kind: RecordKind.BookReady });
    await client.ready(1_000);
  });

  it('is not ready with a refused key, and says the reason', async () => {
    const { client, session } = await clientOn(REAL, 'mainnet');
    session.write(
      { kind: RecordKind.Link, status: LinkStatus.Connected },
      { kind: RecordKind.BookReset },
      bookState(0, 'resyncing', 'live'),
      { kind: RecordKind.BookReady, status: 1 },
      { kind: RecordKind.Notice, status: 2, value: 3213n, text: 'API key is invalid' },
    );
    await settled();
    await expect(client.ready(20)).rejects.toThrow(/API key is invalid/);
    await expect(client.ready(60_000)).rejects.toMatchObject({ code: 'ERR_VENUE_REFUSED' });
    session.write({ kind: RecordKind.BookReset }, { kind: RecordKind.BookReady });
    await client.ready(1_000);
  });

  it.each([
    { requireOrders: 'real' as const },
    { requireOrders: 'paper' as const },
    { requireEnvironment: 'mainnet' },
  ])('is not what a stub does, when %j is demanded', (demanded) => {
    const instruments = [instrument];
    const refused: unknown = expect.objectContaining({ code: 'ERR_ORDERS_MISMATCH' });
    expect(() => new StubConnectorBot({ instruments, ...demanded })).toThrow(refused);
    expect(() => create({ instruments, backend: 'stub', ...demanded })).toThrow(refused);
    const bot = create({ instruments, backend: 'stub', requireOrders: 'simulated' });
    expect(bot.links()).toMatchObject([{ orders: 'simulated', environment: 'simulated' }]);
    bot.agreeOrders('fake', 'simulated', 'simulated');
    expect(() => {
      bot.agreeOrders('fake', 'real', 'mainnet');
    }).toThrow(expect.objectContaining({ code: 'ERR_ORDERS_CHANGED' }));
    bot.close();
  });

  it.each([{ requireOrders: 'reel' }, { requireOrders: true }, { requireEnvironment: '' }])(
    'cannot be demanded as %j',
    (demanded) => {
      expect(() =>
        create({ instruments: [instrument], backend: 'stub', ...demanded } as never),
      ).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
    },
  );
});
