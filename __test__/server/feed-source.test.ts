// What a server shows of a feed, over the connector of made-up data.
import { afterEach, describe, expect, it } from 'vitest';

import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { StubbedConnector } from '../../lib/feed/stubbed-connector.js';
import { FeedSource } from '../../lib/server/feed-source.js';
import { DepthBook } from '../support/depth-book.js';
import { until } from '../support/until.js';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function feedAndSource(): {
  connector: StubbedConnector;
  feed: HFTConnectorStream;
  source: FeedSource;
} {
  const connector = new StubbedConnector();
  const feed = new HFTConnectorStream(connector, {
    symbols: ['BTCUSDT'],
    backoff: { baseMs: 20, maxMs: 50, maxAttempts: 100 },
  });
  const source = new FeedSource(feed, ['BTCUSDT'], { tickSize: 0.1 });
  ends.push(
    () => {
      source.close();
    },
    () => feed.stop(),
  );
  return { connector, feed, source };
}

describe('a source over a feed', () => {
  it('shows book, trades and rates, by the names of the connector feed', async () => {
    const { feed, source } = feedAndSource();
    expect(source.readiness()).toMatchObject({ ready: false });
    await feed.start();
    await until(() => source.view(0).trades.length >= 10, 'trades');
    await until(() => source.view(0).book.synced, 'a whole book');
    const view = source.view(0);
    expect(view.state).toEqual({ level: 'ok', text: 'live' });
    expect(view.book.bids[0]![0]).toBeLessThan(view.book.asks[0]![0]);
    expect(view.book.bids[0]![0]).toBeGreaterThan(view.book.bids[1]![0]);
    expect(source.readiness()).toEqual({ ready: true, missing: [] });
    expect(source.wsHealth().connector).toMatchObject({
      connected: true,
      reconnection_attempts: 0,
      connector_health: { subscribed_trades: true, subscribed_depth: true },
    });
    await until(() => source.metrics().depth.per_minute_count > 0, 'a count');
    const names = new Set(source.samples().map(({ name }) => name));
    expect(names).toContain('feed_events_total');
    expect(JSON.parse(JSON.stringify(view))).toMatchObject({ instruments: ['BTCUSDT'] });
  });

  it('has the book that the updates make, until it is closed', async () => {
    const { feed, source } = feedAndSource();
    const { bids } = DepthBook.of(feed);
    await feed.start();
    const start = feed.metrics.depth.total;
    await until(() => feed.metrics.depth.total > start + 30, 'changes');
    const best = [...bids].sort(([a], [b]) => b - a).slice(0, 5);
    expect(source.view(0).book.bids.slice(0, 5)).toEqual(best);
    source.close();
    const before = [...source.view(0).trades];
    const { total } = feed.metrics.trades;
    await until(() => feed.metrics.trades.total > total + 5, 'trades after that');
    expect(source.view(0).trades).toEqual(before);
  });

  it('says that the feed stopped, and its book is not synced then', async () => {
    const { feed, source } = feedAndSource();
    await feed.start();
    await until(() => source.view(0).book.synced, 'a whole book');
    await feed.stop();
    const view = source.view(0);
    expect(view.state).toMatchObject({
      level: 'bad',
      text: expect.stringContaining('stopped') as string,
    });
    expect(view.book.synced).toBe(false);
    expect(view.log.at(-1)!.text).toBe('the feed is stopped');
    expect(source.readiness().ready).toBe(false);
  });
});
