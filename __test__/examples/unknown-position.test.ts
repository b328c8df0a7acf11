// Market makers with a limit of position: what they do while the position is not known. NaN is below no limit.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { createStrategy as createQuoter } from '../../examples/quoter/strategy.js';
import type { NewOrder, Strategy, StrategyContext } from '../../lib/index.js';
import { startFakeBybit } from '../support/fake-bybit-venue.js';
import { startConnectorWith, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const grid = path.join(root, 'examples', 'market-maker', 'grid-strategy.mjs');
const { createStrategy: createGrid } = (await import(pathToFileURL(grid).href)) as {
  createStrategy: (options: object) => Strategy;
};
const MAX = 0.005;
const QTY = 0.001;

/** What a strategy asks for with a position, on a book that is live, with one resting order of each side. */
function askedWith(
  strategy: Strategy,
  position: number,
): { submitted: ReadonlySet<string>; cancelled: number } {
  const submitted = new Set<string>();
  const cancelled = new Set<bigint>();
  const resting = (orderId: bigint, side: 'buy' | 'sell', priceTick: number) =>
    [orderId, { orderId, side, priceTick, status: 'new', cancellable: true }] as const;
  const orders = new Map([resting(1n, 'buy', 499_000), resting(2n, 'sell', 501_000)]);
  const book = { bestBid: 50_000, bestAsk: 50_000.1, bestBidTick: 500_000, bestAskTick: 500_001 };
  const context = {
    depth: () => ({ ...book, tickSize: 0.1, lotSize: QTY, synced: true, state: 'live' }),
    position: () => position,
    orders: () => orders,
    clearInactiveOrders: () => undefined,
    submit: ({ side }: NewOrder) => submitted.add(side),
    // Orders that are not at a desired price go, and what is desired comes.
    quote: (desired: readonly { side: string }[]) => {
      for (const orderId of orders.keys()) cancelled.add(orderId);
      for (const { side } of desired) submitted.add(side);
    },
    cancel: (orderId: bigint) => cancelled.add(orderId),
    cancelAll: () => {
      for (const orderId of orders.keys()) cancelled.add(orderId);
    },
    log: () => undefined,
  } as unknown as StrategyContext;
  strategy.onTimer?.(context);
  // What it cancelled is gone: it may quote anew.
  for (const orderId of cancelled) orders.delete(orderId);
  strategy.onTimer?.(context);
  return { submitted, cancelled: cancelled.size };
}

describe.each([
  ['examples/market-maker', () => createGrid({ orderQty: QTY, maxPosition: MAX, gridNum: 1 })],
  [
    'examples/quoter, and the strategy of `init`',
    () => createQuoter({ qty: QTY, maxPosition: MAX }),
  ],
] as const)('%s', (_, make) => {
  it('quotes neither side while the position is not known, and takes back what stands', () => {
    expect(askedWith(make(), NaN)).toEqual({ submitted: new Set(), cancelled: 2 });
  });

  it.each([
    [0, ['buy', 'sell']],
    [MAX, ['sell']],
    [-MAX, ['buy']],
  ])('with a position of %d quotes %j', (position, sides) => {
    expect(askedWith(make(), position).submitted).toEqual(new Set(sides));
  });
});

describeNative('the quoter where the account is not known', () => {
  it.each([
    ['run.ts', 'ordersSubmitted'],
    ['client.ts', 'submitted'],
  ])('sends nothing (%s)', async (file, count) => {
    const venue = await startFakeBybit();
    const name = uniqueName();
    // Without a key there is market data, and nobody says what the position is.
    const keys = { BYBIT_API_KEY: '', BYBIT_API_SECRET: '' };
    await startConnectorWith(keys, name, 'bybit', 'BTCUSDT', venue.configFile, '--paper=false');
    const words = ['--import', 'hftbacktest-live/typescript', `examples/quoter/${file}`, name, '3'];
    const { stdout } = await promisify(execFile)(process.execPath, words, {
      cwd: root,
      timeout: 50_000,
    });
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result[count]).toBe(0);
    const { position, positions = [position] } = result;
    expect(positions).toEqual([null]);
  });
});
