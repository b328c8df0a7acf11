import { describe, expect, it } from 'vitest';

import { orderFromNative } from '../../lib/bot/native-order.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import type { NativeOrder } from '../../lib/native/addon.js';

const XRP = new LiveInstrument('XRPUSDT').connector('c').tickSize(0.001).lotSize(0.1).build();
const ORDER: NativeOrder = {
  orderId: 7n, price: 2.55, priceTick: 2550, qty: 3.3, leavesQty: 3.3, execQty: 0, execPrice: 0, side: 1,
  status: 1, req: 0, timeInForce: 0, orderType: 0, maker: false, exchTsNs: 1n, localTsNs: 1n,
}; // prettier-ignore

describe('an order of the addon', () => {
  it('has its price, without the noise of products of ticks', () => {
    const { price, priceTick } = orderFromNative({ ...ORDER, price: 2.5500000000000003 }, 0, XRP);
    expect([price, priceTick]).toEqual([2.55, 2550]);
  });

  it('has its price where the connector counts in another tick than the bot', () => {
    const { price, priceTick } = orderFromNative({ ...ORDER, priceTick: 1275 }, 0, XRP);
    expect([price, priceTick]).toEqual([2.55, 2550]);
  });

  it('has its price and quantities where they lie between the steps of the bot', () => {
    const finer = { ...ORDER, price: 2.5504, qty: 3.35, leavesQty: 3.31, execQty: 0.04, execPrice: 2.5504 }; // prettier-ignore
    expect(orderFromNative(finer, 0, XRP)).toMatchObject({
      price: 2.5504, qty: 3.35, leavesQty: 3.31, execQty: 0.04, execPrice: 2.5504,
    }); // prettier-ignore
  });
});
