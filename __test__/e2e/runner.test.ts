// Runners on the real connector's JSON lines: the simulated exchange and the fake Bybit.
import { inspect } from 'node:util';
import { afterEach, expect, it } from 'vitest';

import { BybitConnectorRunner } from '../../lib/connector/bybit-connector-runner.js';
import { ConnectorRunner } from '../../lib/connector/connector-runner.js';
import type { RunnerEvent } from '../../lib/connector/runner-event.js';
import { DepthBook } from '../support/depth-book.js';
import { startFakeBybit, type FakeBybitVenue } from '../support/fake-bybit-venue.js';
import { isAlive } from '../support/fake-program.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

const running: ConnectorRunner[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((runner) => runner.stop()));
});

function watched<T extends ConnectorRunner>(runner: T): T {
  running.push(runner);
  return runner;
}

/** Takes what waits and keeps the books. */
class Reader {
  readonly #runner: ConnectorRunner;
  readonly seen: Record<string, number> = {};
  readonly notes: RunnerEvent[] = [];
  readonly tradeIds: string[] = [];
  readonly book = new DepthBook();
  merged = 0;

  constructor(runner: ConnectorRunner) {
    this.#runner = runner;
  }

  read(): this {
    for (let event = this.#runner.nextEventNowait(); event; event = this.#runner.nextEventNowait())
      this.#take(event);
    return this;
  }

  #take(event: RunnerEvent): void {
    this.seen[event.type] = (this.seen[event.type] ?? 0) + 1;
    if (event.type === 'trade') this.tradeIds.push(event.id);
    else if (event.type !== 'depth') this.notes.push(event);
    else {
      this.merged += event.merged;
      this.book.apply(event);
    }
  }
}

/** The book as the venue has published it on the topic of 50 levels. */
async function published(venue: FakeBybitVenue): Promise<Record<'bids' | 'asks', number[][]>> {
  const book = await venue.run<Record<'bids' | 'asks', string[][]>>('published', {
    symbol: 'BTCUSDT',
    depth: 50,
  });
  const numbers = (levels: string[][]): number[][] => levels.map((level) => level.map(Number));
  return { bids: numbers(book.bids), asks: numbers(book.asks) };
}

const sorted = (side: Map<number, number>, sign: number): number[][] =>
  [...side].map(([price, qty]) => [price, qty]).sort((a, b) => sign * (a[0]! - b[0]!));

describeNative('a runner on the simulated exchange', () => {
  it('hands over trades and a book that is never crossed, and says what is refused', async () => {
    const runner = watched(new ConnectorRunner({ kind: 'sim', args: ['BTCUSDT'] }));
    for (const channel of ['trades', 'depth'] as const) runner.subscribe(channel, 'BTCUSDT');
    runner.subscribe('trades', 'NOPE');
    await runner.start();
    const reader = new Reader(runner);
    await until(
      () => {
        reader.read();
        const [bid, ask] = reader.book.best;
        if (reader.book.snapshots > 0) expect(bid).toBeLessThan(ask);
        return reader.tradeIds.length > 20 && (reader.seen['depth'] ?? 0) > 200;
      },
      'trades and depth',
      20_000,
    );
    expect(reader.book.snapshots).toBe(1);
    expect(new Set(reader.tradeIds).size).toBe(reader.tradeIds.length);
    expect(reader.notes[0]).toMatchObject({ status: 'ready', details: { kind: 'sim' } });
    const errors = reader.notes.filter(({ type }) => type === 'error');
    expect(errors).toEqual([expect.objectContaining({ code: '3001' })]);
    expect(runner.health).toMatchObject({ state: 'running', invalidLines: 0, dropped: 0 });
    runner.unsubscribe('trades', 'BTCUSDT');
    runner.unsubscribe('depth', 'BTCUSDT');
    await until(() => reader.read().notes.filter((note) => note.type === 'status' && note.status === 'unsubscribed').length === 2, 'the end of both'); // prettier-ignore
    const { events } = runner.health;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(runner.health.events).toBe(events);
  });

  it('keeps a bounded queue right while nobody reads it', async () => {
    const runner = watched(
      new ConnectorRunner({ kind: 'sim', args: ['BTCUSDT'], queueCapacity: 64 }),
    );
    for (const channel of ['trades', 'depth'] as const) runner.subscribe(channel, 'BTCUSDT');
    await runner.start();
    await until(() => runner.health.events > 3_000, 'events', 30_000);
    expect(runner.health.queueSize).toBeLessThanOrEqual(64);
    expect(runner.health.conflated).toBeGreaterThan(1_000);
    const reader = new Reader(runner).read();
    const [bid, ask] = reader.book.best;
    expect(bid).toBeLessThan(ask);
    expect(reader.merged).toBeGreaterThan(1_000);
  });
});

