// cancelAll means the same wherever it is called: every open order of this program, on every instrument
// unless one is named, also those whose submission is not answered yet.
import { afterEach, describe, expect, test } from 'vitest';

import {
  create,
  LiveClient,
  LiveInstrument,
  OrderIdSource,
  runStrategyLoop,
  StubConnectorBot,
  type Bot,
} from '../../lib/index.js';
import { connectorOfSuite } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';
import { waitForBook } from '../support/wait-for-book.js';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'] as const;

interface Backend {
  readonly instruments: () => LiveInstrument[];
  readonly openBot: () => Bot;
  readonly openClient: () => LiveClient;
}

/** What was open and what is, by instrument. */
type Left = readonly [number, number];

function openOf(bot: Bot): Left {
  const count = (asset: number): number =>
    [...bot.orders(asset).values()].filter(
      ({ status }) => status === 'new' || status === 'partially_filled',
    ).length;
  return [count(0), count(1)];
}

/** Lets answers come, for so long by the bot's clock. */
function settle(bot: Bot, isOver: () => boolean): void {
  const endNs = bot.monotonicNs() + 5e9;
  while (!isOver() && bot.monotonicNs() < endNs) bot.waitBatch(5_000_000);
}

const farPrice = (best: number): number => Math.round(best * 0.95);

function contract({ openBot, openClient }: Backend): void {
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  function bot(): Bot {
    const made = openBot();
    closing.push(() => {
      if (!made.closed) made.cancelAll();
      made.close();
    });
    waitForBook(made, 0);
    waitForBook(made, 1);
    return made;
  }

  /** One order that rests on each instrument, and one on each that is on its way. */
  function submitTo(made: Bot): void {
    const ids = new OrderIdSource(made.botId);
    const place = (asset: number): void => {
      const price = farPrice(made.depth(asset).bestBid);
      made.submitOrder(asset, { orderId: ids.next(), side: 'buy', price, qty: 0.1 });
    };
    place(0);
    place(1);
    settle(made, () => [0, 1].every((asset) => [...made.orders(asset).values()][0]?.cancellable));
    place(0);
    place(1);
  }

  test('of a bot', () => {
    const made = bot();
    submitTo(made);
    expect(openOf(made)).toEqual([2, 2]);
    made.cancelAll();
    settle(made, () => openOf(made).every((count) => count === 0));
    expect(openOf(made)).toEqual([0, 0]);
  });

  test('of a bot, for one instrument', () => {
    const made = bot();
    submitTo(made);
    made.cancelAll(1);
    settle(made, () => openOf(made)[1] === 0);
    expect(openOf(made)).toEqual([2, 0]);
  });

  test.each([
    ['every instrument', undefined, [0, 0]],
    ['one instrument', 'ETHUSDT', [2, 0]],
  ] as const)('of a strategy, for %s, while it runs', (_, instrument, left) => {
    const made = bot();
    let resting = 0;
    let asked = false;
    runStrategyLoop(
      made,
      {
        onStart(ctx) {
          for (const asset of [0, 1]) {
            const price = farPrice(ctx.depth(asset).bestBid);
            ctx.submit({ instrument: asset, side: 'buy', price, qty: 0.1 });
          }
        },
        onOrderUpdate(ctx, { current }) {
          if (current === 'new') resting += 1;
          if (resting < 2 || asked) return;
          asked = true;
          for (const asset of [0, 1]) {
            const price = farPrice(ctx.depth(asset).bestBid);
            ctx.submit({ instrument: asset, side: 'buy', price, qty: 0.1 });
          }
          ctx.cancelAll(instrument);
        },
        onBatch(ctx) {
          if (asked && openOf(made).join() === left.join()) ctx.stop();
        },
      },
      { durationMs: 5_000, waitMs: 5, stopWaitMs: 0 },
    );
    expect(openOf(made)).toEqual(left);
  });

  test.each([
    ['every instrument', undefined, [0, 0]],
    ['one instrument', 'ETHUSDT', [2, 0]],
  ] as const)('of a client, for %s', async (_, instrument, left) => {
    const client = openClient();
    const errors: string[] = [];
    client.on('error', ({ error }) => errors.push(error.message));
    closing.push(async () => {
      if (client.state === 'running') await client.cancelAll();
      await client.close();
    });
    await client.start();
    await client.ready(10_000);
    await until(() => SYMBOLS.every((symbol) => client.snapshot(symbol).bids.length > 0), 'books');
    const place = (symbol: string): Promise<unknown> => {
      const price = farPrice(client.snapshot(symbol).bids[0]!.price);
      return client.submitOrder({ symbol, side: 'buy', price, qty: 0.1 });
    };
    await Promise.all(SYMBOLS.map(place));
    const onTheirWay = SYMBOLS.map(place);
    const outcomes = await client.cancelAll(instrument);
    expect(outcomes.map(({ status }) => status)).toEqual(
      Array.from({ length: instrument === undefined ? 4 : 2 }, () => 'canceled'),
    );
    await Promise.all(onTheirWay);
    expect(SYMBOLS.map((symbol) => client.getOrders(symbol).length)).toEqual(left);
    // With the answers that are still on their way.
    await client.close();
    expect(errors).toEqual([]);
  });
}

const instrumentsOn = (connector: string): LiveInstrument[] =>
  SYMBOLS.map((symbol, asset) =>
    new LiveInstrument(symbol)
      .connector(connector)
      .tickSize(asset === 0 ? 0.1 : 0.01)
      .lotSize(asset === 0 ? 0.001 : 0.01),
  );

describe('cancelAll on the stub', () => {
  const instruments = (): LiveInstrument[] => instrumentsOn('stub');
  const stub = { fillProbability: 0, maxFeeds: Infinity } as const;
  contract({
    instruments,
    openBot: () => new StubConnectorBot({ instruments: instruments(), ...stub }),
    openClient: () => new LiveClient({ instruments: instruments(), backend: 'stub', stub }),
  });
});

describeNative('cancelAll on a connector', () => {
  const name = connectorOfSuite('sim', ...SYMBOLS);
  const instruments = (): LiveInstrument[] => instrumentsOn(name);
  contract({
    instruments,
    openBot: () => create({ instruments: instruments(), backend: 'native' }),
    openClient: () => new LiveClient({ instruments: instruments(), backend: 'native' }),
  });
});
