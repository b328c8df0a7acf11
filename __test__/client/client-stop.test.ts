import { describe, expect, it } from 'vitest';

import { WireStatus } from '../../lib/models/wire-status.js';
import { HftError } from '../../lib/models/hft-error.js';
import { CommandError, RecordKind } from '../../lib/models/record-layout.js';
import { buy, connectedClient, withOrder } from './clients.js';
import { settled } from './fake-session.js';

describe('close', () => {
  it('waits for the answers to cancellations that were asked for', async () => {
    const { client, session, id } = await withOrder({ stopWaitMs: 5_000 });
    const outcome = client.cancelAll();
    const closing = client.close();
    await settled();
    expect([client.state, session.closed]).toEqual(['stopping', 0]);
    session.order(id, WireStatus.Canceled);
    await closing;
    expect(await outcome).toMatchObject([{ status: 'canceled' }]);
    expect(client.getOrder(id)?.state).toBe('canceled');
  });

  it('sends a cancellation that waited for the acknowledgement of its order', async () => {
    const { client, session } = await connectedClient({ stopWaitMs: 5_000 });
    void client.submitOrder(buy);
    await settled();
    const id = session.last('submit').orderId;
    void client.cancelAll();
    const closing = client.close();
    session.order(id, WireStatus.New);
    await settled();
    expect(session.last('cancel').orderId).toBe(id);
    session.order(id, WireStatus.Canceled);
    await closing;
  });

  it('makes a cancellation unknown whose order is acknowledged when nothing can be sent any more', async () => {
    const { client, session } = await connectedClient({ stopWaitMs: 0 });
    void client.submitOrder(buy);
    await settled();
    const id = session.last('submit').orderId;
    const outcome = client.cancelOrder(id);
    session.atClose = () => {
      session.order(id, WireStatus.New);
    };
    await client.close();
    expect(await outcome).toMatchObject({ status: 'unknown', reason: 'closed' });
    expect(session.sent.some(({ kind }) => kind === 'cancel')).toBe(false);
  });

  it('takes no new order meanwhile', async () => {
    const { client, session, id } = await withOrder({ stopWaitMs: 5_000 });
    void client.cancelAll();
    const closing = client.close();
    await expect(client.submitOrder(buy)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    session.order(id, WireStatus.Canceled);
    await closing;
  });

  it('waits for stopWaitMs and no longer, and reports what may be open', async () => {
    const reported: Error[] = [];
    const { client, id } = await withOrder({
      stopWaitMs: 100,
      onError: (error) => reported.push(error),
    });
    void client.cancelAll();
    const startMs = performance.now();
    await client.close();
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(95);
    // By default it would be 5 s.
    expect(performance.now() - startMs).toBeLessThan(4_000);
    const [error] = reported;
    expect(HftError.is(error) && error.code).toBe('ERR_ORDERS_LEFT_OPEN');
    expect(error?.message).toContain(`BTCUSDT buy 1 at 100, order ${String(id)}`);
  });

  it('says nothing of orders that nobody asked to cancel', async () => {
    const reported: Error[] = [];
    const { client } = await withOrder({ onError: (error) => reported.push(error) });
    await client.close();
    expect(reported).toEqual([]);
  });

  it('says it when a cancellation was refused', async () => {
    const reported: Error[] = [];
    const { client, session, id } = await withOrder({ onError: (error) => reported.push(error) });
    const outcome = client.cancelAll();
    await settled();
    session.write({ kind: RecordKind.Reject, orderId: id, value: 3207n, text: 'no connection' });
    expect(await outcome).toMatchObject([{ status: 'rejected', code: 3207 }]);
    await client.close();
    expect(reported).toMatchObject([{ code: 'ERR_ORDERS_LEFT_OPEN' }]);
  });
});

describe('cancelAll', () => {
  it('is answered when the connector cannot do it', async () => {
    const { client, session } = await withOrder({ onError: () => undefined });
    const outcome = client.cancelAll();
    await settled();
    session.write({
      kind: RecordKind.Reject,
      asset: 0,
      orderId: 0n,
      value: 3001n,
      text: 'unknown',
    });
    expect(await outcome).toMatchObject([{ status: 'rejected', code: 3001, text: 'unknown' }]);
  });
});

describe('a deadline', () => {
  it('is the time-out of the request, unless the client names one', async () => {
    const { client, session } = await connectedClient({ answerTimeoutMs: 700, stopWaitMs: 1 });
    void client.submitOrder(buy);
    void client.submitOrder(buy, 250);
    await settled();
    expect(session.sent.map(({ goodForNs }) => goodForNs)).toEqual([700e6, 250e6]);
    expect(session.context?.config.orderDeadlineNs).toBe(700e6);
    const other = await connectedClient({ orderDeadlineMs: 90 });
    void other.client.submitOrder(buy);
    const endless = await connectedClient({ orderDeadlineMs: Infinity });
    void endless.client.submitOrder(buy);
    await settled();
    expect(other.session.last('submit').goodForNs).toBe(90e6);
    expect(endless.session.last('submit').goodForNs).toBe(0);
    expect(endless.session.context?.config.orderDeadlineNs).toBe(0);
  });

  it('that is over before the bot could send is a denial, also after `unknown`', async () => {
    const { client, session } = await connectedClient({ answerTimeoutMs: 20 });
    const outcome = await client.submitOrder(buy);
    expect(outcome.status).toBe('unknown');
    session.refuse(session.last('submit'), CommandError.TooLate);
    await settled();
    expect(client.getOrder(outcome.order.orderId)).toMatchObject({ state: 'denied' });
    const early = client.submitOrder(buy, 5_000);
    await settled();
    session.refuse(session.last('submit'), CommandError.TooLate);
    expect(await early).toMatchObject({
      status: 'denied',
      rule: 'too_late',
      code: 'ERR_TOO_LATE',
    });
  });

  it.each([0, -1, NaN, '5', 600_001])('of %s is refused', async (orderDeadlineMs) => {
    await expect(
      connectedClient({ orderDeadlineMs: orderDeadlineMs as number }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('a read-only client', () => {
  it('denies orders and changes by name and sends nothing', async () => {
    const { client, session } = await connectedClient({ readOnly: true });
    expect(session.context?.config.onlyLooks).toBe(true);
    expect(await client.submitOrder(buy)).toMatchObject({
      status: 'denied',
      rule: 'read_only',
      code: 'ERR_READ_ONLY',
    });
    expect(session.sent).toEqual([]);
  });
});
