// A feed on the real connector, over real shared memory.
import { afterEach, expect, it } from 'vitest';

import { BybitConnector } from '../../lib/feed/bybit-connector.js';
import { ContextService } from '../../lib/feed/context-service.js';
import { createFeed } from '../../lib/feed/create-feed.js';
import type { DepthUpdate } from '../../lib/feed/depth-update.js';
import { FailoverFeed } from '../../lib/feed/failover-feed.js';
import type { Feed } from '../../lib/feed/feed.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { NativeConnector } from '../../lib/feed/native-connector.js';
import { StubbedConnector } from '../../lib/feed/stubbed-connector.js';
import { startFakeBybit } from '../support/fake-bybit-venue.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

const feeds: Feed[] = [];
afterEach(async () => {
  await Promise.all(feeds.splice(0).map((feed) => feed.stop()));
});

function feedOn(name: string) {
  const { feed, connector } = createFeed({
    env: { DATA_SOURCE: 'hft_connector', CONNECTOR_NAME: name },
    logger: false,
    stream: { backoff: { baseMs: 50, maxMs: 200, maxAttempts: Infinity } },
  });
  feeds.push(feed);
  if (!(connector instanceof NativeConnector)) throw new Error('another data source');
  return { feed, connector };
}

describeNative('a feed on a connector', () => {
  it('has the book of the client, times in ns, and figures of it', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const { feed, connector } = feedOn(name);
    const context = new ContextService({ logger: false });
    context.attach(feed);
    let equal = 0;
    let invalid = 0;
    feed.on('depth', (update: DepthUpdate) => {
      const own = context.snapshot('BTCUSDT');
      const book = connector.client?.snapshot('BTCUSDT', 1);
      if (own?.bestBid === book?.bids[0]?.price && own?.bestAsk === book?.asks[0]?.price)
        equal += 1;
      if (update.timestampNs === undefined) invalid += 1;
    });
    await feed.start();
    await until(() => equal > 200 && feed.metrics.trades.total > 20, 'books and trades');
    expect(invalid).toBe(0);
    expect(feed.metrics).toMatchObject({ invalidEvents: 0, consumerErrors: 0 });
    expect(feed.health.connectorHealth.details).toMatchObject({ backend: 'native' });
    const { bestBid, bestAsk } = context.snapshot('BTCUSDT')!;
    expect(bestBid).toBeLessThan(bestAsk);
  });

  it('notices that the connector was killed, and goes on when it runs again', async () => {
    const name = uniqueName();
    const connector = await startConnector(name, 'sim', 'BTCUSDT');
    const { feed } = feedOn(name);
    const losses: string[] = [];
    feed.on('disconnected', ({ reason }) => losses.push(reason));
    await feed.start();
    await until(() => feed.metrics.depth.total > 0, 'a book');
    process.kill(connector.pid!, 'SIGKILL');
    await until(() => !feed.health.connected, 'the loss');
    await startConnector(name, 'sim', 'BTCUSDT');
    await until(() => feed.health.reconnections === 1, 'the return', 20_000);
    const depth = feed.stream('depth');
    const before = feed.metrics.depth.total;
    await depth.next();
    expect(feed.metrics.depth.total).toBeGreaterThanOrEqual(before);
    expect(losses.length).toBe(1);
  });

  it('hands over to a backup when the connector is killed', async () => {
    const name = uniqueName();
    const connector = await startConnector(name, 'sim', 'BTCUSDT');
    const { feed: primary } = feedOn(name);
    const backup = new HFTConnectorStream(new StubbedConnector({ name: 'backup' }), {
      symbols: ['BTCUSDT'],
      logger: false,
    });
    const feed = new FailoverFeed(primary, [backup], { failAfterMs: 2_000, logger: false });
    feeds.push(feed);
    await feed.start();
    const sources = new Set<string>();
    feed.on('trade', ({ source }) => sources.add(source));
    await until(() => sources.has(name), 'a trade of the connector', 20_000);
    process.kill(connector.pid!, 'SIGKILL');
    await until(() => sources.has('backup'), 'a trade of the backup', 20_000);
    expect(feed.active.name).toBe('backup');
    // It sweeps what the killed one left in shared memory.
    await startConnector(name, 'sim', 'BTCUSDT');
  });
});

describeNative('a feed on Bybit', () => {
  it('has trades and a book that is never crossed, also after its process was killed', async () => {
    const venue = await startFakeBybit();
    const connector = new BybitConnector({
      runner: { configFile: venue.configFile, restart: { delayMs: 50 } },
      fallbackToStub: false,
      logger: false,
    });
    const feed = new HFTConnectorStream(connector, {
      symbols: ['BTCUSDT'],
      backoff: { baseMs: 50 },
      logger: false,
    });
    feeds.push(feed);
    const context = new ContextService({ logger: false });
    context.attach(feed);
    let crossed = 0;
    let snapshots = 0;
    let afterSnapshot = 0;
    feed.on('depth', ({ snapshot }) => {
      if (snapshot) [snapshots, afterSnapshot] = [snapshots + 1, 0];
      else afterSnapshot += 1;
      const book = context.snapshot('BTCUSDT');
      if (book !== undefined && book.bestBid >= book.bestAsk) crossed += 1;
    });
    await feed.start();
    await until(() => feed.metrics.trades.total > 5 && afterSnapshot > 5, 'events', 30_000);
    const { pid } = connector.health.details as { pid: number };
    process.kill(pid, 'SIGKILL');
    await until(() => feed.health.reconnections === 1, 'the return', 30_000);
    await until(() => snapshots >= 2 && afterSnapshot > 5, 'the book again', 30_000);
    expect(crossed).toBe(0);
    expect(feed.metrics).toMatchObject({ invalidEvents: 0, consumerErrors: 0 });
    expect(context.snapshot('BTCUSDT')).toMatchObject({ source: 'bybit' });
  });

  it('goes on with the same process and a whole book after the venue was away', async () => {
    const venue = await startFakeBybit();
    const connector = new BybitConnector({
      runner: { configFile: venue.configFile },
      fallbackToStub: false,
      logger: false,
    });
    const feed = new HFTConnectorStream(connector, { symbols: ['BTCUSDT'], logger: false });
    feeds.push(feed);
    let snapshots = 0;
    feed.on('depth', ({ snapshot }) => {
      if (snapshot) snapshots += 1;
    });
    await feed.start();
    await until(() => feed.metrics.depth.total > 5, 'a book', 30_000);
    const { pid } = connector.health.details as { pid: number };
    await venue.run('cut', { socket: 'public' });
    await until(() => snapshots > 1 && feed.health.connected, 'the book again', 30_000);
    expect(connector.health.details).toMatchObject({ pid, restarts: 0 });
  });
});
