import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { HftError, RecordKind, RecordReader, type EventView } from '../../lib/index.js';
import { RECORD_BYTES, RecordOffset } from '../../lib/models/record-layout.js';
import { RecordWriter, type RecordFields } from '../../lib/models/record-writer.js';
import { loadRecordVectors } from '../support/record-vectors.js';

const WIDE = new Set([
  'seq',
  'exchTsNs',
  'localTsNs',
  'sentMonoNs',
  'recvMonoNs',
  'orderId',
  'value',
  'ev',
]);
const I64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const U64 = { min: 0n, max: 2n ** 64n - 1n };

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** Every field as it stands in memory, through the public getters. */
function decode(view: EventView): Record<string, number | bigint> {
  return {
    kind: view.kind,
    flags: view.flags,
    status: view.statusCode,
    asset: view.asset,
    seq: view.seq,
    exchTsNs: view.exchTsNs,
    localTsNs: view.localTsNs,
    px: view.price,
    qty: view.qty,
    orderId: view.orderId,
    leavesQty: view.leavesQty,
    execQty: view.execQty,
    execPx: view.execPrice,
    value: view.value,
    textLen: view.textLen,
    ev: view.ev,
    extra: view.unrealisedPnl,
    ...view.codes,
  };
}

describe('the vectors that Rust checks too', () => {
  const vectors = loadRecordVectors();

  test('cover every kind of record', () => {
    const kinds = new Set(vectors.map(({ fields }) => fields['kind']));
    expect([...kinds].sort()).toEqual(Object.values(RecordKind).sort());
  });

  test('name every field of the layout', () => {
    for (const { fields, name } of vectors) {
      if (fields['kind'] === RecordKind.Text) continue;
      expect(Object.keys(fields).sort(), name).toEqual(Object.keys(RecordOffset).sort());
    }
  });

  for (const { name, hex, fields } of vectors) {
    test(`${name}: decodes to its fields`, () => {
      expect(hex).toHaveLength(RECORD_BYTES * 2);
      const bytes = bytesOf(hex);
      if (fields['kind'] === RecordKind.Text) {
        // A text record is read through the record it continues.
        const text = String(fields['text']);
        const textLen = new TextEncoder().encode(text).byteLength;
        const writer = new RecordWriter(2);
        writer.write({ kind: RecordKind.Error, textLen });
        writer.bytes.set(bytes, RECORD_BYTES);
        const reader = new RecordReader(writer.bytes, 2);
        expect(reader.next()).toBe(true);
        expect(reader.view.text()).toBe(text);
        return;
      }
      const reader = new RecordReader(bytes, 1);
      expect(reader.next()).toBe(true);
      const decoded = decode(reader.view);
      for (const [field, value] of Object.entries(decoded)) {
        const wanted = WIDE.has(field) ? BigInt(fields[field] as string) : fields[field];
        expect(value, field).toBe(wanted);
      }
      expect(reader.view.sentMonoNs).toBe(Number(BigInt(fields['sentMonoNs'] as string)));
      expect(reader.view.recvMonoNs).toBe(Number(BigInt(fields['recvMonoNs'] as string)));
      expect(reader.view.maker).toBe(fields['maker'] !== 0);
    });

    test(`${name}: its fields encode to the same bytes`, () => {
      const writer = new RecordWriter(1);
      const record = Object.fromEntries(
        Object.entries(fields).map(([key, value]) => [key, WIDE.has(key) ? BigInt(value) : value]),
      ) as unknown as RecordFields;
      expect(writer.write(record)).toBe(true);
      expect(Buffer.from(writer.bytes).toString('hex')).toBe(hex);
    });
  }
});

