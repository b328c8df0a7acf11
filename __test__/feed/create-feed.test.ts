import { afterEach, describe, expect, it, vi } from 'vitest';

import { ContextService } from '../../lib/feed/context-service.js';
import { createFeed } from '../../lib/feed/create-feed.js';
import { DataSourceRegistry, dataSources } from '../../lib/feed/data-sources.js';
import { SwitchableFeed } from '../../lib/feed/switchable-feed.js';
import { FakeBinance } from '../support/fake-binance.js';
import { until } from '../support/until.js';
import { logLines } from './log-lines.js';
import { ScriptedConnector, rawTrade } from './scripted-connector.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe('createFeed', () => {
  it('makes the direct feed by default', () => {
    const { feed, settings } = createFeed({ env: {}, logger: false });
    expect(settings.dataSource).toBe('binance_ws');
    expect(feed.name).toBe('binance');
    expect(feed.symbols).toEqual(['BTCUSDT']);
  });

  it('feeds from Binance by settings, figures filled up by REST', async () => {
    const venue = await FakeBinance.start();
    closing.push(() => venue.stop());
    const { depthUrl, tradesUrl, restUrl } = venue.addresses;
    const { feed, backfill } = createFeed({
      env: {
        DATA_SOURCE: 'binance_ws',
        BINANCE_DEPTH_URL: depthUrl,
        BINANCE_TRADES_URL: tradesUrl,
        BINANCE_REST_URL: restUrl,
      },
      logger: false,
    });
    closing.push(() => feed.stop());
    const context = new ContextService({ logger: false });
    context.attach(feed);
    expect(await backfill(context)).toBe(500);
    const trades = feed.stream('trade');
    await feed.start();
    venue.trade('BTCUSDT', '7', '1');
    expect((await trades.next()).value).toMatchObject({ source: 'binance', price: 7 });
    expect(context.snapshot('BTCUSDT')?.lastPrice).toBe(7);
  });

  it.each([
    ['hft_connector', 'ERR_NATIVE_UNAVAILABLE', 'mine'],
    ['bybit_connector', 'ERR_CONNECTOR_NOT_FOUND', 'bybit'],
  ])('says of %s what is missing, and makes nothing up', async (dataSource, code, name) => {
    vi.stubEnv('HFTBACKTEST_LIVE_ADDON', '/nowhere.node');
    const { logger, named } = logLines();
    const { feed, connector, backfill } = createFeed({
      env: {
        DATA_SOURCE: dataSource,
        CONNECTOR_NAME: 'mine',
        HFTBACKTEST_LIVE_CONNECTOR: '/nowhere',
      },
      logger,
    });
    closing.push(() => feed.stop());
    expect(await backfill(new ContextService({ logger }))).toBe(0);
    expect(named('context_backfill_skipped')).toMatchObject([{ data_source: dataSource }]);
    await expect(feed.start()).rejects.toMatchObject({ code });
    expect([feed.state, connector.name]).toEqual(['failed', name]);
    expect(feed.metrics.trades.total + feed.metrics.depth.total).toBe(0);
    expect(named('connector_connection_error')).toMatchObject([{ code, retry_in_ms: null }]);
    expect(named('connector_stub_fallback')).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('takes a data source of your own, by name', async () => {
    const registry = new DataSourceRegistry();
    const connector = new ScriptedConnector('mine');
    registry.register('my_venue', () => connector);
    const { feed } = createFeed({
      env: { DATA_SOURCE: 'my_venue', CONNECTOR_POLL_INTERVAL_MS: '5' },
      registry,
      logger: false,
    });
    closing.push(() => feed.stop());
    const events = feed.events();
    await feed.start();
    connector.queue.push(rawTrade());
    expect((await events.next()).value).toMatchObject({ source: 'mine' });
  });

  it('exchanges one data source for another without losing the consumers', async () => {
    const registry = new DataSourceRegistry();
    const connectors = ['one', 'two'].map((name) => {
      const connector = new ScriptedConnector(name);
      registry.register(name, () => connector);
      return connector;
    });
    const make = (dataSource: string) =>
      createFeed({ dataSource, env: {}, registry, logger: false, pollIntervalMs: 5 }).feed;
    const feed = new SwitchableFeed([make('one')], { logger: false });
    closing.push(() => feed.stop());
    const prices: number[] = [];
    feed.on('trade', ({ price }) => prices.push(price));
    await feed.start();
    connectors[0]!.queue.push(rawTrade({ price: 1 }));
    await until(() => prices.length === 1, 'the first');
    await feed.switchTo(make('two'));
    connectors[1]!.queue.push(rawTrade({ price: 2 }));
    await until(() => prices.length === 2, 'the second');
    expect(prices).toEqual([1, 2]);
  });

  it('logs by the level of its settings', () => {
    const { logger } = createFeed({ env: { LOG_LEVEL: 'error' } });
    expect(logger.isLevelEnabled('info')).toBe(false);
    expect(logger.isLevelEnabled('error')).toBe(true);
  });

  it('names the data sources that there are when one is unknown', () => {
    expect(() => createFeed({ dataSource: 'kraken', env: {}, logger: false })).toThrow(
      /no data source "kraken"; there are binance_ws, hft_connector, bybit_connector/,
    );
  });
});

describe('DataSourceRegistry', () => {
  it('refuses a name twice and one that is no name', () => {
    expect(() => dataSources.register('binance_ws', () => new ScriptedConnector())).toThrow(
      /registered already/,
    );
    expect(() => dataSources.register('My Venue', () => new ScriptedConnector())).toThrow(
      /may hold/,
    );
  });

  it('forgets a name', () => {
    const registry = new DataSourceRegistry();
    registry.register('mine', () => new ScriptedConnector());
    expect(registry.unregister('mine')).toBe(true);
    expect(registry.names).toEqual(['binance_ws', 'hft_connector', 'bybit_connector']);
  });
});
