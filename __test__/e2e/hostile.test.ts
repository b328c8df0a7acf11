// What is wrong gets a name, and the process lives on. What a foreign program may write into
// shared memory is tested in crates/livebot (tests/over_shared_memory/foreign_bytes.rs).
import { afterEach, beforeEach, expect, it } from 'vitest';

import { create } from '../../lib/bot/create.js';
import { LiveClient } from '../../lib/client/live-client.js';
import type { Bot } from '../../lib/models/bot.js';
import { connectorErrorFromView } from '../../lib/models/event-from-view.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { RecordKind, STATE_BYTES } from '../../lib/models/record-layout.js';
import type { NativeAddon, NativeBot } from '../../lib/native/native-addon.js';
import { tryLoadAddon } from '../../lib/native/load-addon.js';
import { runLive } from '../../lib/strategy/run-live.js';
import { btcOn } from '../support/bot-process.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { waitForBook } from '../support/wait-for-book.js';

const closing: Disposable[] = [];

afterEach(() => {
  for (const each of closing.splice(0)) each[Symbol.dispose]();
});

function botOn(...instruments: LiveInstrument[]): Bot {
  const bot = create({ instruments, backend: 'native' });
  closing.push(bot);
  return bot;
}

function expectCode(code: string, call: () => unknown): void {
  expect(call, call.toString()).toThrow(expect.objectContaining({ name: 'HftError', code }));
}

/** What the connector says to a bot with this instrument. */
function refusal(instrument: LiveInstrument): string {
  const bot = botOn(instrument);
  const endNs = bot.monotonicNs() + 20e9;
  while (bot.monotonicNs() < endNs) {
    for (const view of bot.waitBatch(50_000_000)) {
      if (view.kind === RecordKind.Error) return connectorErrorFromView(view, bot.instruments).text;
    }
  }
  throw new Error('the connector said nothing');
}

describeNative('an instrument that is wrong', () => {
  let name = '';
  beforeEach(async () => {
    name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
  });

  it('is refused by the connector with the reason: symbol, tick size, lot size', () => {
    expect(
      refusal(new LiveInstrument('NOSUCH').connector(name).tickSize(0.1).lotSize(0.001)),
    ).toContain('NOSUCH');
    expect(refusal(btcOn(name).tickSize(0.5))).toContain('tick size 0.1');
    expect(refusal(btcOn(name).lotSize(0.5))).toContain('lot size 0.001');
  });

  it('shows no book and takes no order', () => {
    const bot = botOn(btcOn(name).tickSize(0.5));
    bot.elapse(500_000_000);
    expect(bot.depth(0).synced).toBe(false);
    const order = { orderId: 1n, side: 'buy', price: 40_000, qty: 0.01 } as const;
    expectCode('ERR_BOOK_NOT_LIVE', () => bot.submitOrder(0, order));
    expect(bot.order(0, 1n)).toBeNull();
  });

  it.each([0, -0.1, NaN, Infinity])('cannot even be built with the tick size %d', (tickSize) => {
    expectCode('ERR_INVALID_ARGUMENT', () => btcOn(name).tickSize(tickSize).build());
    const { instruments } = botOn(btcOn(name));
    const forged = { ...instruments[0]!, tickSize };
    expectCode('ERR_INVALID_ARGUMENT', () => create({ instruments: [forged], backend: 'native' }));
  });
});

