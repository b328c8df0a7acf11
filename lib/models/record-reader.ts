import { EventView } from './event-view.js';
import { RecordKind } from './record-layout.js';

/**
 * Walks over records in a buffer with one moving {@link EventView}.
 *
 * ```ts
 * const batch = bot.waitBatch(1_000_000);
 * while (batch.next()) if (batch.view.kind === RecordKind.Trade) sum += batch.view.qty;
 * ```
 *
 * `Text` records are passed over: `view.text()` of the record before joins them. A reader over a
 * ring is given running indices: they are taken modulo the capacity.
 */
export class RecordReader implements Iterable<EventView> {
  /** The window on the current record; it moves with `next()`. */
  readonly view: EventView;
  /** The records themselves, as they stand in memory: to copy them on without decoding. */
  readonly bytes: Uint8Array;
  private first = 0;
  private end = 0;
  private cursor = 0;

  /**
   * @param bytes - Whole records; an ArrayBuffer or SharedArrayBuffer is read from its start.
   * @param count - Records from index 0 on that are readable now; default none until `reset`.
   * @throws HftError `ERR_INVALID_ARGUMENT` when misaligned or without a whole record.
   */
  constructor(bytes: Uint8Array | ArrayBuffer | SharedArrayBuffer, count = 0) {
    this.bytes = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
    this.view = new EventView(this.bytes);
    this.reset(0, count);
  }

  /** How many records the buffer holds at most. */
  get capacity(): number {
    return this.view.recordCapacity;
  }

  /** Records of the range, `Text` records included. */
  get count(): number {
    return this.end - this.first;
  }

  /** Index of the record that `next()` looks at next. */
  get position(): number {
    return this.cursor;
  }

  /** Makes `count` records from `first` on readable and stands before the first. */
  reset(first: number, count: number): this {
    this.first = first;
    this.cursor = first;
    this.end = first + Math.max(0, Math.min(count, this.capacity));
    return this;
  }

  /** Stands before the first record again. */
  rewind(): this {
    this.cursor = this.first;
    return this;
  }

  /** Moves the view to the next record that is not `Text`; false when there is none left. */
  next(): boolean {
    while (this.cursor < this.end) {
      this.view.moveTo(this.cursor);
      this.cursor += 1;
      if (this.view.kind !== RecordKind.Text) return true;
    }
    return false;
  }

  /** Iterates from the first record on; every turn yields the same view. */
  *[Symbol.iterator](): Generator<EventView, void> {
    this.rewind();
    while (this.next()) yield this.view;
  }
}
