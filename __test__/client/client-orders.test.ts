import { describe, expect, it } from 'vitest';

import type { OrderUpdate } from '../../lib/client/client-event.js';
import { WireStatus } from '../../lib/models/wire-status.js';
import { CommandError, LinkStatus, RecordKind } from '../../lib/models/record-layout.js';
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

  it('is told once per change, and shown by snapshot and health', async () => {
    const { client, session } = await connectedClient();
    const told: unknown[] = [];
    client.on('bookState', ({ symbol, previous, state }) => {
      told.push([symbol, previous, state, client.snapshot().state, client.snapshot().synced]);
    });
    session.bookState('stale');
    await settled();
    expect(told).toEqual([['BTCUSDT', 'live', 'stale', 'stale', false]]);
    expect(client.health.instruments).toMatchObject([{ bookState: 'stale', bookSynced: false }]);
    session.write({ kind: RecordKind.BookState, status: 1, value: 2n });
    await settled();
    expect(told[1]).toEqual(['BTCUSDT', 'stale', 'live', 'live', true]);
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

  it('tells fills as decimals, not as differences of floats', async () => {
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

describe('an order without an answer', () => {
  it('is unknown after the time-out, asked for, never sent again, and told when its state is known', async () => {
    const { client, session } = await connectedClient();
    const changes: OrderUpdate[] = [];
    client.on('orderUpdate', (change) => changes.push(change));
    const outcome = await client.submitOrder(buy, 10);
    expect(outcome).toMatchObject({
      status: 'unknown',
      reason: 'timeout',
      order: { state: 'pending_new', unconfirmed: true },
    });
    expect(session.sent.map(({ kind }) => kind)).toEqual(['submit', 'ask']);
    expect(session.last('ask').orderId).toBe(outcome.order.orderId);
    session.order(outcome.order.orderId, WireStatus.New);
    session.write({ kind: RecordKind.BookReady, asset: 0 });
    await settled();
    expect(client.getOrder(outcome.order.orderId)).toMatchObject({
      state: 'new',
      unconfirmed: false,
    });
    expect(changes.map(({ current }) => current)).toEqual(['pending_new', 'new']);
    expect(session.sent.filter(({ kind }) => kind === 'submit')).toHaveLength(1);
  });

  it('stays open and unconfirmed when an answer does not name it, however often, and can be cancelled', async () => {
    const { client, session } = await connectedClient();
    const { order } = await client.submitOrder(buy, 10);
    for (let i = 0; i < 3; i += 1) {
      client.resync();
      session.write(
        { kind: RecordKind.BookReset, asset: 0 },
        { kind: RecordKind.BookReady, asset: 0 },
      );
      await settled();
    }
    expect(client.getOrder(order.orderId)).toMatchObject({
      state: 'pending_new',
      unconfirmed: true,
    });
    const cancel = client.cancelOrder(order.orderId);
    await settled();
    expect(session.last('cancel').orderId).toBe(order.orderId);
    session.order(order.orderId, WireStatus.New);
    await settled();
    session.order(order.orderId, WireStatus.Canceled);
    expect(await cancel).toMatchObject({ status: 'canceled' });
  });

  it('is denied when the connector says that it never got it, also after the call said unknown', async () => {
    const { client, session } = await connectedClient();
    const changes: OrderUpdate[] = [];
    client.on('orderUpdate', (change) => changes.push(change));
    const notSent = (orderId: bigint): void => {
      const text = 'this connector never got it';
      session.write({ kind: RecordKind.Reject, flags: 4, orderId, value: -3n, text });
    };
    const waiting = client.submitOrder(buy);
    await settled();
    notSent(session.last('submit').orderId);
    expect(await waiting).toMatchObject({
      status: 'denied',
      rule: 'not_received',
      code: 'ERR_SEND_FAILED',
      text: 'this connector never got it',
    });
    const { order } = await client.submitOrder(buy, 10);
    notSent(order.orderId);
    await settled();
    expect(client.getOrder(order.orderId)).toMatchObject({ state: 'denied', unconfirmed: false });
    expect(changes.at(-1)).toMatchObject({ previous: 'pending_new', current: 'denied' });
    expect(client.getOrders()).toEqual([]);
  });

  it('is unknown at once when the connection goes; what is told after its return decides', async () => {
    const { client, session, id } = await withOrder();
    const pending = client.submitOrder(buy);
    await settled();
    const second = session.last('submit').orderId;
    session.link(LinkStatus.Lost);
    expect(await pending).toMatchObject({ status: 'unknown', reason: 'connection_lost' });
    expect(client.getOrder(id)).toMatchObject({ state: 'new', unconfirmed: true });
    expect(await client.submitOrder(buy)).toMatchObject({
      status: 'denied',
      rule: 'connector_down',
    });
    session.link(LinkStatus.Connected);
    session.order(id, WireStatus.PartiallyFilled, { leavesQty: 0.4, execQty: 0.6, execPx: 100 });
    session.write(
      { kind: RecordKind.BookReset, asset: 0 },
      { kind: RecordKind.BookReady, asset: 0 },
    );
    await settled();
    expect(client.getOrder(id)).toMatchObject({
      state: 'partially_filled',
      filledQty: 0.6,
      unconfirmed: false,
    });
    expect(client.getOrder(second)).toMatchObject({ state: 'pending_new', unconfirmed: true });
    session.write({ kind: RecordKind.Reject, flags: 4, orderId: second, value: -1n });
    await settled();
    expect(client.getOrder(second)?.state).toBe('closed');
  });

  it('is closed by the word of the bot that it is proven not to be open', async () => {
    const { client, session, id } = await withOrder();
    session.write({
      kind: RecordKind.Reject,
      flags: 4,
      orderId: id,
      value: -1n,
      text: 'not open any more',
    });
    session.order(id, WireStatus.Expired, { flags: 4 });
    await settled();
    expect(client.getOrder(id)?.state).toBe('closed');
  });

  it.each(['without keys', 'on paper'])(
    'stays open and unconfirmed when the connector comes back %s, until somebody knows',
    async (how) => {
      const { client, session, id } = await withOrder();
      const paper = how === 'on paper';
      const cannotTell = { kind: RecordKind.Reject, flags: 4, orderId: id, value: -2n };
      session.link(LinkStatus.Lost);
      session.write(
        { kind: RecordKind.Link, status: LinkStatus.Restarted },
        { kind: RecordKind.BookReset },
        cannotTell,
        { kind: RecordKind.BookReady, status: paper ? 0 : 1 },
      );
      await settled();
      expect(client.getOrder(id)).toMatchObject({ state: 'new', unconfirmed: true });
      const cancel = client.cancelOrder(id);
      await settled();
      session.write({ kind: RecordKind.Reject, orderId: id, value: 3110n, text: 'no key' });
      expect(await cancel).toMatchObject({ status: 'rejected', code: 3110 });
      expect(client.getOrder(id)).toMatchObject({ state: 'new', unconfirmed: true });
      session.write({ kind: RecordKind.BookReset }, { kind: RecordKind.BookReady });
      session.write({ ...cannotTell, value: -1n });
      await settled();
      expect(client.getOrder(id)?.state).toBe('closed');
    },
  );

  it('is unknown to those who wait when the client closes', async () => {
    const { client } = await connectedClient();
    const pending = client.submitOrder(buy);
    await settled();
    await client.close();
    expect(await pending).toMatchObject({ status: 'unknown', reason: 'closed' });
  });
});

describe('cancelOrder', () => {
  it('goes through pending_cancel to canceled; two calls send one request', async () => {
    const { client, session, id } = await withOrder();
    const outcomes = [client.cancelOrder(id), client.cancelOrder(id)];
    await settled();
    expect(client.getOrder(id)?.state).toBe('pending_cancel');
    expect(session.sent.filter(({ kind }) => kind === 'cancel')).toHaveLength(1);
    session.order(id, WireStatus.Canceled);
    for (const outcome of await Promise.all(outcomes)) expect(outcome.status).toBe('canceled');
    expect(client.getOrders()).toEqual([]);
    expect(client.getOrders(undefined, { all: true })).toHaveLength(1);
  });

  it('tells when the order was filled before the cancel came', async () => {
    const { client, session, id } = await withOrder();
    const outcome = client.cancelOrder(id);
    await settled();
    session.order(id, WireStatus.Filled, { leavesQty: 0, execQty: 1, execPx: 100 });
    expect(await outcome).toMatchObject({ status: 'filled' });
  });

  it('waits for the acknowledgement of an order that has none yet', async () => {
    const { client, session } = await connectedClient();
    void client.submitOrder(buy);
    await settled();
    const id = session.last('submit').orderId;
    const outcome = client.cancelOrder(id);
    await settled();
    expect(session.sent.map(({ kind }) => kind)).toEqual(['submit']);
    session.order(id, WireStatus.New);
    await settled();
    expect(session.last('cancel').orderId).toBe(id);
    session.order(id, WireStatus.Canceled);
    expect(await outcome).toMatchObject({ status: 'canceled' });
  });

  it('leaves the order open when the connector refuses, and when the bot refuses', async () => {
    const { client, session, id } = await withOrder();
    const refused = client.cancelOrder(id);
    await settled();
    session.write({ kind: RecordKind.Reject, orderId: id, value: 7n, text: 'too late' });
    expect(await refused).toMatchObject({
      status: 'rejected',
      code: 7,
      text: 'too late',
      order: { state: 'new' },
    });
    const failed = client.cancelOrder(id).catch((error: unknown) => error);
    await settled();
    session.refuse(session.last('cancel'), CommandError.InvalidOrderStatus);
    expect(await failed).toMatchObject({ code: 'ERR_INVALID_ORDER_STATUS' });
    expect(client.getOrder(id)?.state).toBe('new');
  });

  it('throws for an order that is unknown or has ended', async () => {
    const { client, session, id } = await withOrder();
    await expect(client.cancelOrder(1n)).rejects.toMatchObject({ code: 'ERR_ORDER_NOT_FOUND' });
    session.order(id, WireStatus.Expired);
    await settled();
    await expect(client.cancelOrder(id)).rejects.toMatchObject({
      code: 'ERR_INVALID_ORDER_STATUS',
    });
  });

  it('cancels all in one message where the connector can, one by one elsewhere', async () => {
    for (const controlChannel of [true, false]) {
      const { client, session, id } = await withOrder();
      session.controlChannel = controlChannel;
      const outcomes = client.cancelAll();
      await settled();
      expect(session.sent.map(({ kind }) => kind)).toEqual([
        'submit',
        controlChannel ? 'cancelAll' : 'cancel',
      ]);
      session.order(id, WireStatus.Canceled);
      expect(await outcomes).toMatchObject([{ status: 'canceled' }]);
    }
  });

  it('sends cancelAll also when it knows of no open order: the connector may', async () => {
    const { client, session } = await connectedClient();
    expect(await client.cancelAll()).toEqual([]);
    expect(session.sent.map(({ kind }) => kind)).toEqual(['cancelAll']);
  });

  it('cancels with cancelAll what is on its way, and once more when it is acknowledged', async () => {
    const { client, session } = await connectedClient();
    void client.submitOrder(buy);
    await settled();
    const id = session.last('submit').orderId;
    const outcomes = client.cancelAll();
    await settled();
    expect(session.sent.map(({ kind }) => kind)).toEqual(['submit', 'cancelAll']);
    session.order(id, WireStatus.New);
    await settled();
    expect(session.last('cancel').orderId).toBe(id);
    session.order(id, WireStatus.Canceled);
    expect(await outcomes).toMatchObject([{ status: 'canceled' }]);
  });

  it('sends a cancel that waited for an acknowledgement when that comes after a lost link', async () => {
    const { client, session } = await connectedClient();
    void client.submitOrder(buy);
    await settled();
    const id = session.last('submit').orderId;
    const cancel = client.cancelOrder(id);
    await settled();
    session.link(LinkStatus.Lost);
    expect(await cancel).toMatchObject({ status: 'unknown', reason: 'connection_lost' });
    session.link(LinkStatus.Connected);
    session.order(id, WireStatus.New);
    await settled();
    expect(session.last('cancel').orderId).toBe(id);
  });

  it('is rejected when the connector does not know the order, which stays open', async () => {
    const { client, session } = await connectedClient();
    const { order } = await client.submitOrder(buy, 10);
    const cancel = client.cancelOrder(order.orderId);
    await settled();
    session.write({ kind: RecordKind.Reject, orderId: order.orderId, value: 3006n, text: 'no' });
    expect(await cancel).toMatchObject({ status: 'rejected', code: 3006 });
    expect(client.getOrder(order.orderId)).toMatchObject({
      state: 'pending_new',
      unconfirmed: true,
    });
    const sent = session.sent.filter(({ kind }) => kind === 'cancel').length;
    session.order(order.orderId, WireStatus.New);
    await settled();
    expect(session.sent.filter(({ kind }) => kind === 'cancel')).toHaveLength(sent);
  });

  it('is no reason for the end of an order that was acknowledged after it', async () => {
    const { client, session } = await connectedClient();
    void client.submitOrder(buy);
    await settled();
    const id = session.last('submit').orderId;
    void client.cancelAll();
    await settled();
    session.write({ kind: RecordKind.Reject, orderId: id, value: 3206n, text: 'no quota' });
    session.order(id, WireStatus.New);
    await settled();
    session.order(id, WireStatus.Expired, { leavesQty: 1 });
    await settled();
    expect(client.getOrder(id)).toMatchObject({ state: 'expired', reject: undefined });
  });

  it('can be asked for again when cancelAll did not go out, and tells so', async () => {
    const { client, session, id } = await withOrder();
    session.queueFull = true;
    await expect(client.cancelAll()).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    session.queueFull = false;
    expect(client.getOrder(id)?.state).toBe('new');
    const failed = client.cancelAll();
    await settled();
    session.refuse(session.last('cancelAll'), CommandError.SendFailed);
    await expect(failed).rejects.toMatchObject({ code: 'ERR_SEND_FAILED' });
    expect(client.getOrder(id)?.state).toBe('new');
    const cancel = client.cancelOrder(id);
    await settled();
    expect(session.last('cancel').orderId).toBe(id);
    session.order(id, WireStatus.Canceled);
    expect(await cancel).toMatchObject({ status: 'canceled' });
  });
});

describe('modifyOrder', () => {
  it('is modified once the connector tells the new price', async () => {
    const { client, session, id } = await withOrder();
    const outcome = client.modifyOrder(id, { price: 99 });
    await settled();
    expect(session.last('modify')).toMatchObject({ orderId: id, price: 99, qty: 1 });
    session.order(id, WireStatus.New, { px: 99 });
    expect(await outcome).toMatchObject({ status: 'modified', order: { price: 99 } });
  });

  it('throws where the connector cannot amend, denies off the grid, tells a refusal', async () => {
    const { client, session, id } = await withOrder();
    const failed = client.modifyOrder(id, { price: 99 }).catch((error: unknown) => error);
    await settled();
    session.refuse(session.last('modify'), CommandError.Unsupported);
    expect(await failed).toMatchObject({ code: 'ERR_UNSUPPORTED_BY_CONNECTOR' });
    expect(await client.modifyOrder(id, { price: 99.1 })).toMatchObject({
      status: 'denied',
      rule: 'tick_size',
    });
    const refused = client.modifyOrder(id, { qty: 2 });
    await settled();
    session.write({ kind: RecordKind.Reject, orderId: id, value: 3n, text: 'no' });
    expect(await refused).toMatchObject({
      status: 'rejected',
      code: 3,
      order: { state: 'new', qty: 1 },
    });
  });
});

describe('following orders', () => {
  it('waits for a state, and throws when it does not come in time', async () => {
    const { client, session, id } = await withOrder();
    const ended = client.waitForOrder(id, 'terminal', 5_000);
    const partly = client.waitForOrder(id, (order) => order.filledQty > 0, 5_000);
    session.order(id, WireStatus.PartiallyFilled, { leavesQty: 0.5, execQty: 0.5, execPx: 100 });
    expect(await partly).toMatchObject({ filledQty: 0.5, leavesQty: 0.5 });
    session.order(id, WireStatus.Filled, { leavesQty: 0, execQty: 0.5, execPx: 99 });
    expect(await ended).toMatchObject({ state: 'filled', avgFillPrice: 99.5 });
    await expect(client.waitForOrder(id, () => false, 5)).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    });
  });

  it('ends who waits for an order when the client closes', async () => {
    const { client, id } = await withOrder();
    const waiting = client.waitForOrder(id, 'terminal', 60_000).catch((error: unknown) => error);
    await client.close();
    expect(await waiting).toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('takes over open orders that it did not send', async () => {
    const { client, session } = await connectedClient();
    session.order(9n, WireStatus.New, { side: 2, px: 101 });
    await settled();
    expect(client.getOrders()).toMatchObject([
      { orderId: 9n, own: false, side: 'sell', price: 101 },
    ]);
    void client.cancelOrder(9n);
    await settled();
    expect(session.last('cancel').orderId).toBe(9n);
  });

  it('keeps a bounded number of ended orders and tells the bot to forget them', async () => {
    const { client, session } = await connectedClient({ keepTerminalOrders: 10 });
    for (let i = 1n; i <= 200n; i += 1n) {
      session.order(i, WireStatus.New);
      session.order(i, WireStatus.Canceled);
    }
    await settled();
    expect(client.getOrders(undefined, { all: true }).map(({ orderId }) => orderId)).toEqual([
      191n,
      192n,
      193n,
      194n,
      195n,
      196n,
      197n,
      198n,
      199n,
      200n,
    ]);
    expect(session.sent.filter(({ kind }) => kind === 'clear')).toHaveLength(3);
  });

  it('answers calls also where no ended order is kept', async () => {
    const { client, session } = await connectedClient({ keepTerminalOrders: 0 });
    const outcome = client.submitOrder(buy);
    await settled();
    const id = session.last('submit').orderId;
    session.order(id, WireStatus.New);
    await outcome;
    const canceled = client.cancelOrder(id);
    session.order(id, WireStatus.Canceled);
    expect(await canceled).toMatchObject({ status: 'canceled', order: { orderId: id } });
    expect(client.getOrder(id)).toBeUndefined();
  });

  it('tells positions only when they change', async () => {
    const { client, session } = await connectedClient();
    const told: number[] = [];
    client.on('position', ({ qty }) => told.push(qty));
    expect(client.getPosition('BTCUSDT')).toBeNaN();
    for (const qty of [NaN, 0, 1, 1, -2])
      session.write({ kind: RecordKind.Position, asset: 0, qty });
    await settled();
    expect(told).toEqual([0, 1, -2]);
    expect(client.getPosition('BTCUSDT')).toBe(-2);
    for (const qty of [NaN, NaN]) session.write({ kind: RecordKind.Position, asset: 0, qty });
    await settled();
    expect(told).toEqual([0, 1, -2, NaN]);
    expect(client.getPosition('BTCUSDT')).toBeNaN();
  });
});

describe('an order of an earlier run', () => {
  it('starts with what was filled before, and only what is seen is a fill', async () => {
    const { client, session } = await connectedClient();
    const fills: unknown[] = [];
    client.on('orderUpdate', ({ fill }) => {
      if (fill !== undefined) fills.push(fill);
    });
    session.order(9n, WireStatus.PartiallyFilled, { leavesQty: 0.4 });
    await settled();
    expect(client.getOrder(9n)).toMatchObject({ state: 'partially_filled', filledQty: 0.6 });
    expect(client.getOrder(9n)?.avgFillPrice).toBeNaN();
    expect(fills).toEqual([]);
    session.order(9n, WireStatus.Filled, { leavesQty: 0, execQty: 0.4, execPx: 99 });
    await settled();
    expect(client.getOrder(9n)).toMatchObject({ state: 'filled', filledQty: 1 });
    expect(fills).toMatchObject([{ qty: 0.4, price: 99, inferred: false }]);
  });

  it('has the execution that its first word tells as a fill, and none before it', async () => {
    const { client, session } = await connectedClient();
    const fills: unknown[] = [];
    client.on('orderUpdate', ({ fill }) => {
      if (fill !== undefined) fills.push(fill);
    });
    session.order(9n, WireStatus.PartiallyFilled, { leavesQty: 0.4, execQty: 0.1, execPx: 99 });
    session.order(8n, WireStatus.PartiallyFilled, { leavesQty: 0.4, execQty: 0.6, execPx: 99 });
    await settled();
    expect(fills).toMatchObject([
      { qty: expect.closeTo(0.1, 9) as number, inferred: false },
      { qty: 0.6, price: 99, inferred: false },
    ]);
    expect(client.getOrder(9n)?.filledQty).toBeCloseTo(0.6, 9);
    expect(client.getOrder(8n)?.avgFillPrice).toBe(99);
  });

  it('has no fills by its end alone when nothing is said to be left', async () => {
    const { client, session } = await connectedClient();
    session.order(9n, WireStatus.Canceled, { leavesQty: 0 });
    await settled();
    expect(client.getOrder(9n)).toMatchObject({ state: 'canceled', filledQty: 0 });
  });
});
