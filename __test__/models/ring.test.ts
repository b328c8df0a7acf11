import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createRing, RingConsumer, RingProducer } from '../../lib/models/ring.js';
import { RecordKind, RingWord } from '../../lib/models/record-layout.js';
import { RecordWriter, type RecordFields } from '../../lib/models/record-writer.js';

function write(producer: RingProducer, ...records: RecordFields[]): void {
  const writer = new RecordWriter(256);
  for (const record of records) writer.write(record);
  producer.write(writer.bytes, writer.count);
}

describe('the ring', () => {
  it('gives records and their texts in order, across its end and across the wrap of its counters', () => {
    const text = fc.string({ maxLength: 300 });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(null), text), { maxLength: 200 }),
        fc.integer({ min: 1, max: 20 }),
        (items, limit) => {
          const ring = createRing(64);
          const producer = new RingProducer(ring, () => undefined);
          const consumer = new RingConsumer(ring);
          const seen: (string | null)[] = [];
          const read = (): void => {
            consumer.drain(limit, (view) =>
              seen.push(view.kind === RecordKind.Error ? view.text() : null),
            );
          };
          for (const item of items) {
            write(
              producer,
              item === null
                ? { kind: RecordKind.Position }
                : { kind: RecordKind.Error, text: item },
            );
            read();
          }
          for (let i = 0; i < 400 && consumer.pending > 0; i += 1) {
            read();
            producer.flush();
          }
          expect(seen).toEqual(
            items.map((item) => (item === null ? null : Buffer.from(item).toString())),
          );
        },
      ),
    );
  });

  it('drops market data when full and counts it; what may not be dropped comes later, in order', () => {
    const ring = createRing(64);
    const producer = new RingProducer(ring, () => undefined);
    const consumer = new RingConsumer(ring);
    for (let i = 0; i < 100; i += 1)
      write(
        producer,
        { kind: RecordKind.Trade, px: i },
        { kind: RecordKind.Order, orderId: BigInt(i) },
      );
    const orders: bigint[] = [];
    let trades = 0;
    for (let i = 0; i < 50; i += 1) {
      consumer.drain(10, (view) => {
        if (view.kind === RecordKind.Order) orders.push(view.orderId);
        else trades += 1;
      });
      producer.flush();
    }
    expect(orders).toEqual(Array.from({ length: 100 }, (_, i) => BigInt(i)));
    expect(consumer.dropped + trades).toBe(100);
    expect(consumer.dropped).toBeGreaterThan(0);
    expect(producer.takeRecovered()).toBe(true);
    expect(producer.takeRecovered()).toBe(false);
  });

  it('wakes once per sleep, and refuses to sleep over records that came meanwhile', () => {
    const ring = createRing(64);
    let wakes = 0;
    const producer = new RingProducer(ring, () => (wakes += 1));
    const consumer = new RingConsumer(ring);
    write(producer, { kind: RecordKind.Trade });
    expect(wakes).toBe(0);
    expect(consumer.sleep()).toBe(false);
    consumer.drain(10, () => undefined);
    expect(consumer.sleep()).toBe(true);
    write(producer, { kind: RecordKind.Trade });
    write(producer, { kind: RecordKind.Trade });
    expect(wakes).toBe(1);
  });

  it('waits for a text that is still being written', () => {
    const ring = createRing(64);
    const consumer = new RingConsumer(ring);
    const writer = new RecordWriter(4);
    writer.write({ kind: RecordKind.Error, text: 'x'.repeat(200) });
    ring.records.set(writer.bytes.subarray(0, 3 * 128));
    Atomics.store(ring.header, RingWord.written, 2);
    expect(consumer.drain(10, () => undefined)).toBe(0);
    Atomics.store(ring.header, RingWord.written, 3);
    let text = '';
    expect(consumer.drain(10, (view) => (text = view.text()))).toBe(3);
    expect(text).toBe('x'.repeat(200));
  });

  it('has consumed a record whose visitor threw', () => {
    const ring = createRing(64);
    const producer = new RingProducer(ring, () => undefined);
    const consumer = new RingConsumer(ring);
    write(producer, { kind: RecordKind.Trade, px: 1 }, { kind: RecordKind.Trade, px: 2 });
    expect(() =>
      consumer.drain(10, () => {
        throw new Error('x');
      }),
    ).toThrow('x');
    const seen: number[] = [];
    consumer.drain(10, (view) => seen.push(view.price));
    expect(seen).toEqual([2]);
  });

  it.each([[0], [63], [100], [2 ** 23]])('refuses the capacity %i', (capacity) => {
    expect(() => createRing(capacity)).toThrow(RangeError);
  });
});
