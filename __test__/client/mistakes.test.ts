// Mistakes of a first hour, one by one: each is answered by name, with a word on what to do.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';

import {
  create,
  HftError,
  LiveClient,
  LiveInstrument,
  runLive,
  runStrategyLoop,
  StubConnectorBot,
  type OrderRequest,
} from '../../lib/index.js';
import { until } from '../support/until.js';
import { stubClient } from './clients.js';

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
});

/** The error of a call, however it comes. */
async function errorOf(call: () => unknown): Promise<HftError> {
  try {
    await call();
  } catch (error) {
    if (HftError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const plain = { symbol: 'BTCUSDT', connector: 'stub', tickSize: 0.1, lotSize: 0.001 };
const instruments = [plain];

describe('what is left out', () => {
  it.each([
    ['new LiveClient()', () => new LiveClient(undefined as never)],
    ['new LiveClient(null)', () => new LiveClient(null as never)],
    ['create()', () => create(undefined as never)],
    ['runLive()', () => runLive(undefined as never)],
    ['new StubConnectorBot()', () => new StubConnectorBot(undefined as never)],
  ])('%s', async (_, call) => {
    const { code, message } = await errorOf(call);
    expect(code).toBe('ERR_INVALID_ARGUMENT');
    expect(message).toMatch(
      /^options: must be an object with named fields, not (undefined|null)\.$/,
    );
  });

  it('instruments', async () => {
    for (const options of [{}, { instruments: [] }, { instruments: plain }])
      expect((await errorOf(() => new LiveClient(options as never))).message).toContain(
        "For example [new LiveInstrument('BTCUSDT')",
      );
  });

  it('a bot or a strategy of a loop', async () => {
    const bot = new StubConnectorBot({ instruments, pace: 'asap', maxFeeds: 3 });
    closing.push(bot);
    expect((await errorOf(() => runStrategyLoop(undefined as never, {}))).message).toContain(
      'bot: undefined must be a bot',
    );
    expect((await errorOf(() => runStrategyLoop(bot, undefined as never))).message).toContain(
      'strategy: undefined must be an object with handlers',
    );
  });
});

describe('an instrument as a plain object', () => {
  it('is one, with what may be left out', () => {
    const client = stubClient({ instruments });
    expect(client.instruments).toEqual([{ ...plain, roi: undefined, lastTradesCapacity: 0 }]);
  });

  it.each([
    [{ ...plain, tick: 0.1 }, 'Did you mean tickSize?'],
    [{ symbol: 'BTCUSDT' }, 'connector in an object'],
    [{ ...plain, lotSize: undefined }, 'lotSize in an object'],
    ['BTCUSDT', 'must be an object with named fields, not a string'],
  ])('%j is refused by name', async (instrument, says) => {
    const error = await errorOf(() => stubClient({ instruments: [instrument as never] }));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(error.message).toContain(says);
  });
});

describe('a client', () => {
  async function running(): Promise<LiveClient> {
    const client = stubClient({
      instruments,
      stub: { maxFeeds: Infinity, fillProbability: 0 },
    });
    await client.start();
    await client.ready(5_000);
    return client;
  }

  it('does not know its position before the start', () => {
    expect(stubClient({ instruments }).getPosition()).toBeNaN();
  });

  it.each([
    ['filled', 100],
    [100, undefined],
    [undefined, 100],
  ])('waitForOrder(id, %j, %j) says what it takes', async (wanted, timeoutMs) => {
    const client = await running();
    const { order } = await client.submitOrder({ side: 'buy', price: 100, qty: 0.1 });
    const error = await errorOf(() =>
      client.waitForOrder(order.orderId, wanted as never, timeoutMs as never),
    );
    expect(error.code).toBe('ERR_INVALID_ARGUMENT');
    expect(error.message).toContain('until: ');
    expect(error.message).toContain(
      "'terminal' or a function, (order) => order.state === 'filled'",
    );
  });

  it.each(['trades', 'fill', 'reject', 'order'])(
    'has no event %j, and lists those there are',
    async (name) => {
      const client = await running();
      const error = await errorOf(() => client.on(name as never, () => undefined));
      expect(error.message).toMatch(/there is no ".*". (Did you mean|There are trade)/);
    },
  );

  it('takes a market order without a price, and no limit order without one', async () => {
    const client = await running();
    const market = await client.submitOrder({ side: 'buy', qty: 0.01, orderType: 'market' });
    expect(market.status).toBe('filled');
    const error = await errorOf(() => client.submitOrder({ side: 'buy', qty: 0.01 }));
    expect(error.message).toBe('price: undefined is required for a limit order.');
  });

  it('names methods that a client has', async () => {
    const client = await running();
    for (const call of [() => client.cancelOrder(5n), () => client.modifyOrder(5n, { qty: 1 })]) {
      const { code, message } = await errorOf(call);
      expect(code).toBe('ERR_ORDER_NOT_FOUND');
      expect(message).toMatch(/the client holds no order.*getOrders\(\)/);
    }
  });

  it('tells of a handler that blocks its thread', async () => {
    const client = await running();
    const blocked: number[] = [];
    client.on('blocked', ({ durationMs }) => blocked.push(durationMs));
    client.once('trade', () => {
      const endMs = performance.now() + 1_600;
      while (performance.now() < endMs);
    });
    await until(() => blocked.length > 0, 'a word on the blocked thread');
    expect(blocked[0]).toBeGreaterThan(1_000);
    expect(blocked[0]).toBeLessThan(60_000);
  });

  it('hears what a handler throws, also an asynchronous one, and lives on', async () => {
    const client = await running();
    const errors: string[] = [];
    client.on('error', ({ error, source }) => errors.push(`${source}: ${error.message}`));
    client.once('trade', () => {
      throw new Error('at once');
    });
    client.once('trade', async () => {
      await Promise.resolve();
      throw new Error('later');
    });
    await until(() => errors.length === 2, 'both errors');
    expect(errors.sort()).toEqual(['handler: at once', 'handler: later']);
    expect(client.state).toBe('running');
  });

  it.each([
    ['before the start', 'ERR_INVALID_STATE', /not started\. Await start\(\) first/],
    ['when it is closed', 'ERR_CLOSED', /closed/],
  ])('says %s what to do, and sends nothing', async (when, code, says) => {
    const client = when === 'before the start' ? stubClient({ instruments }) : await running();
    if (when !== 'before the start') await client.close();
    for (const call of [
      () => client.submitOrder({ side: 'buy', price: 1, qty: 1 }),
      () => client.cancelOrder(1n),
      () => client.cancelAll(),
      () => client.quote([]),
    ]) {
      const error = await errorOf(call);
      expect(error.code).toBe(code);
      expect(error.message).toMatch(says);
    }
  });

  it('that is not started says so where it is waited for, and names no connector', async () => {
    const error = await errorOf(() => stubClient({ instruments }).ready(10));
    expect(error).toMatchObject({ code: 'ERR_INVALID_STATE', recoverable: false });
    expect(error.message).toMatch(/the client is not started\. Await start\(\) first/);
    expect(error.message).not.toContain('Is a connector running');
  });
});

describe('a low-level bot', () => {
  it('takes a market order without a price, and no limit order without one', () => {
    const bot = new StubConnectorBot({ instruments, maxFeeds: Infinity, pace: 'asap' });
    closing.push(bot);
    while (!bot.depth(0).synced) bot.waitBatch(1e8);
    const order: OrderRequest = { orderId: 1n, side: 'buy', qty: 0.01, orderType: 'market' };
    expect(bot.submitOrder(0, order, { timeoutMs: 1_000 })).toBe('order_response');
    expect(() => bot.submitOrder(0, { orderId: 2n, side: 'buy', qty: 0.01 })).toThrow(
      'price: undefined is required for a limit order',
    );
  });

  it.each([
    [{ side: 'BUY' }, "must be 'buy' or 'sell'"],
    [{ qty: '1' }, 'qty: "1" must be a finite number above 0'],
    [{ type: 'market' }, 'orderType'],
    [{ price: 100.06 }, 'the nearest is 100.1'],
  ])('refuses %j with the rule', (wrong, says) => {
    const bot = new StubConnectorBot({ instruments, requireLiveBook: false });
    closing.push(bot);
    const order = { orderId: 1n, side: 'buy', qty: 0.01, price: 100, ...wrong };
    expect(() => bot.submitOrder(0, order as never)).toThrow(says);
  });
});

describe('a strategy', () => {
  const run = (strategy: string, more: object = {}): Promise<unknown> =>
    runLive({
      strategy: `data:text/javascript,${encodeURIComponent(strategy)}`,
      instruments,
      backend: 'stub',
      stub: { maxFeeds: Infinity },
      ...more,
    });

  it('whose handler does not return is ended, not long after its duration', async () => {
    const beganMs = performance.now();
    const error = await errorOf(() =>
      run('export default { onBatch() { for (;;); } };', {
        durationMs: 300,
        stopTimeoutMs: 200,
        stopWaitMs: 100,
        onLog: () => undefined,
      }),
    );
    expect(error.code).toBe('ERR_TIMEOUT');
    expect(error.message).toContain('A handler must return');
    expect(performance.now() - beganMs).toBeLessThan(20_000);
  });

  it('whose handler blocks for long is reported so, and the summary has it', async () => {
    const lines: string[] = [];
    const summary = await run(
      `let once = true;
       export default {
         onBatch(ctx) {
           if (!once) return;
           once = false;
           const end = Date.now() + 1200;
           while (Date.now() < end);
           ctx.stop();
         },
       };`,
      { onLog: (text: string) => lines.push(text) },
    );
    expect(lines.join()).toMatch(/The handlers held the loop for \d{4} ms/);
    expect((summary as { longestBatchMs: number }).longestBatchMs).toBeGreaterThan(1_000);
  });

  it.each([
    ['ctx.cancel(9n)', /the strategy holds no order.*ctx\.orders\(\)/],
    ['ctx.submit({ side: "buy", qty: 1 })', /order\.price: undefined is required/],
    ['ctx.submit({ side: "buy", price: 100.06, qty: 1 })', /nearest is 100\.1/],
    ['ctx.position("ETHUSDT")', /there is no instrument "ETHUSDT"; there are BTCUSDT/],
    ['ctx.quote({})', /quotes: object must be a list/],
  ])('that calls %s is answered in its own words', async (call, says) => {
    const lines: string[] = [];
    await run(
      `export default {
         onBatch(ctx) { if (ctx.depth().synced) { ctx.stop(); ${call}; } },
         onError(ctx, error) { ctx.log(error.message); },
       };`,
      { onLog: (text: string) => lines.push(text) },
    );
    expect(lines.join()).toMatch(says);
    expect(lines.join()).not.toMatch(/\bthe bot\b|\(asset\)/);
  });
});

it('a run that is not awaited and fails ends the process with the reason, as Node does', async () => {
  const program = `
    import { LiveClient } from './dist/index.js';
    const client = new LiveClient({ instruments: [${JSON.stringify(plain)}], backend: 'stub' });
    client.submitOrder({ side: 'buy', price: 1, qty: 1 });
  `;
  const args = ['--input-type=module', '--eval', program];
  const failed = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error);
  expect((failed as { stderr: string }).stderr).toContain(
    'the client is not started. Await start()',
  );
});

it('an instrument is asked for by the name that was meant', () => {
  const bot = new StubConnectorBot({
    instruments: [new LiveInstrument('BTCUSDT').connector('stub').tickSize(0.1).lotSize(0.001)],
  });
  closing.push(bot);
  expect(() => bot.depth(1)).toThrow('index from 0 to 0');
});
