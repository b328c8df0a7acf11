import { bookStateToCode } from '../models/book-state.js';
import type { Bot } from '../models/bot.js';
import { LEVELS_MAX } from '../models/market-depth-view.js';
import { orderStatusToCode } from '../models/order-status.js';
import { orderTypeToCode } from '../models/order-type.js';
import type { OrderResponse } from '../models/order-response.js';
import { RecordFlag, RecordKind } from '../models/record-layout.js';
import { RecordWriter, type RecordFields } from '../models/record-writer.js';
import { RingProducer, ringOn } from '../models/ring.js';
import { timeInForceToCode } from '../models/time-in-force.js';
import type { WatchMemory } from './worker-protocol.js';

/** Records of a state that are gathered before they go to the ring. */
const CHUNK_RECORDS = 512;
const BUY = 1;
const SELL = 2;

/**
 * Copies what a bot's batches bring to the ring of who watches the run; costs one look at a word per batch
 * while nobody does. Nothing is allocated per record. A watcher that comes later gets books, positions and
 * orders as they stand, and the books again when its ring was full: of a book {@link LEVELS_MAX} levels a side.
 *
 * @param wake - The ring's reader sleeps, and has records.
 * @param onFailure - The mirror does not go on; the bot does.
 */
export function mirrorBatches(
  bot: Bot,
  memory: WatchMemory,
  wake: () => void,
  onFailure: (error: unknown) => void,
): void {
  const mirror = new BatchMirror(bot, memory, wake);
  const wait = bot.waitBatch.bind(bot);
  let isBroken = false;
  bot.waitBatch = (timeoutNs, maxRecords) => {
    const batch = wait(timeoutNs, maxRecords);
    if (isBroken) return batch;
    try {
      mirror.copy(batch.bytes, batch.count);
    } catch (error) {
      // Who watches must never end a strategy that has orders.
      isBroken = true;
      onFailure(error);
    }
    return batch;
  };
}

class BatchMirror {
  readonly #bot: Bot;
  readonly #wanted: Int32Array;
  readonly #producer: RingProducer;
  readonly #state = new RecordWriter(CHUNK_RECORDS);
  /** The watcher that has the state; one that was there before the first batch needs none. */
  #watcher: number;

  constructor(bot: Bot, memory: WatchMemory, wake: () => void) {
    this.#bot = bot;
    this.#wanted = new Int32Array(memory.wanted);
    this.#producer = new RingProducer(ringOn(memory.ring), wake);
    this.#watcher = Atomics.load(this.#wanted, 0);
  }

  copy(records: Uint8Array, count: number): void {
    const watcher = Atomics.load(this.#wanted, 0);
    if (watcher === 0) {
      this.#watcher = 0;
      return;
    }
    if (watcher !== this.#watcher) {
      // The bot has applied this batch already.
      this.#watcher = watcher;
      this.#sendState();
      return;
    }
    if (count > 0) this.#producer.write(records, count);
    else this.#producer.flush();
    if (this.#producer.takeRecovered())
      for (const asset of this.#bot.instruments.keys()) this.#sendBook(asset);
  }

  #sendState(): void {
    for (const asset of this.#bot.instruments.keys()) {
      this.#put({ kind: RecordKind.Position, asset, qty: this.#bot.position(asset) });
      for (const order of this.#bot.orders(asset).values()) this.#put(orderFields(order));
      this.#sendBook(asset);
    }
  }

  #sendBook(asset: number): void {
    const { bids, asks, exchTsNs, localTsNs, state } = this.#bot.depthSnapshot(asset, LEVELS_MAX);
    const level = {
      kind: RecordKind.Depth,
      flags: RecordFlag.Snapshot,
      asset,
      exchTsNs,
      localTsNs,
    };
    this.#put({ kind: RecordKind.BookReset, asset });
    this.#put({ kind: RecordKind.BatchStart });
    for (const { price: px, qty } of bids) this.#put({ ...level, side: BUY, px, qty });
    for (const { price: px, qty } of asks) this.#put({ ...level, side: SELL, px, qty });
    this.#put({ kind: RecordKind.BatchEnd });
    // A position that is not known comes from a connector that does not know the account.
    const isUnknown = Number.isNaN(this.#bot.position(asset));
    if (state !== 'disconnected')
      this.#put({ kind: RecordKind.BookReady, asset, status: isUnknown ? 1 : 0 });
    this.#put({
      kind: RecordKind.BookState,
      asset,
      status: bookStateToCode(state),
      value: BigInt(bookStateToCode('resyncing')),
    });
    this.#flush();
  }

  #put(fields: RecordFields): void {
    if (this.#state.count === CHUNK_RECORDS) this.#flush();
    this.#state.write(fields);
  }

  #flush(): void {
    this.#producer.write(this.#state.bytes, this.#state.count);
    this.#state.reset();
  }
}

function orderFields(order: OrderResponse): RecordFields {
  const { asset, orderId, qty, leavesQty, exchTsNs, localTsNs, price, status, pending } = order;
  return {
    kind: RecordKind.Order,
    flags: RecordFlag.Snapshot,
    asset,
    orderId,
    side: order.side === 'buy' ? BUY : SELL,
    px: price,
    qty,
    leavesQty,
    status: orderStatusToCode(status),
    req: orderStatusToCode(pending),
    timeInForce: timeInForceToCode(order.timeInForce),
    orderType: orderTypeToCode(order.orderType),
    exchTsNs,
    localTsNs,
  };
}
