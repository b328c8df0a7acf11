import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { LiveClient } from '../../lib/client/live-client.js';
import type { Fill } from '../../lib/orders/order-state.js';
import { SymbolTally } from '../../lib/server/symbol-tally.js';

const FILL = { qty: 2, price: 100, fee: 0.1, feeCoin: 'USDT', inferred: false };

function tallied(...fills: (Partial<Fill> & { readonly side?: 'buy' | 'sell' })[]) {
  const client = Object.assign(new EventEmitter(), { instruments: [{ symbol: 'BTCUSDT' }] });
  const tally = new SymbolTally(client as unknown as LiveClient);
  for (const { side = 'buy', ...fill } of fills)
    client.emit('orderUpdate', {
      order: { asset: 0, side },
      current: 'filled',
      fill: { ...FILL, ...fill },
    });
  const counts = tally.of(0);
  tally.close();
  expect(client.listenerCount('orderUpdate')).toBe(0);
  return counts;
}

it('adds up cash, quantity and fees of own fills, by coin', () => {
  expect(
    tallied({}, { side: 'sell', price: 110, fee: -0.05 }, { feeCoin: 'BTC', fee: 0.001 }),
  ).toMatchObject({
    fills: 3,
    bought: 2,
    cash: -200 + 220 - 200,
    fees: new Map([
      ['USDT', 0.05],
      ['BTC', 0.001],
    ]),
  });
});

it('knows no cash once the price of a fill was lost, and no fees once one was not reported', () => {
  expect(tallied({}, { inferred: true }, {})).toMatchObject({ fills: 3, bought: 6, cash: NaN });
  expect(tallied({})?.areFeesKnown).toBe(true);
  const counts = tallied({}, { fee: undefined, feeCoin: undefined }, {}, { feeCoin: 'BTC' });
  expect(counts?.areFeesKnown).toBe(false);
  expect(counts?.fees.has('BTC')).toBe(true);
});
