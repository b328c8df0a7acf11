// quote() of a strategy and of a client, on the stub and on a connector: the quotes stand, none twice.
import { afterEach, describe, expect, test } from 'vitest';

import {
  create,
  LiveClient,
  LiveInstrument,
  roundToTick,
  runStrategyLoop,
  StubConnectorBot,
  type Bot,
  type DesiredQuote,
  type LiveClientOptions,
} from '../../lib/index.js';
import { connectorOfSuite } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

const LEVELS = 3;
const QTY = 0.01;

/** Three levels a side, 20 apart and far from the market, so that they rest. */
function ladder(mid: number): DesiredQuote[] {
  const at = (offset: number): number => roundToTick(mid + offset, 20);
  return Array.from({ length: LEVELS }, (_, level): DesiredQuote[] => [
    { side: 'buy', price: at(-200 - 20 * level), qty: QTY },
    { side: 'sell', price: at(200 + 20 * level), qty: QTY },
  ]).flat();
}

const shown = (all: readonly DesiredQuote[]): string[] =>
  all.map(({ side, price, qty }) => `${side} ${String(qty)} @ ${String(price)}`).sort();

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function contract(openBot: () => Bot, options: () => LiveClientOptions): void {
  test.each([undefined, false])('in a strategy, with modify %s', (modify) => {
    const bot = openBot();
    closing.push(() => {
      bot.close();
    });
    const open = (): DesiredQuote[] =>
      [...bot.orders(0).values()]
        .filter(({ status }) => status === 'new' || status === 'partially_filled')
        .map(({ side, price, leavesQty }) => ({ side, price, qty: leavesQty }));
    let round = 0;
    let settled = 0;
    let most = 0;
    let shift = 0;
    const denied: string[] = [];
    let wanted: DesiredQuote[] = [];
    let end = { shown: [] as string[], wanted: [] as string[] };
    const summary = runStrategyLoop(
      bot,
      {
        onBatch(ctx) {
          const { bestBid, synced } = ctx.depth();
          if (!synced) return;
          round += 1;
          if (round === 1) wanted = ladder(bestBid);
          // The ladder moves while answers are missing.
          if (round % 7 === 0 && round < 100) {
            shift = (shift + 40) % 120;
            wanted = ladder(bestBid + shift);
          }
          const result = ctx.quote(wanted, modify === undefined ? {} : { modify });
          denied.push(...result.denied.map(({ message }) => message));
          for (const side of ['buy', 'sell'])
            most = Math.max(most, open().filter((order) => order.side === side).length);
          settled = result.settled ? settled + 1 : 0;
          if (round < 100 || settled < 2) return;
          end = { shown: shown(open()), wanted: shown(wanted) };
          ctx.stop();
        },
        onStop(ctx) {
          ctx.quote([]);
        },
      },
      { durationMs: 15_000, waitMs: 5 },
    );
    expect(denied).toEqual([]);
    expect(summary).toMatchObject({ reason: 'stopped', handlerErrors: 0, refusals: 0 });
    expect(end.shown).toEqual(end.wanted);
    expect(end.shown).toHaveLength(2 * LEVELS);
    expect(most).toBe(LEVELS);
    expect(open()).toEqual([]);
  });

  test('in a client, called again before the answers', async () => {
    const client = new LiveClient(options());
    closing.push(() => client.close());
    await client.start();
    await client.ready(10_000);
    await until(() => client.snapshot().bids.length > 0, 'a book');
    const mid = client.snapshot().bids[0]!.price;
    const wanted = ladder(mid);
    const [first, second] = await Promise.all([client.quote(wanted), client.quote(wanted)]);
    expect(first).toMatchObject({ waiting: 0, settled: false, denied: [] });
    expect(first.submits.map(({ status }) => status)).toEqual(wanted.map(() => 'accepted'));
    expect(second).toMatchObject({ submits: [], waiting: 2 * LEVELS, settled: false });
    const open = (): string[] =>
      shown(client.getOrders().map(({ side, price, leavesQty: qty }) => ({ side, price, qty })));
    expect(open()).toEqual(shown(wanted));
    expect(await client.quote(wanted)).toMatchObject({ settled: true });

    const moved = ladder(mid + 40);
    const third = await client.quote(moved);
    expect(third.submits).toEqual([]);
    expect(third.modifies.length).toBeGreaterThan(0);
    expect(open()).toEqual(shown(moved));

    const none = await client.quote([]);
    expect(none.cancels.map(({ status }) => status)).toEqual(moved.map(() => 'canceled'));
    expect(client.getOrders()).toEqual([]);
    for (const [wrong, code] of [
      [[{ side: 'buy', price: 0.05, qty: 1 }], 'ERR_OFF_GRID'],
      [{} as never, 'ERR_INVALID_ARGUMENT'],
    ] as const)
      await expect(client.quote(wrong)).rejects.toMatchObject({ code });
    await expect(client.quote([], { post: true } as never)).rejects.toThrow('options.post');
  });
}

const instrumentOn = (connector: string): LiveInstrument =>
  new LiveInstrument('BTCUSDT').connector(connector).tickSize(0.1).lotSize(0.001);

describe('quote on the stub', () => {
  const instruments = (): LiveInstrument[] => [instrumentOn('stub')];
  const stub = { fillProbability: 0, maxFeeds: Infinity, orderLatencyNs: 3_000_000 } as const;
  contract(
    () => new StubConnectorBot({ instruments: instruments(), ...stub }),
    () => ({ instruments: instruments(), backend: 'stub', stub }),
  );
});

describeNative('quote on a connector', () => {
  const name = connectorOfSuite('sim', 'BTCUSDT');
  const instruments = (): LiveInstrument[] => [instrumentOn(name)];
  contract(
    () => create({ instruments: instruments(), backend: 'native' }),
    () => ({ instruments: instruments(), backend: 'native' }),
  );
});