describeNative('a connector that is not there', () => {
  it('is named by every request of a bot, which goes on waiting for it', async () => {
    const name = uniqueName();
    const bot = botOn(btcOn(name));
    bot.elapse(100_000_000);
    const order = { orderId: 1n, side: 'buy', price: 40_000, qty: 0.01 } as const;
    expectCode('ERR_CONNECTOR_DOWN', () => bot.submitOrder(0, order));
    expectCode('ERR_CONNECTOR_DOWN', () => {
      bot.cancelAll(0);
    });
    expect(bot.order(0, 1n)).toBeNull();
    expect(bot.links()).toMatchObject([{ connector: name, connected: false, state: 'waiting' }]);
    await startConnector(name, 'sim', 'BTCUSDT');
    waitForBook(bot, 0);
    expect(bot.submitOrder(0, order, { timeoutMs: 20_000 })).toBe('order_response');
    expect(bot.order(0, 1n)).toMatchObject({ status: 'new' });
  });

  it('is named by ready() and by orders of a client, and to a strategy by its onError', async () => {
    const name = uniqueName();
    await using client = new LiveClient({ instruments: [btcOn(name)], backend: 'native' });
    await client.start();
    await expect(client.ready(300)).rejects.toMatchObject({
      code: 'ERR_CONNECTOR_DOWN',
      message: expect.stringContaining(name) as string,
    });
    expect(await client.submitOrder({ side: 'buy', price: 40_000, qty: 0.01 })).toMatchObject({
      status: 'denied',
      code: 'ERR_CONNECTOR_DOWN',
    });
    const logged: unknown[] = [];
    const run = runLive({
      strategy: new URL('../support/programs/early-order.mjs', import.meta.url),
      instruments: [btcOn(name)],
      backend: 'native',
      durationMs: 300,
      onLog: (text) => logged.push(text),
    });
    await expect(run).rejects.toMatchObject({
      code: 'ERR_CONNECTOR_DOWN',
      message: expect.stringContaining(name) as string,
    });
    expect(logged).toContain('ERR_CONNECTOR_DOWN');
  });
});

describeNative('an order that is wrong', () => {
  let bot: Bot;
  beforeEach(async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    bot = botOn(btcOn(name));
    waitForBook(bot, 0);
  });
  const good = { orderId: 1n, side: 'buy', price: 40_000, qty: 0.01 } as const;

  it.each([
    ['price', [NaN, Infinity, -1, '40000', undefined]],
    ['qty', [NaN, Infinity, -0.01, 0, 1n, null]],
    ['orderId', [0n, -1n, 1n << 64n, 1.5, 2 ** 53, '1']],
    ['side', ['long', 1, undefined]],
    ['timeInForce', ['GTD', 0]],
    ['orderType', ['stop', 9]],
  ])('is refused before it is sent: %s', (field, values) => {
    for (const value of values) {
      expectCode('ERR_INVALID_ARGUMENT', () => bot.submitOrder(0, { ...good, [field]: value }));
    }
    expect(bot.orders(0).size).toBe(0);
    expect(bot.submitOrder(0, good, { timeoutMs: 20_000 })).toBe('order_response');
  });

  it('is refused under an id that an order has, and the order stands', () => {
    bot.submitOrder(0, good, { timeoutMs: 20_000 });
    expectCode('ERR_ORDER_ID_EXISTS', () => bot.submitOrder(0, { ...good, price: 41_000 }));
    expect(bot.order(0, 1n)).toMatchObject({ status: 'new', price: 40_000 });
  });

  it('cannot be cancelled or changed when there is none, or it has ended', () => {
    expectCode('ERR_ORDER_NOT_FOUND', () => bot.cancel(0, 9n));
    expectCode('ERR_ORDER_NOT_FOUND', () => bot.modify(0, 9n, 40_000, 0.01));
    bot.submitOrder(0, good, { timeoutMs: 20_000 });
    bot.cancel(0, 1n, { timeoutMs: 20_000 });
    expectCode('ERR_INVALID_ORDER_STATUS', () => bot.cancel(0, 1n));
  });

  it('is refused for an instrument that the bot does not have, and after close', () => {
    for (const asset of [1, -1, 0.5, NaN, 2 ** 32])
      expectCode('ERR_INSTRUMENT_NOT_FOUND', () => bot.submitOrder(asset, good));
    bot.close();
    expectCode('ERR_CLOSED', () => bot.submitOrder(0, good));
    expectCode('ERR_CLOSED', () => bot.cancel(0, 1n));
  });
});

