import { noticeSeverityFromCode, type NoticeSeverity } from './notice-severity.js';
import { venueSocketFromCode, type VenueSocket } from './venue-socket.js';
import { bookStateFromCode, type BookState } from './book-state.js';
import { linkStateFromCode, type LinkState } from './link-state.js';
import { orderStatusFromCode, type OrderStatus } from './order-status.js';
import { orderTypeFromCode, type OrderType } from './order-type.js';
import { HftError } from './hft-error.js';
import {
  RECORD_BYTES,
  RecordFlag,
  RecordKind,
  RecordOffset as At,
  TEXT_BYTES,
} from './record-layout.js';
import { sideFromCode, type Side } from './side.js';
import { timeInForceFromCode, type TimeInForce } from './time-in-force.js';

const TWO_32 = 4294967296;

// Where the fields are, in units of their own size. Constants and plain loads keep the getters so
// small that the compiler puts them into the handlers: a call would allocate each number it returns.
const KIND = At.kind;
const SIDE = At.side;
const FLAGS = At.flags;
const STATUS = At.status;
const TIME_IN_FORCE = At.timeInForce;
const ORDER_TYPE = At.orderType;
const REQ = At.req;
const MAKER = At.maker;
const ASSET = At.asset / 4;
const TEXT_LEN = At.textLen / 4;
const SEQ = At.seq / 8;
const EXCH_TS = At.exchTsNs / 8;
const LOCAL_TS = At.localTsNs / 8;
const SENT = At.sentMonoNs / 8;
const RECV = At.recvMonoNs / 8;
const PX = At.px / 8;
const QTY = At.qty / 8;
const LEAVES_QTY = At.leavesQty / 8;
const EXEC_QTY = At.execQty / 8;
const EXEC_PX = At.execPx / 8;
const ORDER_ID = At.orderId / 8;
const VALUE = At.value / 8;
const EV = At.ev / 8;
const EXTRA = At.extra / 8;

// A text may start with U+FEFF like with any other character.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * A window on one record of a buffer. There is one view per reader and it moves: copy what you
 * keep past the handler. Getters that return numbers, strings or booleans allocate nothing;
 * those that return `bigint` do.
 */
export class EventView {
  private readonly bytes: Uint8Array;
  private readonly words: Uint32Array;
  private readonly floats: Float64Array;
  private readonly signed: BigInt64Array;
  private readonly unsigned: BigUint64Array;
  private readonly capacity: number;
  private slot = 0;
  /** First byte, 32-bit word and 64-bit word of the record. */
  private byte = 0;
  private word = 0;
  private wide = 0;

  /**
   * @param bytes - Whole records; must start at a multiple of 8 in its buffer.
   * @throws HftError `ERR_INVALID_ARGUMENT` when misaligned or without a whole record.
   */
  constructor(bytes: Uint8Array) {
    this.capacity = Math.trunc(bytes.byteLength / RECORD_BYTES);
    if (this.capacity < 1 || bytes.byteOffset % 8 !== 0) {
      throw new HftError(
        'ERR_INVALID_ARGUMENT',
        `records: ${String(bytes.byteLength)} bytes at offset ${String(bytes.byteOffset)} hold no aligned record.`,
        { remedy: `Give at least ${String(RECORD_BYTES)} bytes at a multiple of 8.` },
      );
    }
    const { buffer, byteOffset } = bytes;
    const length = this.capacity * RECORD_BYTES;
    this.bytes = bytes;
    this.words = new Uint32Array(buffer, byteOffset, length / 4);
    this.floats = new Float64Array(buffer, byteOffset, length / 8);
    this.signed = new BigInt64Array(buffer, byteOffset, length / 8);
    this.unsigned = new BigUint64Array(buffer, byteOffset, length / 8);
  }

  /** Moves to a record; the index is taken modulo the capacity, so it may count on in a ring. */
  moveTo(index: number): this {
    // A division costs as much as reading the record.
    const slot = index < this.capacity ? index : index % this.capacity;
    this.slot = slot;
    this.byte = slot * RECORD_BYTES;
    this.word = slot * (RECORD_BYTES / 4);
    this.wide = slot * (RECORD_BYTES / 8);
    return this;
  }

  /** How many records the buffer holds. */
  get recordCapacity(): number {
    return this.capacity;
  }

  get kind(): RecordKind {
    return this.bytes[this.byte + KIND] as number as RecordKind;
  }

  /** `undefined` where the record has no side. Trade: the aggressor; depth: `buy` is a bid. */
  get side(): Side | undefined {
    return sideFromCode(this.bytes[this.byte + SIDE] as number);
  }

  get isBuy(): boolean {
    return (this.bytes[this.byte + SIDE] as number) === 1;
  }