describeNative('BybitConnectorRunner', () => {
  it('has the book of the venue, before and after its process is killed', async () => {
    const venue = await startFakeBybit();
    const runner = watched(
      new BybitConnectorRunner({ configFile: venue.configFile, restart: { delayMs: 50 } }),
    );
    for (const channel of ['trades', 'depth'] as const) runner.subscribe(channel, 'BTCUSDT');
    await runner.start();
    const reader = new Reader(runner);
    for (let run = 1; run <= 3; run += 1) {
      const trades = reader.tradeIds.length;
      await until(() => reader.read().book.snapshots >= run && reader.tradeIds.length > trades + 5, 'trades and a book', 30_000); // prettier-ignore
      await venue.run('set', { settings: { paused: true } });
      await until(
        async () => {
          const { bids, asks } = await published(venue);
          const { book } = reader.read();
          const ours = [sorted(book.bids, -1).slice(0, 50), sorted(book.asks, 1).slice(0, 50)];
          return JSON.stringify(ours) === JSON.stringify([bids, asks]);
        },
        'the same book',
        20_000,
      );
      await venue.run('set', { settings: { paused: false } });
      if (run === 3) break;
      const { pid } = runner.health;
      process.kill(pid!, 'SIGKILL');
      await until(() => runner.health.restarts === run && runner.health.state === 'running', 'its return', 20_000); // prettier-ignore
      expect(isAlive(pid!)).toBe(false);
    }
    const died = reader.notes.filter((note) => note.type === 'error');
    expect(died.map(({ code }) => code)).toEqual([
      'bybit_connector_process_died',
      'bybit_connector_process_died',
    ]);
    await runner.stop();
    await until(async () => (await venue.run<unknown[]>('connections')).length === 0, 'no connection'); // prettier-ignore
  });

  it('reports that the venue went and came back, and goes on with a whole book', async () => {
    const venue = await startFakeBybit();
    const runner = watched(new BybitConnectorRunner({ configFile: venue.configFile }));
    runner.subscribe('depth', 'BTCUSDT');
    await runner.start();
    const reader = new Reader(runner);
    await until(() => reader.read().book.snapshots > 0, 'a book', 20_000);
    const { snapshots } = reader.read().book;
    await venue.run('cut', { socket: 'public' });
    await until(() => reader.read().book.snapshots > snapshots, 'a new book', 20_000);
    const words = reader.notes.map((note) => (note.type === 'status' ? note.status : note.type));
    expect(words).toContain('down');
    expect(words.indexOf('up')).toBeGreaterThan(words.indexOf('down'));
    expect(runner.health).toMatchObject({ restarts: 0, processAlive: true });
  });

  it('shows its keys nowhere, at any level of its log', async () => {
    const venue = await startFakeBybit();
    const texts: string[] = [];
    const runner = watched(
      new BybitConnectorRunner({
        configFile: venue.configFile,
        apiKey: 'canary-key-0123456789',
        apiSecret: 'canary-secret-9876543210',
        env: { ...process.env, RUST_LOG: 'trace' },
        restart: { delayMs: 20, maxAttempts: 1 },
      }),
    );
    runner.on('log', (line) => texts.push(line)).on('died', (exit) => texts.push(inspect(exit)));
    runner.subscribe('depth', 'BTCUSDT');
    await runner.start();
    const reader = new Reader(runner);
    await until(() => reader.read().book.snapshots > 0, 'a book', 20_000);
    process.kill(runner.health.pid!, 'SIGABRT');
    await until(() => runner.health.restarts === 1 && runner.health.state === 'running', 'it again', 20_000); // prettier-ignore
    texts.push(inspect([reader.read().notes, runner.health, runner], { depth: 9 }));
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.join('\n')).not.toContain('canary');
  });
});
