import { describe, expect, it } from 'vitest';

import { WireStatus } from '../../lib/models/wire-status.js';
import { CommandError, RecordKind } from '../../lib/models/record-layout.js';
import { buy, connectedClient, fakeClient, withOrder } from './clients.js';
import { settled } from './fake-session.js';

describe('a book that is not live', () => {
  it.each(['stale', 'gapped', 'crossed', 'resyncing', 'disconnected'] as const)(
    'denies an order by name when the bot found it %s',
    async (state) => {
      const { client, session } = await connectedClient();
      const outcome = client.submitOrder(buy);
      await settled();
      session.refuse(session.last('submit'), CommandError.BookNotLive, state);
      const denied = await outcome;
      expect(denied).toMatchObject({
        status: 'denied',
        rule: 'book_not_live',
        code: 'ERR_BOOK_NOT_LIVE',
        order: { state: 'denied', leavesQty: 0 },
      });
      const text = 'text' in denied ? denied.text : '';
      for (const part of [`the book is ${state}`, 'nothing was sent', 'requireLiveBook'])
        expect(text).toContain(part);
      expect(client.getOrders()).toEqual([]);
      expect(client.health.ordersSubmitted).toBe(0);
    },
  );

  it('denies a change of an order, which stays as it is, and lets its cancel go', async () => {
    const { client, session, id } = await withOrder();
    const outcome = client.modifyOrder(id, { price: 101 });
    await settled();
    session.refuse(session.last('modify'), CommandError.BookNotLive, 'stale');
    expect(await outcome).toMatchObject({
      status: 'denied',
      rule: 'book_not_live',
      order: { orderId: id, state: 'new', price: 100 },
    });
    session.bookState('stale');
    await settled();
    void client.cancelOrder(id);
    expect(session.last('cancel').orderId).toBe(id);
  });

  it('is reported once per change, and shown by snapshot and health', async () => {
    const { client, session } = await connectedClient();
    const reported: unknown[] = [];
    client.on('bookState', ({ symbol, previous, state }) => {
      reported.push([symbol, previous, state, client.snapshot().state, client.snapshot().synced]);
    });
    session.bookState('stale');
    await settled();
    expect(reported).toEqual([['BTCUSDT', 'live', 'stale', 'stale', false]]);
    expect(client.health.instruments).toMatchObject([{ bookState: 'stale', bookSynced: false }]);
    session.write({ kind: RecordKind.BookState, status: 1, value: 2n });
    await settled();
    expect(reported[1]).toEqual(['BTCUSDT', 'stale', 'live', 'live', true]);
  });
});

