// What a strategy knows in onStart, and what its end says of onStop.
import { afterEach, describe, expect, test } from 'vitest';

import {
  create,
  LiveInstrument,
  OrderIdSource,
  runLive,
  runStrategyLoop,
  StubConnectorBot,
  type Bot,
} from '../../../lib/index.js';
import {
  connectorOfSuite,
  startConnector,
  uniqueName,
} from '../../support/live-connector-process.js';
import { describeNative } from '../../support/native-suite.js';
import { waitForBook } from '../../support/wait-for-book.js';
import { describeBackends } from '../backends.js';

const bots: Bot[] = [];
afterEach(() => {
  for (const bot of bots.splice(0)) bot.close();
});

function botOn(connector: string, botId?: bigint): Bot {
  const instrument = new LiveInstrument('BTCUSDT')
    .connector(connector)
    .tickSize(0.1)
    .lotSize(0.001);
  const bot = create({
    instruments: [instrument],
    backend: 'native',
    ...(botId === undefined ? {} : { botId }),
  });
  bots.push(bot);
  return bot;
}

describeNative('onStart', () => {
  const name = connectorOfSuite('sim', 'BTCUSDT');

  test('finds the position and the open orders that an earlier run has left', () => {
    const first = botOn(name, 4_711n);
    waitForBook(first, 0);
    const ids = new OrderIdSource(first.botId);
    const wait = { timeoutMs: 10_000 };
    const { bestBid } = first.depth(0);
    const order = { qty: 0.02, price: Math.round(bestBid - 400) } as const;
    const resting = ids.next();
    first.submitOrder(0, { ...order, side: 'buy', orderId: resting }, wait);
    const taken = { side: 'sell', qty: 0.003, orderType: 'market' } as const;
    first.submitOrder(0, { ...taken, orderId: ids.next(), price: 0 }, wait);
    while (first.position(0) === 0) first.waitBatch(5_000_000);
    const held = first.position(0);
    first.close();

    const order0: string[] = [];
    let known: unknown;
    runStrategyLoop(
      botOn(name, 4_711n),
      {
        onStart(ctx) {
          order0.push('start');
          known = { position: ctx.position(), orders: [...ctx.orders().keys()] };
        },
        onLink: () => order0.push('link'),
        onExecutionReport(ctx, { orderId }) {
          order0.push(`order ${String(orderId === resting)}`);
          ctx.stop();
        },
        onStop(ctx) {
          ctx.cancelAll();
        },
      },
      { durationMs: 10_000 },
    );
    expect(known).toEqual({ position: held, orders: [resting] });
    // What came before is handed over afterwards.
    expect(order0.slice(0, 3)).toEqual(['start', 'link', 'order true']);
  });

  test('waits for the connector no longer than it is allowed, and says what is not known', () => {
    const lines: string[] = [];
    const bot = botOn(uniqueName());
    const beganNs = bot.monotonicNs();
    let atMs = NaN;
    let position = 0;
    const summary = runStrategyLoop(
      bot,
      {
        onStart(ctx) {
          atMs = (bot.monotonicNs() - beganNs) / 1e6;
          position = ctx.position();
          ctx.stop();
        },
      },
      { startWaitMs: 300, durationMs: 20_000, onLog: (text) => lines.push(text) },
    );
    expect(summary.reason).toBe('stopped');
    expect(position).toBeNaN();
    expect(atMs).toBeGreaterThanOrEqual(300);
    expect(atMs).toBeLessThan(5_000);
    expect(lines.join()).toMatch(/without knowing position and open orders of BTCUSDT/);
  });

  test('is called at once for a bot that knows already, and where it may wait for nothing', () => {
    const bot = botOn(name);
    waitForBook(bot, 0);
    for (const [each, startWaitMs] of [
      [bot, 60_000],
      [botOn(uniqueName()), 0],
    ] as const) {
      const beganNs = each.monotonicNs();
      runStrategyLoop(
        each,
        {
          onStart(ctx) {
            ctx.stop();
          },
        },
        { startWaitMs },
      );
      expect(each.monotonicNs() - beganNs).toBeLessThan(5e9);
    }
  });

  test('does not wait for an instrument that the connector refuses', async () => {
    const other = uniqueName();
    await startConnector(other, 'sim', 'BTCUSDT');
    const instrument = new LiveInstrument('BTCUSDT').connector(other).tickSize(7).lotSize(0.001);
    const bot = create({ instruments: [instrument], backend: 'native' });
    bots.push(bot);
    const errors: unknown[] = [];
    const beganNs = bot.monotonicNs();
    const run = (): unknown =>
      runStrategyLoop(
        bot,
        {
          onError(ctx, error) {
            errors.push(error);
            ctx.stop();
          },
        },
        { startWaitMs: 60_000, durationMs: 60_000 },
      );
    expect(run).toThrow(/refuses the tick or lot size of BTCUSDT/);
    expect(bot.monotonicNs() - beganNs).toBeLessThan(20e9);
    expect(errors).toMatchObject([
      {
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringMatching(/refuses the tick or lot size of BTCUSDT/) as string,
      },
    ]);
  });
});

