// What an execution cost is known wherever orders go: it is what the account paid.
import { describe, expect, it } from 'vitest';

import type { LiveClient } from '../../lib/client/live-client.js';
import type { Fill } from '../../lib/orders/order-state.js';
import { clientOf, type Way } from '../support/order-modes.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

/** The fills of three orders that take. */
async function fillsOf(client: LiveClient): Promise<Fill[]> {
  const fills: Fill[] = [];
  client.on('orderUpdate', ({ fill }) => {
    if (fill !== undefined) fills.push(fill);
  });
  for (const qty of [2.3, 7.7, 10]) {
    const outcome = await client.submitOrder({ side: 'buy', qty, orderType: 'market' });
    expect(outcome.status).toBe('filled');
  }
  await until(() => fills.reduce((sum, { qty }) => sum + qty, 0) > 19.99, 'the fills');
  return fills;
}

function contract(way: Way, rate: number): void {
  it('tells of every fill what it cost, in which coin, and its id', async () => {
    const client = await clientOf(way);
    await until(() => client.getBalance('USDT') !== undefined, 'the balance');
    const wallet = (): number => client.getBalance('USDT')?.walletBalance ?? NaN;
    const before = wallet();
    const fills = await fillsOf(client);
    for (const { price, qty, fee, feeCoin, liquidity } of fills) {
      expect(liquidity).toBe('taker');
      expect(feeCoin).toBe('USDT');
      // Bybit writes eight decimals.
      expect(fee).toBeCloseTo(price * qty * rate, 7);
      // As a person would write it: 0.0138, not 0.013800000000000002.
      expect(String(fee).length).toBeLessThan(14);
    }
    expect(new Set(fills.map(({ tradeId }) => tradeId)).size).toBe(fills.length);
    for (const { tradeId } of fills) expect(tradeId).toMatch(/^[0-9a-f-]+$/);
    // Buying realises no profit: the wallet has lost the fees and nothing else.
    const paid = fills.reduce((sum, { fee = NaN }) => sum + fee, 0);
    await until(() => Math.abs(before - wallet() - paid) < 1e-6, 'the wallet');
    expect(paid > 0).toBe(rate > 0);
  });
}

describe('the fee of a fill on the stub', () => {
  contract({ mode: 'stub', direct: false }, 0);
});

describeNative('the fee of a fill on', () => {
  const modes = [
    ['the simulator', 'sim', 0.0005],
    ['a replay', 'replay', 0.0005],
    ['paper at Bybit', 'paper', 0.0005],
    ['Bybit itself', 'real', 0.00055],
    ['paper at Binance', 'binance-paper', 0.0005],
  ] as const;
  describe.each(modes)('%s', (_, mode, rate) => {
    contract({ mode, direct: false }, rate);
  });
  describe.each(modes)("%s, on the client's own thread", (_, mode, rate) => {
    contract({ mode, direct: true }, rate);
  });
});
