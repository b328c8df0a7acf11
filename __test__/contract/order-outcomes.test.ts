// The same order has the same outcome wherever it goes: stub, simulator, replay, paper of both venues, real.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import type { NewOrder } from '../../lib/models/new-order.js';
import { describeNative } from '../support/native-suite.js';
import { clientOf, TICK, ticks, type Way, type Refuser } from '../support/order-modes.js';

interface Case {
  readonly what: string;
  /** Prices as a share of the best of their side: of the bid for a buy that rests. */
  readonly order: (best: { readonly bid: number; readonly ask: number }) => NewOrder;
  readonly outcome: string;
  /** Number of the refusal. */
  readonly code?: Readonly<Record<Refuser, number>>;
}

const CASES: readonly Case[] = [
  {
    what: 'a post-only order away from the market',
    order: ({ bid }) => ({ side: 'buy', price: ticks(bid * 0.97), qty: 10, timeInForce: 'GTX' }),
    outcome: 'accepted',
  },
  {
    what: 'the noise of products of floats',
    order: ({ bid }) => ({ side: 'buy', price: ticks(bid * 0.971), qty: 0.1 * 63 }),
    outcome: 'accepted',
  },
  {
    what: 'a post-only order that would take',
    order: ({ ask }) => ({ side: 'buy', price: ticks(ask * 1.01), qty: 10, timeInForce: 'GTX' }),
    outcome: 'expired',
  },
  {
    what: 'an IOC order that finds nothing',
    order: ({ bid }) => ({ side: 'buy', price: ticks(bid * 0.97), qty: 10, timeInForce: 'IOC' }),
    outcome: 'expired',
  },
  {
    what: 'a FOK order that finds nothing',
    order: ({ ask }) => ({ side: 'sell', price: ticks(ask * 1.03), qty: 10, timeInForce: 'FOK' }),
    outcome: 'expired',
  },
  {
    what: 'a FOK order that finds too little',
    order: ({ ask }) => ({
      side: 'buy',
      price: ticks(ask * 1.01),
      qty: 60_000,
      timeInForce: 'FOK',
    }),
    outcome: 'expired',
  },
  {
    what: 'a market order',
    order: () => ({ side: 'buy', qty: 2.3, orderType: 'market' }),
    outcome: 'filled',
  },
  {
    what: 'a quantity beyond everything',
    order: () => ({ side: 'buy', qty: 200_000_000, orderType: 'market' }),
    outcome: 'rejected',
    code: { ours: 1017, bybit: 10001, binance: -4005 },
  },
  {
    what: 'more than the money carries',
    order: ({ bid }) => ({ side: 'buy', price: ticks(bid * 0.97), qty: 500_000 }),
    outcome: 'rejected',
    code: { ours: 1011, bybit: 110007, binance: -2019 },
  },
  {
    what: 'a value below the minimum',
    order: ({ bid }) => ({ side: 'buy', price: ticks(bid * 0.97), qty: 0.1 }),
    outcome: 'rejected',
    code: { ours: 1016, bybit: 110094, binance: -4164 },
  },
  {
    what: 'a price far through the market',
    order: ({ ask }) => ({ side: 'buy', price: ticks(ask * 2), qty: 10 }),
    outcome: 'rejected',
    code: { ours: 1018, bybit: 110003, binance: -4016 },
  },
  {
    what: 'a price between two ticks',
    order: ({ bid }) => ({ side: 'buy', price: ticks(bid * 0.97) + TICK / 2, qty: 10 }),
    outcome: 'denied',
  },
  {
    what: 'a quantity between two lots',
    order: ({ bid }) => ({ side: 'buy', price: ticks(bid * 0.97), qty: 10.05 }),
    outcome: 'denied',
  },
];

async function outcomesOf(way: Way): Promise<unknown[]> {
  const client = await clientOf(way);
  const outcomes = [];
  for (const { what, order } of CASES) {
    // The venue's quota is ten requests a second.
    if (way.mode === 'real') await sleep(150);
    const { bids, asks } = client.snapshot();
    const outcome = await client.submitOrder(order({ bid: bids[0]!.price, ask: asks[0]!.price }));
    const code = outcome.status === 'rejected' ? outcome.code : undefined;
    outcomes.push({ what, outcome: outcome.status, code });
    if (outcome.status === 'accepted') await client.cancelOrder(outcome.order.orderId);
  }
  return outcomes;
}

