import { expect, test } from 'vitest';
import { LiveInstrument, StubConnectorBot } from '../../../lib/index.js';
import { createRing, RingConsumer } from '../../../lib/models/ring.js';
import { RecordKind } from '../../../lib/models/record-layout.js';
import { mirrorBatches } from '../../../lib/strategy/batch-mirror.js';

const BOOK_LEVELS = 10_000;

function mirrored(capacity: number, watchers: number) {
  const bot = new StubConnectorBot({
    instruments: [new LiveInstrument('BTCUSDT').connector('stub').tickSize(0.1).lotSize(0.001)],
    pace: 'asap',
    maxFeeds: Infinity,
  });
  const ring = createRing(capacity);
  const wanted = new SharedArrayBuffer(4);
  Atomics.store(new Int32Array(wanted), 0, watchers);
  const failures: unknown[] = [];
  const kinds: number[] = [];
  const book = new Map<string, number>();
  const memory = { ring: ring.bytes.buffer, wanted };
  mirrorBatches(
    bot,
    memory,
    () => undefined,
    (error) => failures.push(error),
  );
  const consumer = new RingConsumer(ring);
  const read = (): void => {
    consumer.drain(capacity, (view) => {
      kinds.push(view.kind);
      if (view.kind === RecordKind.BookReset) book.clear();
      if (view.kind !== RecordKind.Depth) return;
      const level = `${view.isBuy ? 'bid' : 'ask'} ${view.price.toFixed(1)}`;
      if (view.qty === 0) book.delete(level);
      else book.set(level, view.qty);
    });
  };
  const expected = (): Map<string, number> => {
    const { bids, asks } = bot.depthSnapshot(0, BOOK_LEVELS);
    return new Map([
      ...bids.map(({ price, qty }) => [`bid ${price.toFixed(1)}`, qty] as const),
      ...asks.map(({ price, qty }) => [`ask ${price.toFixed(1)}`, qty] as const),
    ]);
  };
  const watch = (watcher: number): void => {
    Atomics.store(new Int32Array(wanted), 0, watcher);
  };
  return { bot, ring, consumer, read, watch, book, kinds, failures, expected };
}

test('a ring that was full gets the books again, and they are those of the bot', () => {
  const { bot, consumer, read, book, expected, failures } = mirrored(1024, 1);
  for (let batches = 0; batches < 3_000; batches += 1) bot.waitBatch(10_000_000);
  expect(consumer.dropped).toBeGreaterThan(0);
  read();
  // What was dropped makes this book another one.
  expect(book).not.toEqual(expected());
  for (let batches = 0; batches < 10; batches += 1) {
    bot.waitBatch(10_000_000);
    read();
  }
  expect(book).toEqual(expected());
  expect(failures).toEqual([]);
});

test('without a watcher nothing is written; one that comes gets the state, then what happens', () => {
  const { bot, consumer, read, watch, book, kinds, expected } = mirrored(4096, 0);
  for (let batches = 0; batches < 100; batches += 1) bot.waitBatch(10_000_000);
  expect(consumer.pending).toBe(0);
  watch(1);
  bot.waitBatch(10_000_000);
  read();
  expect(kinds[0]).toBe(RecordKind.Position);
  expect(kinds.at(-1)).toBe(RecordKind.BookState);
  expect(book).toEqual(expected());
  for (let batches = 0; batches < 100; batches += 1) {
    bot.waitBatch(10_000_000);
    read();
  }
  expect(book).toEqual(expected());
  watch(0);
  bot.waitBatch(10_000_000);
  read();
  const seen = kinds.length;
  for (let batches = 0; batches < 20; batches += 1) bot.waitBatch(10_000_000);
  read();
  expect(kinds).toHaveLength(seen);
});

test('a mirror that fails says so once and leaves the bot alone', () => {
  const { bot, watch, failures } = mirrored(1024, 0);
  bot.depthSnapshot = () => {
    throw new Error('broken on purpose');
  };
  watch(1);
  for (let batches = 0; batches < 5; batches += 1)
    expect(() => bot.waitBatch(10_000_000)).not.toThrow();
  expect(failures).toHaveLength(1);
});
