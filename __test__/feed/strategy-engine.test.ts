import { describe, expect, it } from 'vitest';

import { LiveClient } from '../../lib/client/live-client.js';
import { BybitConnector } from '../../lib/feed/bybit-connector.js';
import { BinanceWsStream } from '../../lib/feed/binance-ws-stream.js';
import type { ConnectorWrapper } from '../../lib/feed/connector-wrapper.js';
import { ContextService } from '../../lib/feed/context-service.js';
import type { FeedStrategy } from '../../lib/feed/feed-strategy.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { NativeConnector } from '../../lib/feed/native-connector.js';
import { normalizeDepth, normalizeTrade } from '../../lib/feed/normalizer.js';
import { StrategyEngine } from '../../lib/feed/strategy-engine.js';
import { StubbedConnector } from '../../lib/feed/stubbed-connector.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { FakeBinance } from '../support/fake-binance.js';
import { until } from '../support/until.js';
import { FakeRunner } from './fake-runner.js';
import { logLines } from './log-lines.js';
import { rawDepth, rawTrade } from './scripted-connector.js';

const tick = (symbol = 'BTCUSDT') => normalizeTrade(rawTrade({ symbol }), { source: 'a' });
const update = () => normalizeDepth(rawDepth({ snapshot: true }), { source: 'a' });

