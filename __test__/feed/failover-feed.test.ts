import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';

import { FailoverFeed, type FailoverOptions } from '../../lib/feed/failover-feed.js';
import type { Feed } from '../../lib/feed/feed.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { SwitchableFeed } from '../../lib/feed/switchable-feed.js';
import { DepthBook } from '../support/depth-book.js';
import { until } from '../support/until.js';
import { ScriptedConnector, rawDepth, rawTrade } from './scripted-connector.js';

const open: Feed[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((feed) => feed.stop()));
});

function streamOver(connector: ScriptedConnector, staleAfterMs = 0) {
  return new HFTConnectorStream(connector, {
    symbols: ['BTCUSDT'],
    pollIntervalMs: 2,
    backoff: { baseMs: 2, maxMs: 4, maxAttempts: Infinity },
    staleAfterMs,
    logger: false,
  });
}

/** A feed that may read either of two connectors, and the bids that its consumers see. */
async function switchable() {
  const [a, b] = [new ScriptedConnector('a'), new ScriptedConnector('b')];
  const [one, two] = [streamOver(a), streamOver(b)];
  const feed = new SwitchableFeed([one, two], { logger: false });
  open.push(feed);
  const { bids } = DepthBook.of(feed);
  await feed.start();
  return { b, one, two, feed, bids };
}

describe('SwitchableFeed', () => {
  it('exchanges the source while consumers keep their queues and handlers', async () => {
    const [a, b] = [new ScriptedConnector('a'), new ScriptedConnector('b')];
    const first = streamOver(a);
    const feed = new SwitchableFeed([first], { logger: false });
    open.push(feed);
    const sources: (string | undefined)[] = [];
    feed.on('source', ({ previous, current }) => sources.push(previous, current));
    const events = feed.events();
    const { bids } = DepthBook.of(feed);
    await feed.start();
    a.queue.push(rawTrade(), rawDepth({ bids: [[1, 1]], snapshot: true }));
    expect((await events.next()).value?.source).toBe('a');
    expect((await events.next()).value?.source).toBe('a');
    b.queue.push(rawDepth({ bids: [[2, 2]], snapshot: true }));
    await feed.switchTo(streamOver(b), { reason: 'by hand' });
    b.queue.push(rawTrade());
    expect((await events.next()).value).toMatchObject({ source: 'b', snapshot: true });
    expect((await events.next()).value).toMatchObject({ source: 'b', type: 'trade' });
    expect(sources).toEqual([undefined, 'a', 'a', 'b']);
    expect(bids).toEqual(new Map([[2, 2]]));
    expect(first.state).toBe('stopped');
    expect(feed.active.name).toBe('b');
    expect(feed.health).toMatchObject({ connected: true, state: 'connected' });
  });

  it('passes on the books of a standby source whole once it is switched to, and nothing of it before', async () => {
    const { b, one, two, feed, bids } = await switchable();
    b.queue.push(
      rawDepth({ bids: [[3, 3]], snapshot: true }),
      rawDepth({ bids: [[4, 4]] }),
      rawDepth({ bids: [[3, 0]] }),
    );
    await until(() => two.metrics.depth.total === 3, 'the book of b');
    expect(bids.size).toBe(0);
    await feed.switchTo(two, { keep: true });
    expect(bids).toEqual(new Map([[4, 4]]));
    expect(one.health.connected).toBe(true);
    await feed.switchTo(one);
    expect(two.state).toBe('stopped');
  });

  it('passes on no book that a source had before it was lost', async () => {
    const { b, two, feed, bids } = await switchable();
    b.queue.push(rawDepth({ bids: [[3, 3]], snapshot: true }));
    await until(() => two.metrics.depth.total === 1, 'the book of b');
    b.connected = false;
    await until(() => two.health.reconnections === 1, 'the return of b');
    await feed.switchTo(two);
    expect(bids.size).toBe(0);
    b.queue.push(rawDepth({ bids: [[4, 4]], snapshot: true }));
    await until(() => bids.size > 0, 'the new book of b');
    expect(bids).toEqual(new Map([[4, 4]]));
  });

  it('goes on with the present source when the next cannot be started', async () => {
    const [a, b] = [new ScriptedConnector('a'), new ScriptedConnector('b')];
    const feed = new SwitchableFeed([streamOver(a)], { logger: false });
    open.push(feed);
    await feed.start();
    b.connects.push(new Error('refused'));
    const next = new HFTConnectorStream(b, {
      symbols: [],
      backoff: { maxAttempts: 0 },
      logger: false,
    });
    await expect(feed.switchTo(next)).rejects.toMatchObject({ code: 'ERR_CONNECTOR_DOWN' });
    const events = feed.events();
    a.queue.push(rawTrade());
    expect((await events.next()).value?.source).toBe('a');
    expect(feed.feeds.map(({ name }) => name)).toEqual(['a']);
  });
});