describe('submitOrder', () => {
  it('makes ids that are unique and grow', async () => {
    const { client, session } = await connectedClient();
    for (let i = 0; i < 100; i += 1) void client.submitOrder(buy);
    await settled();
    const ids = session.sent.filter(({ kind }) => kind === 'submit').map(({ orderId }) => orderId);
    expect(new Set(ids).size).toBe(100);
    expect([...ids].sort((a, b) => (a < b ? -1 : 1))).toEqual(ids);
  });

  it('is filled when the first answer fills it, with the average price of its fills', async () => {
    const { client, session } = await connectedClient();
    const outcome = client.submitOrder(buy);
    await settled();
    session.order(session.last('submit').orderId, WireStatus.Filled, {
      leavesQty: 0,
      execQty: 1,
      execPx: 99.5,
    });
    expect(await outcome).toMatchObject({
      status: 'filled',
      order: { filledQty: 1, avgFillPrice: 99.5, leavesQty: 0 },
    });
  });

  it.each([['IOC'], ['FOK']] as const)(
    'waits for the end of an %s order that was acknowledged first',
    async (timeInForce) => {
      const { client, session } = await connectedClient();
      const outcome = client.submitOrder({ ...buy, timeInForce });
      await settled();
      const id = session.last('submit').orderId;
      session.order(id, WireStatus.New);
      session.order(id, WireStatus.Expired, { leavesQty: 1 });
      expect(await outcome).toMatchObject({ status: 'expired', order: { state: 'expired' } });
    },
  );

  it("is rejected with the connector's code and text", async () => {
    const { client, session } = await connectedClient();
    const outcome = client.submitOrder(buy);
    await settled();
    const id = session.last('submit').orderId;
    session.write({ kind: RecordKind.Reject, orderId: id, value: -42n, text: 'no '.repeat(60) });
    session.order(id, WireStatus.Expired);
    expect(await outcome).toMatchObject({
      status: 'rejected',
      code: -42,
      text: 'no '.repeat(60),
      order: { state: 'rejected' },
    });
  });

  it.each([2001, 2004, 3202])(
    'expires, with its reason, when %d says how it ended',
    async (code) => {
      const { client, session } = await connectedClient();
      const outcome = client.submitOrder({ ...buy, timeInForce: 'GTX' });
      await settled();
      const id = session.last('submit').orderId;
      session.write({
        kind: RecordKind.Reject,
        orderId: id,
        value: BigInt(code),
        text: 'would take',
      });
      session.order(id, WireStatus.Expired);
      expect(await outcome).toMatchObject({
        status: 'expired',
        order: { state: 'expired', reject: { code, text: 'would take' } },
      });
    },
  );

  it('reports fills as decimals, not as differences of floats', async () => {
    const { client, session } = await connectedClient();
    const fills: (number | undefined)[] = [];
    client.on('orderUpdate', ({ fill }) => fills.push(fill?.qty));
    const outcome = client.submitOrder({ ...buy, qty: 0.7 });
    await settled();
    const id = session.last('submit').orderId;
    session.order(id, WireStatus.New, { qty: 0.7, leavesQty: 0.7 });
    session.order(id, WireStatus.PartiallyFilled, { qty: 0.7, leavesQty: 0.4, execQty: 0.3 });
    session.order(id, WireStatus.PartiallyFilled, { qty: 0.7, leavesQty: 0.1, execQty: 0.3 });
    await outcome;
    await settled();
    expect(fills.filter((qty) => qty !== undefined)).toEqual([0.3, 0.3]);
    expect(client.getOrder(id)).toMatchObject({ filledQty: 0.6, leavesQty: 0.1 });
  });

  it.each([
    [{ price: 100.25 }, 'tick_size', 'ERR_OFF_GRID'],
    [{ qty: 0.15 }, 'lot_size', 'ERR_OFF_GRID'],
    [{ qty: 0.01 }, 'lot_size', 'ERR_OFF_GRID'],
  ])('denies %j by the rule %s and sends nothing', async (change, rule, code) => {
    const { client, session } = await connectedClient();
    expect(await client.submitOrder({ ...buy, ...change })).toMatchObject({
      status: 'denied',
      rule,
      code,
      order: { state: 'denied' },
    });
    expect(session.sent).toEqual([]);
  });

  it('takes prices that floating point moved off the grid', async () => {
    const { client, session } = await connectedClient();
    void client.submitOrder({ ...buy, price: 100.5, qty: 0.1 + 0.2 });
    await settled();
    expect(session.sent).toHaveLength(1);
  });

  it('denies what is over the rate limit', async () => {
    const { client, session } = await connectedClient({
      orderRateLimit: { perSecond: 0.1, burst: 2 },
    });
    void client.submitOrder(buy);
    void client.submitOrder(buy);
    expect(await client.submitOrder(buy)).toMatchObject({
      status: 'denied',
      rule: 'rate_limit',
      code: 'ERR_RATE_LIMITED',
    });
    expect(session.sent).toHaveLength(2);
  });

  it('denies while the connector is not there, and what the bot refused to send', async () => {
    const { client, session } = fakeClient();
    await client.start();
    expect(await client.submitOrder(buy)).toMatchObject({
      status: 'denied',
      rule: 'connector_down',
      code: 'ERR_CONNECTOR_DOWN',
    });
    session.connect();
    await settled();
    const refused = client.submitOrder(buy);
    await settled();
    session.refuse(session.last('submit'), CommandError.SendFailed);
    expect(await refused).toMatchObject({ status: 'denied', code: 'ERR_SEND_FAILED' });
    session.queueFull = true;
    expect(await client.submitOrder(buy)).toMatchObject({
      status: 'denied',
      rule: 'queue_full',
      code: 'ERR_QUEUE_FULL',
    });
    expect(client.getOrders()).toEqual([]);
  });

  it.each([
    [{ price: NaN }, 'price'],
    [{ price: -1 }, 'price'],
    [{ qty: 0 }, 'qty'],
    [{ qty: Infinity }, 'qty'],
    [{ side: 'up' as never }, 'side'],
    [{ timeInForce: 'GTD' as never }, 'timeInForce'],
    [{ orderType: 'stop' as never }, 'orderType'],
    [{ orderId: 1.5 }, 'orderId'],
    [{ orderId: 0n }, 'orderId'],
    [{ orderId: 2n ** 64n }, 'orderId'],
  ])('throws for %s and sends nothing', async (change, field) => {
    const { client, session } = await connectedClient();
    const error: unknown = await client
      .submitOrder({ ...buy, ...change })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(new RegExp(`^${field}:`)) as string,
    });
    expect(session.sent).toEqual([]);
  });

  it.each([-1, NaN, '5', { timeoutMs: 5 }])('throws for a time-out of %j', async (timeoutMs) => {
    const { client, session } = await connectedClient();
    await expect(client.submitOrder(buy, timeoutMs as number)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(/^timeoutMs:/) as string,
    });
    await expect(client.submitOrder({ ...buy, timeoutMs: 5 } as typeof buy)).rejects.toThrow(
      'submitOrder(order, timeoutMs)',
    );
    expect(session.sent).toEqual([]);
  });

  it('throws for a duplicate id, an unknown instrument and before the start', async () => {
    const { client } = await withOrder();
    void client.submitOrder({ ...buy, orderId: 5 });
    await expect(client.submitOrder({ ...buy, orderId: 5n })).rejects.toMatchObject({
      code: 'ERR_ORDER_ID_EXISTS',
    });
    await expect(client.submitOrder({ ...buy, instrument: 'ETH' })).rejects.toMatchObject({
      code: 'ERR_INSTRUMENT_NOT_FOUND',
    });
    const { client: idle } = fakeClient();
    await expect(idle.submitOrder(buy)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
  });
});
