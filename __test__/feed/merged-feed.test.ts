import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import type { FeedEvent } from '../../lib/feed/feed-event.js';
import { HFTConnectorStream } from '../../lib/feed/hft-connector-stream.js';
import { MergedFeed, type MergedFeedOptions } from '../../lib/feed/merged-feed.js';
import { normalizeEvent } from '../../lib/feed/normalizer.js';
import { ReorderBuffer } from '../../lib/feed/reorder-buffer.js';
import { until } from '../support/until.js';
import { ScriptedConnector, rawTrade } from './scripted-connector.js';

function tick(timestamp: number, id: string): FeedEvent {
  return normalizeEvent(rawTrade({ timestamp, id }), { source: 's' });
}

describe('ReorderBuffer', () => {
  // Each source delivers in its own order, late by at most the window.
  const script = fc
    .array(
      fc.record({
        source: fc.nat(2),
        sentMs: fc.integer({ min: 1, max: 400 }),
        lagMs: fc.integer({ min: 0, max: 49 }),
      }),
      { maxLength: 80 },
    )
    .map((events) => {
      const sorted = [...events].sort((a, b) => a.sentMs - b.sentMs);
      const lastMs = [0, 0, 0];
      const arrivals = sorted.map(({ source, sentMs, lagMs }, id) => {
        const arrivesMs = Math.max(sentMs + lagMs, lastMs[source] ?? 0);
        lastMs[source] = arrivesMs;
        return { source, sentMs, arrivesMs, id: String(id) };
      });
      return arrivals.sort((a, b) => a.arrivesMs - b.arrivesMs);
    });

  function run(events: { source: number; sentMs: number; arrivesMs: number; id: string }[]) {
    const out: { id: string; sentMs: number; atMs: number }[] = [];
    let nowMs = 0;
    const buffer = new ReorderBuffer({ windowMs: 50, maxHeld: 1_000 }, (event) => {
      if (event.type === 'trade')
        out.push({ id: event.id, sentMs: event.timestampMs, atMs: nowMs });
    });
    for (const source of [0, 1, 2]) buffer.join(source);
    const step = (toMs: number) => {
      for (let due = buffer.nextDueMs; due !== undefined && due <= toMs; due = buffer.nextDueMs) {
        nowMs = Math.max(nowMs, due);
        buffer.release(nowMs);
      }
      nowMs = toMs;
    };
    for (const { source, sentMs, arrivesMs, id } of events) {
      step(arrivesMs);
      buffer.push(tick(sentMs, id), source, arrivesMs);
    }
    step(10_000);
    return { out, counts: buffer.counts };
  }

  it('gives every event once, in the order of time, when none is later than the window', () => {
    fc.assert(
      fc.property(script, (events) => {
        const { out, counts } = run(events);
        expect(counts).toEqual({ held: 0, late: 0, forced: 0 });
        expect(out.map(({ id }) => id).sort()).toEqual(events.map(({ id }) => id).sort());
        for (let i = 1; i < out.length; i += 1)
          expect(out[i]!.sentMs).toBeGreaterThanOrEqual(out[i - 1]!.sentMs);
      }),
      { numRuns: 500 },
    );
  });

  it('holds no event longer than the window', () => {
    fc.assert(
      fc.property(script, (events) => {
        const { out } = run(events);
        const arrived = new Map(events.map(({ id, arrivesMs }) => [id, arrivesMs]));
        for (const { id, atMs } of out) expect(atMs - arrived.get(id)!).toBeLessThanOrEqual(50);
      }),
    );
  });

  it('never changes the order within a source, however its times run', () => {
    const wild = fc.array(
      fc.record({
        source: fc.nat(1),
        sentMs: fc.integer({ min: 1, max: 500 }),
        gapMs: fc.integer({ min: 0, max: 30 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(wild, fc.integer({ min: 1, max: 10 }), (events, maxHeld) => {
        const out: string[] = [];
        const buffer = new ReorderBuffer({ windowMs: 50, maxHeld }, (event) => {
          if (event.type === 'trade') out.push(event.id);
        });
        let nowMs = 0;
        events.forEach(({ source, sentMs, gapMs }, index) => {
          nowMs += gapMs;
          buffer.push(tick(sentMs, `${source}:${index}`), source, nowMs);
          expect(buffer.counts.held).toBeLessThanOrEqual(maxHeld);
        });
        buffer.flush();
        expect(out.length).toBe(events.length);
        for (const source of ['0', '1']) {
          const own = out.filter((id) => id.startsWith(source)).map((id) => Number(id.slice(2)));
          expect(own).toEqual([...own].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('passes on at once what comes after its time, and counts it', () => {
    const out: string[] = [];
    const buffer = new ReorderBuffer({ windowMs: 10, maxHeld: 100 }, (event) => {
      if (event.type === 'trade') out.push(event.id);
    });
    buffer.join(1);
    buffer.push(tick(100, 'a'), 0, 0);
    buffer.release(10);
    buffer.push(tick(50, 'late'), 1, 11);
    expect(out).toEqual(['a', 'late']);
    expect(buffer.counts.late).toBe(1);
  });

  it('waits for no source that left', () => {
    const out: string[] = [];
    const buffer = new ReorderBuffer({ windowMs: 1_000, maxHeld: 100 }, (event) => {
      if (event.type === 'trade') out.push(event.id);
    });
    buffer.join(0);
    buffer.join(1);
    buffer.push(tick(100, 'a'), 0, 0);
    expect(out).toEqual([]);
    buffer.leave(1, 1);
    expect(out).toEqual(['a']);
  });
});

describe('MergedFeed', () => {
  const open: MergedFeed[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((feed) => feed.stop()));
  });

  function setUp(options: MergedFeedOptions = {}) {
    const [a, b] = [new ScriptedConnector('a'), new ScriptedConnector('b')];
    const feeds = [a, b].map(
      (connector) =>
        new HFTConnectorStream(connector, {
          symbols: ['BTCUSDT'],
          pollIntervalMs: 2,
          backoff: { baseMs: 2, maxMs: 4, maxAttempts: 2 },
          logger: false,
        }),
    );
    const merged = new MergedFeed(feeds, { logger: false, ...options });
    open.push(merged);
    return { a: a, b: b, merged };
  }

  it('names the source on each event and orders them by time', async () => {
    const { a, b, merged } = setUp({ windowMs: 500 });
    const events = merged.events();
    await merged.start();
    await until(() => merged.feeds.every(({ health }) => health.connected), 'both');
    a.queue.push(rawTrade({ timestamp: 10 }), rawTrade({ timestamp: 30 }));
    b.queue.push(rawTrade({ timestamp: 20 }), rawTrade({ timestamp: 40 }));
    const seen: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      const { value } = await events.next();
      seen.push(`${value?.source} ${String(value?.timestampMs)}`);
    }
    expect(seen).toEqual(['a 10', 'b 20', 'a 30', 'b 40']);
    expect(merged.order).toEqual({ held: 0, late: 0, forced: 0 });
  });

  it('does not wait longer than its window for a silent source', async () => {
    const { a, merged } = setUp({ windowMs: 30 });
    const events = merged.events();
    await merged.start();
    await until(() => merged.feeds.every(({ health }) => health.connected), 'both');
    a.queue.push(rawTrade());
    const beforeMs = performance.now();
    await events.next();
    // Without the window it would wait for ever.
    expect(performance.now() - beforeMs).toBeLessThan(5_000);
  });

  it('goes on with one source when the other fails, and reports that', async () => {
    const { a, b, merged } = setUp({ windowMs: 5 });
    const errors: string[] = [];
    merged.on('error', ({ source, origin }) => errors.push(`${source} ${origin}`));
    b.connects.push(...Array.from({ length: 9 }, () => new Error('refused')));
    await merged.start();
    await until(() => errors.length > 0, 'the failure');
    const events = merged.events();
    a.queue.push(rawTrade());
    expect((await events.next()).value?.source).toBe('a');
    expect(merged.health).toMatchObject({ connected: true });
    expect(merged.health.sources.map(({ name, state }) => [name, state])).toEqual([
      ['a', 'connected'],
      ['b', 'failed'],
    ]);
  });

  it('has figures of each connector', async () => {
    const { a, b, merged } = setUp({ windowMs: 5 });
    await merged.start();
    a.queue.push(rawTrade(), rawTrade());
    b.queue.push(rawTrade());
    await until(() => merged.metrics.trades.total === 3, 'three trades');
    const { connectors } = merged.metrics;
    expect([connectors['a']?.trades.total, connectors['b']?.trades.total]).toEqual([2, 1]);
    expect(merged.health.connectorHealth.eventCounter).toBe(3);
  });

  it('makes its sources wait for a consumer that blocks', async () => {
    const { a, merged } = setUp({ windowMs: 0 });
    await merged.start();
    const trades = merged.stream('trade', { policy: 'block', capacity: 2 });
    for (let id = 0; id < 20; id += 1) a.queue.push(rawTrade({ id }));
    await until(() => merged.metrics.trades.total >= 2, 'a full queue');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(a.queue.length).toBeGreaterThan(10);
    const ids: string[] = [];
    for (let i = 0; i < 20; i += 1) ids.push((await trades.next()).value!.id);
    expect(ids).toEqual(Array.from({ length: 20 }, (_, id) => String(id)));
  });

  it('fails when no source can be connected', async () => {
    const { a, b, merged } = setUp();
    for (const one of [a, b])
      one.connects.push(...Array.from({ length: 9 }, () => new Error('refused')));
    await expect(merged.start()).rejects.toMatchObject({ code: 'ERR_CONNECTOR_DOWN' });
  });

  it('refuses two sources of one name', () => {
    const make = () => new HFTConnectorStream(new ScriptedConnector('x'), { symbols: [] });
    expect(() => new MergedFeed([make(), make()])).toThrow(/two are named x/);
  });
});