  get flags(): number {
    return this.bytes[this.byte + FLAGS] as number;
  }

  /** Stands inside a batch. */
  get inBatch(): boolean {
    return ((this.bytes[this.byte + FLAGS] as number) & RecordFlag.InBatch) !== 0;
  }

  /** Belongs to a snapshot that the bot asked for. */
  get isSnapshot(): boolean {
    return ((this.bytes[this.byte + FLAGS] as number) & RecordFlag.Snapshot) !== 0;
  }

  /** Made by the bot itself: the deletions that clear a book. */
  get isSynthetic(): boolean {
    return ((this.bytes[this.byte + FLAGS] as number) & RecordFlag.Synthetic) !== 0;
  }

  /** The number as it stands: order or link status, error kind, command error or severity. */
  get statusCode(): number {
    return this.bytes[this.byte + STATUS] as number;
  }

  /** Of an `Order` record. */
  get orderStatus(): OrderStatus {
    return orderStatusFromCode(this.bytes[this.byte + STATUS] as number);
  }

  /** Of a `Link` record. */
  get linkState(): LinkState {
    return linkStateFromCode(this.bytes[this.byte + STATUS] as number);
  }

  /** Of a `BookState` record: the state of the book from now on. */
  get bookState(): BookState {
    return bookStateFromCode(this.bytes[this.byte + STATUS] as number);
  }

  /** Of a `BookState` record: the state before. */
  get previousBookState(): BookState {
    return bookStateFromCode(this.valueNumber);
  }

  /** Of a `Link` record: which connection with the venue, `undefined` when none is meant. */
  get socket(): VenueSocket | undefined {
    return venueSocketFromCode(this.valueNumber);
  }

  /** Of a `Notice` record. */
  get severity(): NoticeSeverity {
    return noticeSeverityFromCode(this.bytes[this.byte + STATUS] as number);
  }

  /** Of a `Balance` record: the coin, '' for the account as a whole. */
  get coin(): string {
    return this.text();
  }

  /** Balance: wallet balance and unrealised profit; NaN when the venue does not report it. */
  get equity(): number {
    return this.floats[this.wide + PX] as number;
  }

  /** Balance: deposits, realised profit and fees; NaN when the venue does not report it. */
  get walletBalance(): number {
    return this.floats[this.wide + QTY] as number;
  }

  /** Balance: what new orders can be backed with; NaN when the venue does not report it. */
  get available(): number {
    return this.floats[this.wide + LEAVES_QTY] as number;
  }

  /** Balance: held for positions and open orders; NaN when the venue does not report it. */
  get initialMargin(): number {
    return this.floats[this.wide + EXEC_QTY] as number;
  }

  /** Balance: the venue closes positions below it; NaN when the venue does not report it. */
  get maintenanceMargin(): number {
    return this.floats[this.wide + EXEC_PX] as number;
  }

  /** Balance: profit of open positions; NaN when the venue does not report it. */
  get unrealisedPnl(): number {
    return this.floats[this.wide + EXTRA] as number;
  }

  /** Index of the instrument in the bot. */
  get asset(): number {
    return this.words[this.word + ASSET] as number;
  }

  /** The connector's sequence number, 0n when it does not number its messages. */
  get seq(): bigint {
    return this.unsigned[this.wide + SEQ] as bigint;
  }

  /** Exchange time, Unix ns. */
  get exchTsNs(): bigint {
    return this.signed[this.wide + EXCH_TS] as bigint;
  }

  /** Exchange time, whole Unix ms (rounded down). */
  get exchTsMs(): number {
    return this.ms(EXCH_TS);
  }

  /** Feed: when the connector received it. Order: when the request was made. Unix ns. */
  get localTsNs(): bigint {
    return this.signed[this.wide + LOCAL_TS] as bigint;
  }

  /** As `localTsNs`, whole Unix ms (rounded down). */
  get localTsMs(): number {
    return this.ms(LOCAL_TS);
  }

  /**
   * `localTsNs - exchTsNs` in ns: how old the event was when the connector received it. Exact
   * below 2^53 ns (104 days) because the halves are subtracted before they are joined.
   */
  get feedLatencyNs(): number {
    return this.difference(LOCAL_TS, EXCH_TS);
  }

  /**
   * When the connector published it, CLOCK_MONOTONIC ns; 0 when unknown. A `number` because that
   * clock starts at boot: it stays below 2^53, and so exact, for the first 104 days of uptime,
   * and is within 2 ns for the next 104.
   */
  get sentMonoNs(): number {
    return this.whole(SENT);
  }

  /** When the bot took it from shared memory, CLOCK_MONOTONIC ns; exact as `sentMonoNs`. */
  get recvMonoNs(): number {
    return this.whole(RECV);
  }

