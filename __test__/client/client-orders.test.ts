import { describe, expect, it } from 'vitest';

import type { OrderUpdate } from '../../lib/orders/order-update.js';
import { WireStatus } from '../../lib/models/wire-status.js';
import { LinkStatus, RecordKind } from '../../lib/models/record-layout.js';
import { buy, connectedClient, withOrder } from './clients.js';
import { settled } from './fake-session.js';

describe('an order without an answer', () => {
  it('is unknown after the time-out, asked for, never sent again, and reported when its state is known', async () => {
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

  it('is unknown at once when the connection is lost; what is reported after its return decides', async () => {
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

  it('is closed when the bot reports that it is proven not to be open', async () => {
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

  it('resolves as unknown when the client closes', async () => {
    const { client } = await connectedClient();
    const pending = client.submitOrder(buy);
    await settled();
    await client.close();
    expect(await pending).toMatchObject({ status: 'unknown', reason: 'closed' });
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

  it('rejects waits for an order when the client closes', async () => {
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

  it('keeps a bounded number of ended orders and makes the bot forget the others', async () => {
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

  it('reports positions only when they change', async () => {
    const { client, session } = await connectedClient();
    const reported: number[] = [];
    client.on('position', ({ qty }) => reported.push(qty));
    expect(client.getPosition('BTCUSDT')).toBeNaN();
    for (const qty of [NaN, 0, 1, 1, -2])
      session.write({ kind: RecordKind.Position, asset: 0, qty });
    await settled();
    expect(reported).toEqual([0, 1, -2]);
    expect(client.getPosition('BTCUSDT')).toBe(-2);
    for (const qty of [NaN, NaN]) session.write({ kind: RecordKind.Position, asset: 0, qty });
    await settled();
    expect(reported).toEqual([0, 1, -2, NaN]);
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

  it('takes the execution in its first report as a fill, and none before it', async () => {
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

  it('makes no fills of a report of its end that leaves no quantity', async () => {
    const { client, session } = await connectedClient();
    session.order(9n, WireStatus.Canceled, { leavesQty: 0 });
    await settled();
    expect(client.getOrder(9n)).toMatchObject({ state: 'canceled', filledQty: 0 });
  });
});

describe('the execution of an order', () => {
  it('has what the record right before it says of the same order, and nothing of another', async () => {
    const { client, session, id } = await withOrder();
    const fills: unknown[] = [];
    client.on('orderUpdate', ({ fill }) => {
      if (fill !== undefined) fills.push([fill.fee, fill.feeCoin, fill.tradeId]);
    });
    const execution = (orderId: bigint, px: number, text: string): void => {
      session.write({ kind: RecordKind.Execution, orderId, px, text });
    };
    const fill = (leavesQty: number, exchTsNs: bigint): void => {
      session.order(id, WireStatus.PartiallyFilled, { leavesQty, execQty: 0.1, execPx: 99, exchTsNs }); // prettier-ignore
    };
    execution(id, -0.25, 'USDT\ne1');
    fill(0.9, 11n);
    fill(0.8, 12n);
    execution(id + 1n, 0.5, 'USDT\ne3');
    fill(0.7, 13n);
    execution(id, NaN, '\ne4');
    fill(0.6, 14n);
    execution(id, 0, 'BNB\n');
    fill(0.5, 15n);
    await settled();
    const none = [undefined, undefined, undefined];
    expect(fills).toStrictEqual([
      [-0.25, 'USDT', 'e1'],
      none,
      none,
      [undefined, undefined, 'e4'],
      [0, 'BNB', undefined],
    ]);
  });
});