describe('FailoverFeed', () => {
  function setUp(options: FailoverOptions = {}, staleAfterMs = 0) {
    const [a, b] = [new ScriptedConnector('a'), new ScriptedConnector('b')];
    const feed = new FailoverFeed(streamOver(a, staleAfterMs), [streamOver(b)], {
      failAfterMs: 30,
      recoverAfterMs: 120,
      minDwellMs: 0,
      checkIntervalMs: 5,
      logger: false,
      ...options,
    });
    open.push(feed);
    const reasons: string[] = [];
    feed.on('source', ({ current, reason }) => reasons.push(`${current}: ${reason}`));
    return { a, b, feed, reasons };
  }

  /** Lets attempts to connect fail until the test says otherwise. */
  function cut(connector: ScriptedConnector): () => void {
    let isCut = true;
    const connect = connector.connect.bind(connector);
    connector.connect = async () => {
      if (isCut) throw new Error('cut');
      await connect();
    };
    connector.connected = false;
    return () => (isCut = false);
  }

  it('switches to the backup when the primary stays away, and back when it stayed well', async () => {
    const { a, feed, reasons } = setUp();
    await feed.start();
    await until(() => feed.feeds.every(({ health }) => health.connected), 'both');
    const restore = cut(a);
    await until(() => feed.active.name === 'b', 'the backup');
    expect(feed.failovers).toBe(1);
    const restoredMs = performance.now();
    restore();
    await until(() => feed.active.name === 'a', 'the primary');
    expect(performance.now() - restoredMs).toBeGreaterThanOrEqual(110);
    expect(reasons).toEqual(['a: start', 'b: a is disconnected', 'a: a is well again']);
  });

  it('does not switch for an outage shorter than failAfterMs', async () => {
    const { a, feed, reasons } = setUp({ failAfterMs: 1_000 });
    await feed.start();
    await until(() => feed.feeds.every(({ health }) => health.connected), 'both');
    const restore = cut(a);
    await sleep(50);
    restore();
    await sleep(1_100);
    expect(reasons).toEqual(['a: start']);
  });

  it('does not go back and forth with a primary that flaps', async () => {
    const { a, feed, reasons } = setUp({ recoverAfterMs: 500 });
    await feed.start();
    await until(() => feed.feeds.every(({ health }) => health.connected), 'both');
    let restore = cut(a);
    await until(() => feed.active.name === 'b', 'the backup');
    // Well for longer than it takes, but not at a stretch.
    for (let i = 0; i < 12; i += 1) {
      restore();
      await sleep(60);
      restore = cut(a);
      await sleep(20);
    }
    expect(reasons).toEqual(['a: start', 'b: a is disconnected']);
  });

  it('switches away from a source that is connected and silent', async () => {
    const { b, feed, reasons } = setUp({}, 40);
    const talk = setInterval(() => b.queue.push(rawTrade()), 5);
    await feed.start();
    await until(() => feed.active.name === 'b', 'the backup');
    clearInterval(talk);
    expect(reasons.at(-1)).toBe('b: a is stale');
  });

  it('stays where it is when nobody is well', async () => {
    const { a, b, feed } = setUp();
    await feed.start();
    await until(() => feed.feeds.every(({ health }) => health.connected), 'both');
    cut(a);
    cut(b);
    await sleep(100);
    expect(feed.active.name).toBe('a');
    expect(feed.health).toMatchObject({ connected: false, state: 'reconnecting' });
  });

  it('starts with the backup when the primary cannot be connected at all', async () => {
    const { a, b, feed } = setUp();
    cut(a);
    const events = feed.events();
    await feed.start();
    await until(() => feed.active.name === 'b', 'the backup');
    b.queue.push(rawTrade());
    expect((await events.next()).value?.source).toBe('b');
  });

  it('starts a feed that gave up again', async () => {
    const [a, b] = [new ScriptedConnector('a'), new ScriptedConnector('b')];
    const primary = new HFTConnectorStream(a, {
      symbols: ['BTCUSDT'],
      pollIntervalMs: 2,
      backoff: { maxAttempts: 0 },
      logger: false,
    });
    a.connects.push(new Error('refused'));
    const feed = new FailoverFeed(primary, [streamOver(b)], {
      checkIntervalMs: 5,
      restartAfterMs: 20,
      logger: false,
    });
    open.push(feed);
    await feed.start();
    await until(() => primary.health.connected, 'the primary');
  });

  it('switches by hand among its own only', async () => {
    const { feed } = setUp();
    await feed.start();
    await until(() => feed.feeds.every(({ health }) => health.connected), 'both');
    await feed.switchTo(feed.feeds[1]!);
    expect(feed.active.name).toBe('b');
    await expect(feed.switchTo(streamOver(new ScriptedConnector('c')))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });
});
