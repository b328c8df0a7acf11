import type { BookLevel } from '../models/book-level.js';
import { bookStateFromCode, type BookState } from '../models/book-state.js';
import { errorFromNative } from '../models/native-error.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { STATE_BYTES, StateField } from '../models/record-layout.js';
import { roundToTick, tickToPrice } from '../models/ticks.js';
import type { NativeBot } from '../native/native-addon.js';
import { checkCount, checkTick } from '../models/arguments.js';
import { LEVELS_MAX, type MarketDepthView } from '../models/market-depth-view.js';

const WORDS = STATE_BYTES / 8;
const TWO_32 = 4294967296;
/** Upper halves of hftbacktest's INVALID_MIN (i64::MIN) and INVALID_MAX (i64::MAX). */
const INVALID_MIN_HIGH = -0x80000000;
const INVALID_MAX_HIGH = 0x7fffffff;

/** What a view needs from its bot: `open` throws `ERR_CLOSED` after `close()`. */
export interface DepthSource {
  open(): NativeBot;
}

/**
 * The book of a native bot: best prices come from the state block that the bot refreshes after
 * each batch, without a native call; quantities and levels are asked for. Prices are made from
 * ticks here: hftbacktest's own are plain products such as 0.30000000000000004.
 */
export class NativeDepthView implements MarketDepthView {
  readonly tickSize: number;
  readonly lotSize: number;
  private readonly source: DepthSource;
  private readonly asset: number;
  private readonly floats: Float64Array;
  private readonly halves: Int32Array;
  private levelBuffer = new Float64Array(0);

  constructor(source: DepthSource, asset: number, instrument: InstrumentSpec, state: Uint8Array) {
    this.source = source;
    this.asset = asset;
    this.tickSize = instrument.tickSize;
    this.lotSize = instrument.lotSize;
    const offset = state.byteOffset + asset * STATE_BYTES;
    this.floats = new Float64Array(state.buffer, offset, WORDS);
    this.halves = new Int32Array(state.buffer, offset, WORDS * 2);
  }

  get bestBid(): number {
    return tickToPrice(this.tick(StateField.bestBidTick), this.tickSize);
  }

  get bestAsk(): number {
    return tickToPrice(this.tick(StateField.bestAskTick), this.tickSize);
  }

  get bestBidQty(): number {
    return this.read(StateField.bestBidQty);
  }

  get bestAskQty(): number {
    return this.read(StateField.bestAskQty);
  }

  get bestBidTick(): number {
    return this.tick(StateField.bestBidTick);
  }

  get bestAskTick(): number {
    return this.tick(StateField.bestAskTick);
  }

  get state(): BookState {
    return bookStateFromCode(this.read(StateField.bookState));
  }

  get synced(): boolean {
    return this.state === 'live';
  }

  bidQtyAtTick(priceTick: number): number {
    const tick = checkTick(priceTick, 'priceTick');
    try {
      return this.source.open().bidQtyAtTick(this.asset, tick);
    } catch (error) {
      throw errorFromNative(error, 'bidQtyAtTick');
    }
  }

  askQtyAtTick(priceTick: number): number {
    const tick = checkTick(priceTick, 'priceTick');
    try {
      return this.source.open().askQtyAtTick(this.asset, tick);
    } catch (error) {
      throw errorFromNative(error, 'askQtyAtTick');
    }
  }

  levels(count: number): {
    readonly bids: readonly BookLevel[];
    readonly asks: readonly BookLevel[];
  } {
    checkCount(count, 'count', LEVELS_MAX);
    if (this.levelBuffer.length < count * 4) this.levelBuffer = new Float64Array(count * 4);
    let counts: number;
    try {
      counts = this.source.open().depth(this.asset, count, this.levelBuffer);
    } catch (error) {
      throw errorFromNative(error, 'depth');
    }
    const bids = counts % 65536;
    const asks = Math.trunc(counts / 65536);
    return { bids: this.copyLevels(0, bids), asks: this.copyLevels(bids, asks) };
  }

  /** A `bigint` word of the state block as an exact bigint. */
  wide(field: number): bigint {
    this.source.open();
    const low = BigInt((this.halves[field * 2] ?? 0) >>> 0);
    return (BigInt(this.halves[field * 2 + 1] ?? 0) << 32n) | low;
  }

  private read(field: number): number {
    this.source.open();
    return this.floats[field] ?? NaN;
  }

  private tick(field: number): number {
    this.source.open();
    const high = this.halves[field * 2 + 1] ?? 0;
    if (high === INVALID_MIN_HIGH || high === INVALID_MAX_HIGH) return NaN;
    return high * TWO_32 + ((this.halves[field * 2] ?? 0) >>> 0);
  }

  private copyLevels(first: number, count: number): readonly BookLevel[] {
    const levels: BookLevel[] = [];
    for (let index = first; index < first + count; index += 1) {
      levels.push(
        Object.freeze({
          price: roundToTick(this.levelBuffer[index * 2] ?? NaN, this.tickSize),
          qty: this.levelBuffer[index * 2 + 1] ?? 0,
        }),
      );
    }
    return Object.freeze(levels);
  }
}