  /** `recvMonoNs - sentMonoNs`: time in shared memory; NaN when the send time is unknown. */
  get transportNs(): number {
    return this.whole(SENT) === 0 ? NaN : this.difference(RECV, SENT);
  }

  /** Price; of an order its limit price. */
  get price(): number {
    return this.floats[this.wide + PX] as number;
  }

  /** Quantity; of an order what was ordered, of a position signed. */
  get qty(): number {
    return this.floats[this.wide + QTY] as number;
  }

  /** Order id, or the number of a command. */
  get orderId(): bigint {
    return this.unsigned[this.wide + ORDER_ID] as bigint;
  }

  /** Order: quantity still open. */
  get leavesQty(): number {
    return this.floats[this.wide + LEAVES_QTY] as number;
  }

  /** Order: quantity executed with this update. */
  get execQty(): number {
    return this.floats[this.wide + EXEC_QTY] as number;
  }

  /** Order: price of the execution. */
  get execPrice(): number {
    return this.floats[this.wide + EXEC_PX] as number;
  }

  /** The kind's own number: messages lost, code of a reject or notice, boot epoch. */
  get value(): bigint {
    return this.signed[this.wide + VALUE] as bigint;
  }

  /** As `value`; exact while it is a safe integer. */
  get valueNumber(): number {
    const word = this.word + VALUE * 2;
    return ((this.words[word + 1] as number) | 0) * TWO_32 + (this.words[word] as number);
  }

  get timeInForce(): TimeInForce {
    return timeInForceFromCode(this.bytes[this.byte + TIME_IN_FORCE] as number);
  }

  get orderType(): OrderType {
    return orderTypeFromCode(this.bytes[this.byte + ORDER_TYPE] as number);
  }

  /** Order: request under way, `none` when the connector has answered. */
  get req(): OrderStatus {
    return orderStatusFromCode(this.bytes[this.byte + REQ] as number);
  }

  /** Order: executed as maker. */
  get maker(): boolean {
    return (this.bytes[this.byte + MAKER] as number) !== 0;
  }

  /** Bytes of text that follow in `Text` records. */
  get textLen(): number {
    return this.words[this.word + TEXT_LEN] as number;
  }

  /** hftbacktest's raw event flags (`Event::ev`). */
  get ev(): bigint {
    return this.unsigned[this.wide + EV] as bigint;
  }

  /** Raw numbers of the enumerations, for the reader's tests and for forwarding. */
  get codes(): { side: number; timeInForce: number; orderType: number; req: number } {
    return {
      side: this.bytes[this.byte + SIDE] as number,
      timeInForce: this.bytes[this.byte + TIME_IN_FORCE] as number,
      orderType: this.bytes[this.byte + ORDER_TYPE] as number,
      req: this.bytes[this.byte + REQ] as number,
    };
  }

  /**
   * The text that follows in `Text` records, '' when there is none. Text cut by the end of the
   * buffer is cut here too; broken UTF-8 gives U+FFFD.
   */
  text(): string {
    const wanted = this.kind === RecordKind.Text ? 0 : this.textLen;
    if (wanted === 0) return '';
    // A forged length must not make the reader walk or allocate beyond the buffer.
    const length = Math.min(wanted, (this.capacity - 1) * TEXT_BYTES);
    const joined = new Uint8Array(length);
    let done = 0;
    for (let step = 1; done < length; step += 1) {
      const start = ((this.slot + step) % this.capacity) * RECORD_BYTES;
      if (this.bytes[start] !== RecordKind.Text) break;
      const part = Math.min(TEXT_BYTES, length - done);
      joined.set(this.bytes.subarray(start + 8, start + 8 + part), done);
      done += part;
    }
    return decoder.decode(joined.subarray(0, done));
  }

  /** An unsigned 64-bit field as a number. */
  private whole(field: number): number {
    const word = this.word + field * 2;
    return (this.words[word + 1] as number) * TWO_32 + (this.words[word] as number);
  }

  private difference(minuend: number, subtrahend: number): number {
    const a = this.word + minuend * 2;
    const b = this.word + subtrahend * 2;
    const high = ((this.words[a + 1] as number) | 0) - ((this.words[b + 1] as number) | 0);
    return high * TWO_32 + ((this.words[a] as number) - (this.words[b] as number));
  }

  /** Whole ms of a 64-bit ns without a bigint: 2^32 = 4294 * 10^6 + 967296, all terms < 2^53. */
  private ms(field: number): number {
    const word = this.word + field * 2;
    const high = (this.words[word + 1] as number) | 0;
    return high * 4294 + Math.floor((high * 967296 + (this.words[word] as number)) / 1e6);
  }
}
