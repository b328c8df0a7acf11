import { afterEach } from 'vitest';

import type { LiveClientOptions } from '../../lib/client/client-options.js';
import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { generateStubData } from '../../lib/stub/stub-feeds.js';
import { saveStubNpz } from '../../lib/stub/stub-data-npz.js';
import { FakeBinance } from './fake-binance.js';
import { quietBook, startFakeBybit, type FakeBybitVenue } from './fake-bybit-venue.js';
import { scratchFile } from './fake-program.js';
import { until } from './until.js';

/** Price step of the instrument of every mode. */
export const TICK = 0.0001;
const LOT = 0.1;
const MONEY = 100_000;
const PRICE = 2.5;

const clients: LiveClient[] = [];
const venues: FakeBinance[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(venues.splice(0).map((venue) => venue.stop()));
});

/** Where an order goes. */
export type Mode = 'stub' | 'sim' | 'replay' | 'paper' | 'real' | 'binance-paper';

/** Whose numbers a refusal has: those of the exchange of this package, of Bybit or of Binance. */
export type Refuser = 'ours' | 'bybit' | 'binance';

const instrument = (connector: string): LiveInstrument =>
  new LiveInstrument('XRPUSDT').connector(connector).tickSize(TICK).lotSize(LOT);

/** Limits of an account that are tighter than the venue's usual ones. */
export interface TightLimits {
  readonly minQty: number;
  readonly maxOrders: number;
}

/** Most open orders at Bybit, which the fake venue has too. */
const BYBIT_ORDERS = 500;

/** Orders that the account has from elsewhere, so that there is room for `maxOrders` more. */
async function fillUp(venue: FakeBybitVenue, { minQty, maxOrders }: TightLimits): Promise<void> {
  await venue.run('listing', { symbol: 'XRPUSDT', listing: { minQty: String(minQty) } });
  const order = { symbol: 'XRPUSDT', owner: 'account', side: 'Buy', qty: '10', price: '2.4' };
  for (let count = maxOrders; count < BYBIT_ORDERS; count += 1) await venue.run('place', order);
}

async function optionsOf(mode: Mode, tight?: TightLimits): Promise<Partial<LiveClientOptions>> {
  const limits =
    tight === undefined ? {} : { limits: { min_qty: tight.minQty, max_orders: tight.maxOrders } };
  const market = { basePrice: PRICE, volatility: 0, spreadTicks: [2, 2] } as const;
  switch (mode) {
    case 'stub':
      return {
        backend: 'stub',
        stub: {
          ...market,
          ...(tight === undefined ? {} : { limits: tight }),
          initialBalance: MONEY,
          maxFeeds: Infinity,
          fillProbability: 0,
        },
      };
    case 'sim': {
      const symbol = { symbol: 'XRPUSDT', tick_size: TICK, lot_size: LOT, price: PRICE };
      return {
        connector: {
          kind: 'sim',
          config: {
            ...limits,
            initial_balance: MONEY,
            symbols: [{ ...symbol, volatility: 0.00001 }],
          },
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
          config: { ...limits, files: [file], symbol: 'XRPUSDT', initial_balance: MONEY },
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
        paper: { ...limits, initial_balance: MONEY },
      };
      return { connector: { kind: 'binancefutures', config } };
    }
    default: {
      const venue = await startFakeBybit();
      await quietBook(venue, '2.4999', '2.5001');
      if (tight !== undefined && mode === 'real') await fillUp(venue, tight);
      const config = { ...venue.config, paper: { ...limits, initial_balance: MONEY } };
      return { connector: { kind: 'bybit', config, env: venue.env, paper: mode === 'paper' } };
    }
  }
}

/** Where an order goes, and whether on the client's own thread. */
export interface Way {
  readonly mode: Mode;
  readonly direct: boolean;
}

/** A client that is ready to send orders there; closed after the test. */
export async function clientOf({ mode, direct }: Way, tight?: TightLimits): Promise<LiveClient> {
  const { connector, ...options } = await optionsOf(mode, tight);
  const client = new LiveClient({
    backend: 'native',
    ...options,
    ...(connector === undefined ? {} : { connector: { ...connector, direct } }),
    instruments: [instrument(connector?.kind ?? 'stub')],
  });
  clients.push(client);
  await client.start();
  await client.ready(20_000);
  await until(() => {
    const { bids, asks } = client.snapshot();
    return bids.length > 0 && asks.length > 0;
  }, 'a book');
  return client;
}

/** Nearest tick, as the product of floats that a strategy would send: noise is on the grid. */
export const ticks = (price: number): number => Math.round(price / TICK) * TICK;