describeNative('the addon itself', () => {
  const loaded = tryLoadAddon();
  const addon = (loaded.ok ? loaded.addon : {}) as NativeAddon;
  const records = (count: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(count * 128));
  const state = (bytes = STATE_BYTES): Uint8Array => new Uint8Array(new SharedArrayBuffer(bytes));
  const instrument = {
    connector: '',
    symbol: 'BTCUSDT',
    tickSize: 0.1,
    lotSize: 0.001,
    roiLb: 0,
    roiUb: 100_000,
    lastTradesCapacity: 0,
  };
  const wait = {
    strategy: 'adaptive',
    spinNs: 0,
    yieldNs: 0,
    yieldMaxNs: 0,
    parkNs: 50_000,
    shareCore: true,
  } as const;
  let bot: NativeBot;

  function open(change: object = {}): NativeBot {
    const made = new addon.HashMapMarketDepthLiveBot({
      instruments: [{ ...instrument, connector: uniqueName(), ...change }],
      botId: 0n,
      wait,
      heartbeatTimeoutNs: 3e9,
    });
    closing.push({
      [Symbol.dispose]: () => {
        made.close();
      },
    });
    return made;
  }
  function expectInvalid(call: () => unknown): void {
    expect(call, call.toString()).toThrow(expect.objectContaining({ code: 'InvalidArg' }));
  }
  beforeEach(() => {
    bot = open();
  });

  it('refuses instruments that would make hftbacktest panic', () => {
    for (const tickSize of [0, -1, NaN, Infinity]) expectInvalid(() => open({ tickSize }));
    for (const lotSize of [0, NaN]) expectInvalid(() => open({ lotSize }));
    for (const symbol of ['', 'x'.repeat(1_000)]) expectInvalid(() => open({ symbol }));
    expectInvalid(() => open({ connector: '' }));
    for (const roi of [
      { roiLb: 10, roiUb: 10 },
      { roiLb: NaN, roiUb: 10 },
      { roiLb: 0, roiUb: 1e300 },
    ]) {
      expectInvalid(
        () =>
          new addon.ROIVectorMarketDepthLiveBot({
            instruments: [{ ...instrument, connector: 'x', ...roi }],
            botId: 0n,
            wait,
            heartbeatTimeoutNs: 3e9,
          }),
      );
    }
  });

  it('refuses buffers that are too small, detached or not aligned', () => {
    const detached = new Uint8Array(2_048);
    structuredClone(detached, { transfer: [detached.buffer] });
    const bad: [Uint8Array, Uint8Array][] = [
      [records(1), state()],
      [new Uint8Array(0), state()],
      [detached, state()],
      [new Uint8Array(new SharedArrayBuffer(16 * 128 + 8), 4, 16 * 128), state()],
      [records(16), state(STATE_BYTES - 8)],
      [records(16), new Uint8Array(0)],
    ];
    for (const [each, block] of bad) {
      expectInvalid(() => {
        bot.attach(each, block);
      });
    }
    for (const wrong of [null, 7, new Float64Array(4_096)])
      expect(() => {
        bot.attach(wrong as never, state());
      }).toThrow();
    bot.attach(records(16), state());
    expect(addon.botWaitBatch(bot.handle, 0, 16)).toBeGreaterThanOrEqual(0);
  });

  it('writes nothing without a buffer', () => {
    expect(addon.botWaitBatch(bot.handle, 0, 16)).toBe(0);
    expect(bot.recordCount()).toBe(0);
  });

  it('refuses rings and ports that do not fit', () => {
    for (const size of [0, 511, 512, 512 + 63 * 128, 512 + 100 * 128])
      expectInvalid(() => new addon.NativePort(new Uint8Array(new SharedArrayBuffer(size)), null));
    for (const id of [0, 4_000_000_000])
      expectInvalid(() => {
        bot.bindPort(id);
      });
    const port = new addon.NativePort(null, null);
    port.close();
    expectInvalid(() => {
      bot.bindPort(port.id);
    });
    // Nothing to run into: the bot has no port.
    expect(addon.botRun(bot.handle, 0)).toBeLessThan(-1);
  });

  it('answers wrong numbers with a code, never with a crash', () => {
    bot.attach(records(64), state());
    for (const timeoutNs of [-1, NaN, Infinity, 1e300])
      expectInvalid(() => addon.botWaitBatch(bot.handle, timeoutNs, 16));
    for (const asset of [1, 4_294_967_295]) {
      expectInvalid(() => bot.position(asset));
      expectInvalid(() => bot.orders(asset));
      expect(addon.botSubmitOrder(bot.handle, asset, 1n, 1, 1, 1, 0, 0, 0)).toBeGreaterThan(0);
      expect(bot.cancelAll(asset)).toBeGreaterThan(0);
      expect(bot.resync(asset)).toBeGreaterThan(0);
    }
    for (const [side, price, qty, timeInForce, orderType] of [
      [0, 1, 1, 0, 0],
      [1, NaN, 1, 0, 0],
      [1, 1e300, 1, 0, 0],
      [1, 1, -1, 0, 0],
      [1, 1, 1, 250, 0],
      [1, 1, 1, 0, 250],
    ] as const) {
      const { handle } = bot;
      expect(
        addon.botSubmitOrder(handle, 0, 1n, side, price, qty, timeInForce, orderType, 0),
      ).toBeGreaterThan(0);
    }
    expect(bot.depth(0, 5, new Float64Array(0))).toBe(0);
    expect(bot.depth(0, 4_294_967_295, new Float64Array(4))).toBe(0);
    for (const id of [-1n, 1n << 64n]) {
      expectInvalid(() => bot.order(0, id));
      expectInvalid(() => addon.botCancel(bot.handle, 0, id, 0));
      expectInvalid(() => addon.portCancel(1, 0, id));
    }
    // Neither wraps nor rounds to another bot, instrument or time in force.
    for (const wrong of [-1, 0.5, NaN, 2 ** 32, '0', 0n, null, undefined, {}] as number[]) {
      expectInvalid(() => addon.botCancel(bot.handle, wrong, 1n, 0));
      expectInvalid(() => addon.botCancel(wrong, 0, 1n, 0));
      expectInvalid(() => addon.portModify(wrong, 0, 1n, 1, 1, 0));
      expectInvalid(() => addon.botSubmitOrder(bot.handle, 0, 1n, 1, 1, 1, wrong, 0, 0));
    }
    expectInvalid(() => addon.botSubmitOrder(bot.handle, 0, 1n, 1, 1, 1, 0, 256, 0));
    for (const wrong of ['1', 1n, null, undefined] as unknown as number[])
      expectInvalid(() => addon.botSubmitOrder(bot.handle, 0, 1n, 1, wrong, 1, 0, 0, 0));
    expectInvalid(() => addon.botCancel(bot.handle, 0, 1 as never, 0));
    expectInvalid(() => (addon.botRun as () => number)());
    for (const handle of [0, 4_294_967_295])
      expect(() => addon.botWaitBatch(handle, 0, 16)).toThrow('closed');
    expect(addon.portCancel(4_294_967_295, 0, 1n)).toBe(0);
  });

  it('refuses calls on what is no bot', () => {
    const { waitNextFeed, close } = Object.getPrototypeOf(bot) as NativeBot;
    const port = new addon.NativePort(null, null);
    for (const self of [undefined, null, {}, port, Object.create(bot) as object, 7]) {
      expect(() => Reflect.apply(waitNextFeed, self, [false, 0]) as unknown).toThrow();
      expect(() => {
        Reflect.apply(close, self, []);
      }).toThrow();
    }
    expect(() => Reflect.apply(addon.HashMapMarketDepthLiveBot, {}, [{}]) as unknown).toThrow();
    expect(() => new addon.HashMapMarketDepthLiveBot({} as never)).toThrow();
    expect(() => new addon.HashMapMarketDepthLiveBot(undefined as never)).toThrow();
    port.close();
    expect(bot.closed).toBe(false);
  });
});