describe('number getters of 64-bit fields', () => {
  test('whole ms are those of exact division, rounded down', () => {
    fc.assert(
      fc.property(fc.bigInt(I64), (ns) => {
        const writer = new RecordWriter(1);
        writer.write({ kind: RecordKind.Trade, exchTsNs: ns });
        const reader = new RecordReader(writer.bytes, 1);
        reader.next();
        const floor = ns >= 0n ? ns / 1_000_000n : -((-ns + 999_999n) / 1_000_000n);
        expect(BigInt(reader.view.exchTsMs)).toBe(floor);
      }),
    );
  });

  test('differences of times are exact although the times are not safe integers', () => {
    fc.assert(
      fc.property(fc.bigInt(I64), fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n }), (ns, apart) => {
        const later = BigInt.asIntN(64, ns + apart);
        fc.pre(later - ns === apart);
        const writer = new RecordWriter(1);
        writer.write({ kind: RecordKind.Trade, exchTsNs: ns, localTsNs: later });
        const reader = new RecordReader(writer.bytes, 1);
        reader.next();
        expect(BigInt(reader.view.feedLatencyNs)).toBe(apart);
      }),
    );
  });

  test('monotonic times below 2^53 are exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 53n - 1n }), (ns) => {
        const writer = new RecordWriter(1);
        writer.write({ kind: RecordKind.Trade, sentMonoNs: ns, recvMonoNs: ns + 7n });
        const reader = new RecordReader(writer.bytes, 1);
        reader.next();
        expect(BigInt(reader.view.sentMonoNs)).toBe(ns);
        expect(reader.view.transportNs).toBe(7);
      }),
    );
  });

  test('the time in shared memory is NaN when the send time is unknown', () => {
    const writer = new RecordWriter(1);
    writer.write({ kind: RecordKind.Trade, recvMonoNs: 5n });
    const reader = new RecordReader(writer.bytes, 1);
    reader.next();
    expect(reader.view.transportNs).toBeNaN();
  });
});

describe('text', () => {
  test('of any length and script comes back as it was', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 700 }),
        fc.bigInt(U64),
        (text, orderId) => {
          const writer = new RecordWriter(32);
          expect(writer.write({ kind: RecordKind.Reject, orderId, text })).toBe(true);
          writer.write({ kind: RecordKind.Trade });
          const reader = new RecordReader(writer.bytes, writer.count);
          expect(reader.next()).toBe(true);
          expect(reader.view.text()).toBe(text);
          expect(reader.next() && reader.view.kind).toBe(RecordKind.Trade);
          expect(reader.next()).toBe(false);
        },
      ),
    );
  });

  test('goes on at the start of a ring', () => {
    const writer = new RecordWriter(4);
    for (let filler = 0; filler < 3; filler += 1) writer.write({ kind: RecordKind.Trade });
    const text = 'x'.repeat(200);
    const wrapped = new RecordWriter(3);
    wrapped.write({ kind: RecordKind.Error, text });
    writer.bytes.set(wrapped.bytes.subarray(0, RECORD_BYTES), 3 * RECORD_BYTES);
    writer.bytes.set(wrapped.bytes.subarray(RECORD_BYTES), 0);
    const reader = new RecordReader(writer.bytes).reset(7, 3);
    expect(reader.next()).toBe(true);
    expect(reader.view.text()).toBe(text);
    expect(reader.next()).toBe(false);
  });

  test('with a forged length ends with the buffer', () => {
    const writer = new RecordWriter(2);
    writer.write({ kind: RecordKind.Error, textLen: 4294967295 });
    writer.write({ kind: RecordKind.Text, text: 'abc' });
    const reader = new RecordReader(writer.bytes, 2);
    reader.next();
    expect(reader.view.text().replaceAll('\0', '')).toBe('abc');
  });
});

describe('memory', () => {
  test('that is misaligned or too small is refused by name', () => {
    const shifted = new Uint8Array(new ArrayBuffer(RECORD_BYTES + 4), 4);
    for (const bytes of [shifted, new Uint8Array(RECORD_BYTES - 1), new Uint8Array(0)]) {
      expect(() => new RecordReader(bytes)).toThrow(
        expect.objectContaining({ name: 'HftError', code: 'ERR_INVALID_ARGUMENT' }),
      );
    }
  });

  test('may be shared and may start inside a larger buffer', () => {
    const shared = new SharedArrayBuffer(RECORD_BYTES * 3);
    const part = new Uint8Array(shared, RECORD_BYTES);
    new RecordWriter(part).write({ kind: RecordKind.Depth, px: 1.5 });
    const reader = new RecordReader(shared).reset(1, 1);
    expect(reader.next() && reader.view.price).toBe(1.5);
  });

  test('that is full takes no half of a text', () => {
    const writer = new RecordWriter(2);
    expect(writer.write({ kind: RecordKind.Error, text: 'y'.repeat(121) })).toBe(false);
    expect(writer.count).toBe(0);
    expect(writer.write({ kind: RecordKind.Error, text: 'y'.repeat(120) })).toBe(true);
    expect(writer.write({ kind: RecordKind.Trade })).toBe(false);
  });

  test('too long a text record is refused', () => {
    expect(() =>
      new RecordWriter(2).write({ kind: RecordKind.Text, text: 'z'.repeat(121) }),
    ).toThrow(HftError);
  });
});