async function amendments(way: Way): Promise<unknown[]> {
  const client = await clientOf(way);
  const { bids, asks } = client.snapshot();
  const [bid, ask] = [bids[0]!.price, asks[0]!.price];
  const placed = await client.submitOrder({ side: 'buy', price: ticks(bid * 0.97), qty: 10 });
  const { orderId } = placed.order;
  const outcomes = [];
  for (const change of [
    { price: ticks(bid * 0.97) + TICK / 4 },
    { qty: 10.07 },
    { price: ticks(ask * 2) },
    { qty: 500_000 },
    { price: ticks(bid * 0.96), qty: 0.1 * 123 },
  ])
    outcomes.push((await client.modifyOrder(orderId, change)).status);
  const order = client.getOrder(orderId)!;
  outcomes.push([order.price === Number(order.price.toFixed(4)), order.qty, order.state]);
  return outcomes;
}

/** Too small a quantity, and one order more than there may be. Two numbers of Bybit's are known for the first. */
const TIGHT = { minQty: 3, maxOrders: 4 };
const TOO_SMALL: Readonly<Record<Refuser, readonly number[]>> = {
  ours: [1014],
  bybit: [10001, 110017],
  binance: [-4004],
};
const TOO_MANY: Readonly<Record<Refuser, number>> = { ours: 1020, bybit: 110020, binance: -2025 };

async function beyondTightLimits(way: Way, refuser: Refuser): Promise<void> {
  const client = await clientOf(way, TIGHT);
  const submit = async (qty: number, share: number): Promise<[string, number | undefined]> => {
    if (way.mode === 'real') await sleep(150);
    const price = ticks(client.snapshot().bids[0]!.price * share);
    const outcome = await client.submitOrder({ side: 'buy', price, qty });
    return [outcome.status, outcome.status === 'rejected' ? outcome.code : undefined];
  };
  const [status, code] = await submit(2.9, 0.97);
  expect([status, TOO_SMALL[refuser]]).toEqual(['rejected', expect.arrayContaining([code])]);
  for (let count = 0; count < TIGHT.maxOrders; count += 1)
    expect(await submit(3, 0.97 - count / 1_000)).toEqual(['accepted', undefined]);
  expect(await submit(3, 0.96)).toEqual(['rejected', TOO_MANY[refuser]]);
  // One less makes room for one.
  const [order] = client.getOrders();
  await client.cancelOrder(order!.orderId);
  expect(await submit(3, 0.95)).toEqual(['accepted', undefined]);
  expect(await submit(3, 0.94)).toEqual(['rejected', TOO_MANY[refuser]]);
  await client.cancelAll();
}

function contract(way: Way, refuser: Refuser): void {
  it('gives every order the outcome that it has everywhere', async () => {
    const expected = CASES.map(({ what, outcome, code }) => ({
      what,
      outcome,
      code: code?.[refuser],
    }));
    expect(await outcomesOf(way)).toEqual(expected);
  });

  it('refuses too small a quantity, and one order more than there may be', async () => {
    await beyondTightLimits(way, refuser);
  });

  it('takes an amendment, refuses one beyond the limits and denies one off the grid', async () => {
    expect(await amendments(way)).toEqual([
      'denied',
      'denied',
      'rejected',
      'rejected',
      'modified',
      [true, 12.3, 'new'],
    ]);
  });
}

describe('an order on the stub', () => {
  contract({ mode: 'stub', direct: false }, 'ours');
});

describeNative('an order on', () => {
  const modes = [
    ['the simulator', 'sim', 'ours'],
    ['a replay', 'replay', 'ours'],
    ['paper at Bybit', 'paper', 'bybit'],
    ['Bybit itself', 'real', 'bybit'],
    ['paper at Binance', 'binance-paper', 'binance'],
  ] as const;
  describe.each(modes)('%s', (_, mode, refuser) => {
    contract({ mode, direct: false }, refuser);
  });
  describe.each(modes)("%s, on the client's own thread", (_, mode, refuser) => {
    contract({ mode, direct: true }, refuser);
  });
});