describe('a strategy', () => {
  test('with nothing but onNotice is one', async () => {
    const summary = await runLive({
      strategy: new URL('./fixtures/only-notices.mjs', import.meta.url),
      instruments: [new LiveInstrument('BTCUSDT').connector('stub').tickSize(0.1).lotSize(0.001)],
      backend: 'stub',
      stub: { pace: 'asap' },
    });
    expect(summary).toMatchObject({ reason: 'end_of_data', handlerErrors: 0 });
  });
});

describeBackends('the end of a strategy', (backend) => {
  test('says what onStop cancelled, sent, and was refused', () => {
    const bot = backend.open();
    bots.push(bot);
    waitForBook(bot, 0);
    const cancelled: bigint[] = [];
    const summary = runStrategyLoop(
      bot,
      {
        onStart(ctx) {
          const price = Math.round(ctx.depth().bestBid - 500);
          for (let count = 0; count < 3; count += 1)
            cancelled.push(ctx.submit({ side: 'buy', price: price - count, qty: 0.01 }));
        },
        onBatch(ctx) {
          if (cancelled.every((id) => ctx.orders().get(id)?.cancellable)) ctx.stop();
        },
        onStop(ctx) {
          ctx.cancelAll();
          // A position would be closed like this.
          ctx.submit({ side: 'sell', qty: 0.002, orderType: 'market' });
          ctx.submit({ side: 'buy', price: Math.round(ctx.depth().bestAsk * 1.5), qty: 0.01 });
          ctx.submit({ side: 'buy', price: 0.05, qty: 0.01 });
        },
      },
      { durationMs: 10_000 },
    );
    expect(summary).toMatchObject({
      reason: 'stopped',
      handlerErrors: 1,
      stop: {
        cancelsAsked: 3,
        canceled: 3,
        cancelsUnanswered: 0,
        submitsAsked: 3,
        submitsRefused: 2,
      },
      ordersLeft: [],
    });
    // The run waited for the fill.
    expect(bot.position(0)).toBeCloseTo(-0.002, 9);
  });
});

test('cancellations that nobody answers are counted', () => {
  const bot = new StubConnectorBot({
    instruments: [new LiveInstrument('BTCUSDT').connector('stub').tickSize(0.1).lotSize(0.001)],
    maxFeeds: Infinity,
    pace: 'asap',
    requireLiveBook: false,
    fillProbability: 0,
    orderLatencyNs: 50_000_000,
  });
  bots.push(bot);
  const summary = runStrategyLoop(
    bot,
    {
      onStart(ctx) {
        ctx.submit({ side: 'buy', price: 100, qty: 0.1 });
      },
      onOrderUpdate(ctx) {
        ctx.stop();
      },
      onStop(ctx) {
        ctx.cancelAll();
      },
    },
    { stopWaitMs: 1, waitMs: 5 },
  );
  expect(summary.stop).toMatchObject({ cancelsAsked: 1, canceled: 0, cancelsUnanswered: 1 });
});
