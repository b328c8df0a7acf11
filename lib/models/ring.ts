import {
  RecordKind,
  RECORD_BYTES,
  RING_HEADER_BYTES,
  RingWord,
  TEXT_BYTES,
} from './record-layout.js';
import { EventView } from './event-view.js';

/** Memory of a ring: header words and records over one shared buffer. */
export interface RingMemory {
  /** The whole buffer, as the addon takes it. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly header: Int32Array;
  readonly records: Uint8Array;
  /** In records, a power of two. */
  readonly capacity: number;
}

/** @throws RangeError when `capacity` is not a power of two from 64 to 2^22. */
export function createRing(capacity: number): RingMemory {
  if (!Number.isInteger(Math.log2(capacity)) || capacity < 64 || capacity > 2 ** 22) {
    throw new RangeError(
      `ringCapacity must be a power of two from 64 to 4194304, got ${String(capacity)}`,
    );
  }
  return ringOn(new SharedArrayBuffer(RING_HEADER_BYTES + capacity * RECORD_BYTES));
}

/** The ring that another thread created, over the buffer of its `bytes`. */
export function ringOn(shared: SharedArrayBuffer): RingMemory {
  return {
    bytes: new Uint8Array(shared),
    header: new Int32Array(shared, 0, RING_HEADER_BYTES / 4),
    records: new Uint8Array(shared, RING_HEADER_BYTES),
    capacity: (shared.byteLength - RING_HEADER_BYTES) / RECORD_BYTES,
  };
}

/** Space is given back to the producer after this many records, not only at the end of a turn. */
const COMMIT_EVERY = 256;

/** The reading end of a ring. */
export class RingConsumer {
  readonly #ring: RingMemory;
  readonly #view: EventView;
  #read: number;

  constructor(ring: RingMemory) {
    this.#ring = ring;
    this.#view = new EventView(ring.records);
    // Somebody may have read before.
    this.#read = Atomics.load(ring.header, RingWord.read);
  }

