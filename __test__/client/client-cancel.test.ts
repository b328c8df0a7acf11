import { describe, expect, it } from 'vitest';

import { WireStatus } from '../../lib/models/wire-status.js';
import { CommandError, LinkStatus, RecordKind } from '../../lib/models/record-layout.js';
import { buy, connectedClient, withOrder } from './clients.js';
import { settled } from './fake-session.js';

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

  it('resolves as filled when the order was filled before the cancel came', async () => {
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

  it('sends cancelAll also when it knows of no open order: the connector may know of some', async () => {
    const { client, session } = await connectedClient();
    expect(await client.cancelAll()).toEqual([]);
    expect(session.sent.map(({ kind }) => kind)).toEqual(['cancelAll']);
  });

  it('cancels with cancelAll an order that is not acknowledged, and once more when it is', async () => {
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

  it('does not end an order that is acknowledged after the reject', async () => {
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

  it('can be asked for again when cancelAll could not be sent, and says that it was not', async () => {
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
  it('is modified once the connector reports the new price', async () => {
    const { client, session, id } = await withOrder();
    const outcome = client.modifyOrder(id, { price: 99 });
    await settled();
    expect(session.last('modify')).toMatchObject({ orderId: id, price: 99, qty: 1 });
    session.order(id, WireStatus.New, { px: 99 });
    expect(await outcome).toMatchObject({ status: 'modified', order: { price: 99 } });
  });

  it('throws where the connector cannot amend, denies a price off the grid, reports a reject', async () => {
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