describe('StrategyEngine', () => {
  it('gives every strategy the events of its symbols, in order', () => {
    const engine = new StrategyEngine({ logger: false });
    const seen: string[] = [];
    engine.add({ name: 'all', onTrade: (_, { symbol }) => seen.push(`all ${symbol}`) });
    engine.add({
      name: 'eth',
      symbols: ['ETHUSDT'],
      onTrade: (_, { symbol }) => seen.push(`eth ${symbol}`),
      onDepth: () => seen.push('eth depth'),
    });
    engine.ingestTrade(tick());
    engine.ingestTrade(tick('ETHUSDT'));
    engine.ingestDepth(update());
    expect(seen).toEqual(['all BTCUSDT', 'all ETHUSDT', 'eth ETHUSDT']);
    expect(engine.health).toMatchObject([
      { name: 'all', trades: 2, depth: 0, errors: 0 },
      { name: 'eth', trades: 1, depth: 0 },
    ]);
  });

  it('contains the errors of one strategy, thrown or rejected, and reports them', async () => {
    const reported: string[] = [];
    const { logger, named } = logLines();
    const engine = new StrategyEngine({
      logger,
      onError: (error, name) => {
        reported.push(`${name}: ${error.message}`);
        throw new Error('in onError');
      },
    });
    let good = 0;
    engine.add({
      name: 'throws',
      onTrade() {
        throw new Error('sync');
      },
    });
    engine.add({ name: 'rejects', onTrade: () => Promise.reject(new Error('async')) });
    engine.add({ name: 'good', onTrade: () => (good += 1) });
    engine.ingestTrade(tick());
    engine.ingestTrade(tick());
    await until(() => reported.length === 4, 'four errors');
    expect(good).toBe(2);
    expect(reported.sort()).toEqual([
      'rejects: async',
      'rejects: async',
      'throws: sync',
      'throws: sync',
    ]);
    expect(engine.health).toMatchObject([
      { name: 'throws', errors: 2, lastError: 'sync', enabled: true },
      { name: 'rejects', errors: 2 },
      { name: 'good', errors: 0 },
    ]);
    expect(named('connector_error').length).toBeGreaterThan(0);
  });

  it('disables a strategy after its errors in a row, when asked to', () => {
    const engine = new StrategyEngine({ logger: false, disableAfterErrors: 3 });
    let calls = 0;
    engine.add({
      name: 'bad',
      onTrade() {
        calls += 1;
        if (calls !== 2) throw new Error('bad');
      },
    });
    for (let i = 0; i < 10; i += 1) engine.ingestTrade(tick());
    expect(calls).toBe(5);
    expect(engine.health[0]).toMatchObject({ enabled: false, errors: 4 });
  });

  it('starts and stops strategies, and refuses two of one name', () => {
    const engine = new StrategyEngine({ logger: false });
    const seen: string[] = [];
    const strategy: FeedStrategy = {
      name: 'one',
      onStart: ({ strategy: name }) => seen.push(`start ${name}`),
      onTrade: () => seen.push('trade'),
      onStop: ({ strategy: name }) => seen.push(`stop ${name}`),
    };
    engine.add(strategy);
    expect(() => engine.add(strategy)).toThrow(/named one already/);
    engine.ingestTrade(tick());
    engine.stop();
    engine.ingestTrade(tick());
    expect(engine.remove('one')).toBe(false);
    expect(seen).toEqual(['start one', 'trade', 'stop one']);
  });

  it('calls a strategy after the service has the event', async () => {
    const stream = new HFTConnectorStream(new StubbedConnector({ stub: { pace: 'asap' } }), {
      symbols: ['BTCUSDT'],
      logger: false,
    });
    const context = new ContextService({ logger: false });
    const engine = new StrategyEngine({ logger: false, context });
    context.attach(stream);
    const detach = engine.attach(stream);
    let same = 0;
    let trades = 0;
    engine.add({
      name: 'check',
      onTrade({ market }, { price, symbol }) {
        trades += 1;
        if (market?.snapshot(symbol)?.lastPrice === price) same += 1;
      },
    });
    await stream.start();
    await until(() => trades > 50, 'fifty trades');
    detach();
    await stream.stop();
    expect(same).toBe(trades);
  });

  it('runs one strategy unchanged on every data source', async () => {
    /** The distance of each trade from the book it met. */
    class Distance implements FeedStrategy {
      readonly name = 'distance';
      readonly seen: number[] = [];
      onTrade(
        { market }: Parameters<NonNullable<FeedStrategy['onTrade']>>[0],
        { symbol, price }: Parameters<NonNullable<FeedStrategy['onTrade']>>[1],
      ): void {
        const mid = market?.snapshot(symbol)?.mid;
        if (mid !== undefined && mid === mid) this.seen.push(price - mid);
      }
    }
    const venue = await FakeBinance.start();
    const runner = new FakeRunner();
    const client = new LiveClient({
      instruments: [new LiveInstrument('BTCUSDT').connector('x').tickSize(0.1).lotSize(0.001)],
      backend: 'stub',
      stub: { maxFeeds: Infinity, stepIntervalNs: 1_000_000 },
    });
    const sources: ConnectorWrapper[] = [
      new StubbedConnector({ stub: { pace: 'asap' } }),
      new NativeConnector({ client }),
      new BybitConnector({ makeRunner: () => runner, logger: false }),
      new BinanceWsStream(venue.addresses),
    ];
    const talk = setInterval(() => {
      venue.trade('BTCUSDT', '100.5', '1');
      runner.report({
        type: 'depth',
        timestampMs: Date.now(),
        symbol: 'BTCUSDT',
        bids: [[99, 1]],
        asks: [[101, 1]],
        lastUpdateId: 1,
        snapshot: true,
        merged: 1,
      });
      runner.report({
        type: 'trade',
        timestampMs: Date.now(),
        symbol: 'BTCUSDT',
        price: 100.5,
        qty: 1,
        side: 'buy',
        isBuyerMaker: false,
        id: '',
      });
    }, 2);
    for (const source of sources) {
      const stream = new HFTConnectorStream(source, { symbols: ['BTCUSDT'], logger: false });
      const context = new ContextService({ logger: false });
      const engine = new StrategyEngine({ logger: false, context });
      const strategy = new Distance();
      context.attach(stream);
      engine.add(strategy).attach(stream);
      await stream.start();
      await until(() => strategy.seen.length >= 10, `ten trades of ${source.name}`);
      await stream.stop();
      expect(engine.health[0]).toMatchObject({ errors: 0 });
      for (const distance of strategy.seen) expect(Math.abs(distance)).toBeLessThan(5);
    }
    clearInterval(talk);
    await client.close();
    await venue.stop();
  });
});
