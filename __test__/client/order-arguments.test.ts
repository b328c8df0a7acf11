import { describe, expect, it } from 'vitest';

import type { NewOrder } from '../../lib/models/new-order.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { connectedClient } from './clients.js';
import { settled } from './fake-session.js';

const instruments = ['BTCUSDT', 'ETHUSDT'].map((symbol) =>
  new LiveInstrument(symbol).connector('fake').tickSize(0.5).lotSize(0.1),
);
const sell = { side: 'sell' as const, price: 100, qty: 1 };
const invalid = (message: string): unknown =>
  expect.objectContaining({
    code: 'ERR_INVALID_ARGUMENT',
    message: expect.stringContaining(message) as string,
  });

describe('the instrument of an order', () => {
  it('is the one whose symbol is given', async () => {
    const { client, session } = await connectedClient({ instruments });
    void client.submitOrder({ ...sell, symbol: 'ETHUSDT' });
    void client.submitOrder({ ...sell, symbol: 'fake:ETHUSDT' });
    void client.submitOrder({ ...sell, symbol: 'ETHUSDT', instrument: 1 });
    void client.submitOrder({ ...sell, symbol: 'ETHUSDT', instrument: 'fake:ETHUSDT' });
    void client.submitOrder(sell);
    await settled();
    const sent = session.sent.filter(({ kind }) => kind === 'submit');
    expect(sent.map(({ asset }) => asset)).toEqual([1, 1, 1, 1, 0]);
  });

  it('must be the same by symbol and by instrument, and be known', async () => {
    const { client, session } = await connectedClient({ instruments });
    await expect(
      client.submitOrder({ ...sell, symbol: 'ETHUSDT', instrument: 0 }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    await expect(
      client.submitOrder({ ...sell, symbol: 'ETHUSDT', instrument: 'BTCUSDT' }),
    ).rejects.toEqual(invalid('"ETHUSDT" is not the instrument "BTCUSDT"'));
    await expect(client.submitOrder({ ...sell, symbol: 'ETHUSD' })).rejects.toMatchObject({
      code: 'ERR_INSTRUMENT_NOT_FOUND',
      message: expect.stringContaining('Did you mean ETHUSDT?') as string,
    });
    for (const symbol of [1, null, {}])
      await expect(client.submitOrder({ ...sell, symbol } as unknown as NewOrder)).rejects.toEqual(
        invalid('symbol'),
      );
    expect(session.sent).toEqual([]);
  });

  it('is a symbol or an index wherever it is asked for, never an object', async () => {
    const { client, session } = await connectedClient({ instruments });
    const wrong = { symbol: 'ETHUSDT' } as unknown as string;
    await expect(client.cancelAll(wrong)).rejects.toEqual(invalid('instrument'));
    for (const call of [
      () => client.snapshot(wrong),
      () => client.getPosition(wrong),
      () => client.getOrders(wrong),
      () => {
        client.resync(wrong);
      },
    ])
      expect(call).toThrow(invalid('instrument'));
    expect(session.sent).toEqual([]);
  });
});

describe('an order that asks for more than there is', () => {
  it('is refused by name and not sent', async () => {
    const { client, session } = await connectedClient({ instruments });
    for (const [more, says] of [
      [{ reduceOnly: true }, 'No connector can do reduceOnly: nothing was sent'],
      [{ reduceOnly: false }, 'reduceOnly'],
      [{ postOnly: true }, "timeInForce: 'GTX'"],
      [{ quantity: 1 }, 'The quantity is qty'],
      [{ pirce: 1 }, 'Did you mean price?'],
      [{ stopPrice: 1 }, 'stopPrice'],
      [{ clientOrderId: 'a' }, 'orderId'],
    ] as const)
      await expect(client.submitOrder({ ...sell, ...more })).rejects.toEqual(invalid(says));
    for (const request of [null, undefined, 'sell', [sell]])
      await expect(client.submitOrder(request as unknown as NewOrder)).rejects.toEqual(
        invalid('order'),
      );
    expect(session.sent).toEqual([]);
    expect(client.getOrders(undefined, { all: true })).toEqual([]);
  });

  it('is refused alike when it is a change, or lists orders', async () => {
    const { client, session } = await connectedClient({ instruments });
    const change = (fields: object): Promise<unknown> => client.modifyOrder(1n, fields);
    await expect(change({ quantity: 1 })).rejects.toEqual(invalid('The quantity is qty'));
    await expect(change({ price: 1, reduceOnly: true })).rejects.toEqual(invalid('reduceOnly'));
    await expect(change({})).rejects.toEqual(invalid('neither price nor qty'));
    expect(() => client.getOrders(0, { open: true } as object)).toThrow('There are all');
    await expect(client.cancelOrder(1n, { timeoutMs: 1 } as never)).rejects.toEqual(
      invalid('timeoutMs'),
    );
    expect(session.sent).toEqual([]);
  });
});
