// A connector on the thread of its bot: the same bot, client and strategy, without a second process.
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { create } from '../../lib/bot/create.js';
import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { runLive } from '../../lib/strategy/run-live.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

const instruments = [new LiveInstrument('BTCUSDT').connector('sim').tickSize(0.1).lotSize(0.001)];
const connector = { kind: 'sim', direct: true, args: ['--seed', '7'] } as const;
const strategy = fileURLToPath(new URL('./strategy/fixtures/quoter.mjs', import.meta.url));

describeNative('a connector on the thread of its bot', () => {
  it('gives a low-level bot book, orders and fills', () => {
    const bot = create({ instruments, connector });
    try {
      const end = performance.now() + 5_000;
      while (!bot.depth(0).synced && performance.now() < end) bot.waitBatch(20e6);
      const bid = bot.depth(0).bestBid;
      expect(bid).toBeGreaterThan(0);
      bot.submitOrder(0, { orderId: 1n, side: 'buy', price: bid + 100, qty: 0.01 });
      while (!(bot.position(0) > 0) && performance.now() < end) bot.waitBatch(20e6);
      expect(bot.position(0)).toBe(0.01);
      const [link] = bot.links();
      expect(link).toMatchObject({ orders: 'simulated', connected: true, pid: process.pid });
    } finally {
      bot.close();
    }
  });

  it('serves a client', async () => {
    const client = new LiveClient({ instruments, connector, onError: () => undefined });
    await client.start();
    await client.ready(10_000);
    const bid = client.snapshot().bids[0]?.price ?? NaN;
    const resting = await client.submitOrder({ side: 'buy', price: bid - 100, qty: 0.01 });
    expect(resting.status).toBe('accepted');
    await client.submitOrder({ side: 'buy', price: bid + 100, qty: 0.01 });
    await until(() => client.getPosition() === 0.01, 'the position is known');
    expect(client.health.connectorProcess).toBeUndefined();
    await client.close();
  });

  it('serves a strategy', async () => {
    const summary = await runLive({ strategy, instruments, connector, durationMs: 1_500 });
    expect(summary.ordersSubmitted).toBeGreaterThan(0);
    expect(summary.ordersLeft).toEqual([]);
    expect(summary.trades).toBeGreaterThan(0);
  });

  it('refuses what only a process can have', () => {
    const refused = (more: object): unknown => {
      try {
        create({ instruments, connector: { ...connector, ...more } }).close();
        return undefined;
      } catch (error) {
        return error;
      }
    };
    expect(refused({ restart: false })).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(refused({ args: ['--with-stdin'] })).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(refused({ direct: false })).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('without the addon', () => {
  it('is not needed for made-up prices', () => {
    const bot = create({ instruments, connector, backend: 'stub' });
    expect(bot.backend).toBe('stub');
    bot.close();
  });
});
