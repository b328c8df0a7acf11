// The same order has the same outcome wherever it goes: stub, simulator, replay, paper of both venues, real.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';

import type { LiveClientOptions } from '../../lib/client/client-options.js';
import { LiveClient } from '../../lib/client/live-client.js';
import type { NewOrder } from '../../lib/models/new-order.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { generateStubData } from '../../lib/stub/stub-feeds.js';
import { saveStubNpz } from '../../lib/stub/stub-data-npz.js';
import { FakeBinance } from '../support/fake-binance.js';
import { quietBook, startFakeBybit } from '../support/fake-bybit-venue.js';
import { scratchFile } from '../support/fake-program.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

const TICK = 0.0001;
const LOT = 0.1;
const MONEY = 100_000;
const PRICE = 2.5;

const clients: LiveClient[] = [];
const venues: FakeBinance[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(venues.splice(0).map((venue) => venue.stop()));
});

type Mode = 'stub' | 'sim' | 'replay' | 'paper' | 'real' | 'binance-paper';

/** Whose numbers a refusal has: those of the exchange of this package, of Bybit or of Binance. */
type Refuser = 'ours' | 'bybit' | 'binance';

const instrument = (connector: string): LiveInstrument =>
  new LiveInstrument('XRPUSDT').connector(connector).tickSize(TICK).lotSize(LOT);

async function optionsOf(mode: Mode): Promise<Partial<LiveClientOptions>> {
  const market = { basePrice: PRICE, volatility: 0, spreadTicks: [2, 2] } as const;
  switch (mode) {
    case 'stub':
      return {
        backend: 'stub',
        stub: { ...market, initialBalance: MONEY, maxFeeds: Infinity, fillProbability: 0 },
      };
    case 'sim': {
      const symbol = { symbol: 'XRPUSDT', tick_size: TICK, lot_size: LOT, price: PRICE };
      return {
        connector: {
          kind: 'sim',
          config: { initial_balance: MONEY, symbols: [{ ...symbol, volatility: 0.00001 }] },
        },
      };
    }
    case 'replay': {
      const file = scratchFile('xrpusdt_20240808.npz');
      const made = [instrument('replay')];
      saveStubNpz(file, generateStubData(made, { ...market, maxFeeds: 6_000 }));
      return {
        connector: {
          kind: 'replay',
          config: { files: [file], symbol: 'XRPUSDT', initial_balance: MONEY },
        },
      };
    }
    case 'binance-paper': {
      const venue = await FakeBinance.start('usdm');
      venues.push(venue);
      venue.depth('XRPUSDT', [['99.0', '0'], ['2.4999', '1000']], [['101.0', '0'], ['2.5001', '1000']]); // prettier-ignore
      const { depthUrl, restUrl } = venue.addresses;
      const config = {
        stream_url: depthUrl,
        api_url: new URL(restUrl).origin,
        paper: { initial_balance: MONEY },
      };
      return { connector: { kind: 'binancefutures', config } };
    }
    default: {
      const venue = await startFakeBybit();
      await quietBook(venue, '2.4999', '2.5001');
      const config = { ...venue.config, paper: { initial_balance: MONEY } };
      return { connector: { kind: 'bybit', config, env: venue.env, paper: mode === 'paper' } };
    }
  }
}

async function clientOf(mode: Mode): Promise<LiveClient> {
  const options = await optionsOf(mode);
  const name = mode === 'stub' ? 'stub' : options.connector!.kind;
  const client = new LiveClient({ backend: 'native', ...options, instruments: [instrument(name)] });
  clients.push(client);
  await client.start();
  await client.ready(20_000);
  await until(() => {
    const { bids, asks } = client.snapshot();
    return bids.length > 0 && asks.length > 0;
  }, 'a book');
  return client;
}

interface Case {
  readonly what: string;
  /** Prices as a share of the best of their side: of the bid for a buy that rests. */
  readonly order: (best: { readonly bid: number; readonly ask: number }) => NewOrder;
  readonly outcome: string;
  /** Number of the refusal. */
  readonly code?: Readonly<Record<Refuser, number>>;
}

/** Nearest tick, as the product of floats that a strategy would send: noise is on the grid. */
const ticks = (price: number): number => Math.round(price / TICK) * TICK;

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

async function outcomesOf(mode: Mode): Promise<unknown[]> {
  const client = await clientOf(mode);
  const outcomes = [];
  for (const { what, order } of CASES) {
    // The venue's quota is ten requests a second.
    if (mode === 'real') await sleep(150);
    const { bids, asks } = client.snapshot();
    const outcome = await client.submitOrder(order({ bid: bids[0]!.price, ask: asks[0]!.price }));
    const code = outcome.status === 'rejected' ? outcome.code : undefined;
    outcomes.push({ what, outcome: outcome.status, code });
    if (outcome.status === 'accepted') await client.cancelOrder(outcome.order.orderId);
  }
  return outcomes;
}

async function amendments(mode: Mode): Promise<unknown[]> {
  const client = await clientOf(mode);
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

function contract(mode: Mode, refuser: Refuser): void {
  it('gives every order the outcome that it has everywhere', async () => {
    const expected = CASES.map(({ what, outcome, code }) => ({
      what,
      outcome,
      code: code?.[refuser],
    }));
    expect(await outcomesOf(mode)).toEqual(expected);
  });

  it('takes an amendment, refuses one beyond the limits and denies one off the grid', async () => {
    expect(await amendments(mode)).toEqual([
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
  contract('stub', 'ours');
});

describeNative('an order on', () => {
  describe.each([
    ['the simulator', 'sim', 'ours'],
    ['a replay', 'replay', 'ours'],
    ['paper at Bybit', 'paper', 'bybit'],
    ['Bybit itself', 'real', 'bybit'],
    ['paper at Binance', 'binance-paper', 'binance'],
  ] as const)('%s', (_, mode, refuser) => {
    contract(mode, refuser);
  });
});