  /** Records that wait now. */
  get pending(): number {
    return (Atomics.load(this.#ring.header, RingWord.written) - this.#read) >>> 0;
  }

  /** Market data that the producer dropped because the ring was full. */
  get dropped(): number {
    return Atomics.load(this.#ring.header, RingWord.dropped) >>> 0;
  }

  /**
   * Visits up to `limit` records; text records ride with the one before. Returns how many records
   * it consumed. A visitor that throws has consumed its record.
   */
  drain(limit: number, visit: (view: EventView) => void): number {
    const { header, capacity } = this.#ring;
    const available = Math.min(this.pending, capacity);
    let done = 0;
    let uncommitted = 0;
    try {
      while (done < available && done < limit) {
        const view = this.#view.moveTo(this.#read & (capacity - 1));
        const size =
          view.kind === RecordKind.Text
            ? 1
            : 1 + Math.min(capacity - 1, Math.ceil(textBytes(view) / TEXT_BYTES));
        if (done + size > available) break; // Its text is still being written.
        done += size;
        uncommitted += size;
        const next = (this.#read + size) | 0;
        try {
          if (view.kind !== RecordKind.Text) visit(view);
        } finally {
          this.#read = next;
        }
        if (uncommitted >= COMMIT_EVERY) {
          Atomics.store(header, RingWord.read, this.#read);
          uncommitted = 0;
        }
      }
    } finally {
      Atomics.store(header, RingWord.read, this.#read);
    }
    return done;
  }

  /**
   * Asks for a wake-up with the next record. False when records came in meanwhile: then there is
   * no wake-up to wait for, drain again.
   */
  sleep(): boolean {
    const { header } = this.#ring;
    Atomics.store(header, RingWord.wantsWake, 1);
    if (this.pending === 0) return true;
    // Looked again after announcing: a record written in between would cause no wake-up.
    Atomics.store(header, RingWord.wantsWake, 0);
    return false;
  }
}

function textBytes(view: EventView): number {
  return view.kind === RecordKind.Error ||
    view.kind === RecordKind.Reject ||
    view.kind === RecordKind.Link
    ? view.textLen
    : 0;
}

/** Market data, which may be dropped when the ring is full; everything else may not. */
function isDroppable(kind: number): boolean {
  return (
    kind === RecordKind.Trade ||
    kind === RecordKind.Depth ||
    kind === RecordKind.BatchStart ||
    kind === RecordKind.BatchEnd
  );
}

/** The writing end of a ring in JavaScript: the stub's bot and the tests. */
export class RingProducer {
  readonly #ring: RingMemory;
  readonly #onWake: () => void;
  #written = 0;
  #lossy = false;
  /** What may not be dropped waits here while the ring is full. */
  #backlog: Uint8Array[] = [];

  constructor(ring: RingMemory, onWake: () => void) {
    this.#ring = ring;
    this.#onWake = onWake;
  }

  /** Writes whole records (a record and its text stay together); wakes the consumer once. */
  write(records: Uint8Array, count: number): void {
    // All at once where they fit as they are: nothing is allocated per record then.
    if (this.#backlog.length > 0 || !this.#put(records, count)) this.#putGroups(records, count);
    this.#wake();
  }

  #putGroups(records: Uint8Array, count: number): void {
    for (const group of groups(records, count)) {
      if (this.#backlog.length > 0) this.#flushBacklog();
      if (this.#backlog.length === 0 && this.#put(group, sizeOf(group))) continue;
      if (isDroppable(group[0] ?? 0)) {
        this.#lossy = true;
        Atomics.add(this.#ring.header, RingWord.dropped, 1);
      } else this.#backlog.push(group.slice());
    }
  }

  /** Tries again to deliver what waits; the owner calls it now and then. */
  flush(): void {
    if (this.#backlog.length === 0) return;
    this.#flushBacklog();
    this.#wake();
  }

  /**
   * True once after market data was dropped, when half of the ring is free again: books must be
   * sent anew.
   */
  takeRecovered(): boolean {
    const used = (this.#written - Atomics.load(this.#ring.header, RingWord.read)) >>> 0;
    if (!this.#lossy || used > this.#ring.capacity / 2) return false;
    this.#lossy = false;
    return true;
  }

  #flushBacklog(): void {
    let next = this.#backlog[0];
    while (next !== undefined && this.#put(next, sizeOf(next))) {
      this.#backlog.shift();
      next = this.#backlog[0];
    }
  }

  /** False, and nothing is written, where there is no room for all of them. */
  #put(from: Uint8Array, count: number): boolean {
    const { header, records, capacity } = this.#ring;
    const used = (this.#written - Atomics.load(header, RingWord.read)) >>> 0;
    if (used + count > capacity) return false;
    const first = (this.#written >>> 0) & (capacity - 1);
    const toEnd = Math.min(count, capacity - first);
    records.set(from.subarray(0, toEnd * RECORD_BYTES), first * RECORD_BYTES);
    if (toEnd < count) records.set(from.subarray(toEnd * RECORD_BYTES, count * RECORD_BYTES));
    let marketData = 0;
    for (let i = 0; i < count; i += 1)
      if (isDroppable(from[i * RECORD_BYTES] ?? 0)) marketData += 1;
    Atomics.add(header, RingWord.delivered, marketData);
    this.#written = (this.#written + count) | 0;
    Atomics.store(header, RingWord.written, this.#written);
    return true;
  }

  #wake(): void {
    if (Atomics.exchange(this.#ring.header, RingWord.wantsWake, 0) === 1) this.#onWake();
  }
}

function sizeOf(group: Uint8Array): number {
  return group.byteLength / RECORD_BYTES;
}

function* groups(records: Uint8Array, count: number): Generator<Uint8Array> {
  let start = 0;
  while (start < count) {
    let end = start + 1;
    while (end < count && records[end * RECORD_BYTES] === RecordKind.Text) end += 1;
    yield records.subarray(start * RECORD_BYTES, end * RECORD_BYTES);
    start = end;
  }
}
