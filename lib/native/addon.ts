/**
 * What the native addon exports, as it is. Only `lib/native` and the bot classes built on it see
 * these types; everything friendlier lives above. Names and order follow `crates/node/src`.
 *
 * Conventions: times in nanoseconds as `number` for durations (exact below 2^53) and `bigint` for
 * points in time; order ids as `bigint`; calls that change orders return a `CommandError` number
 * and never throw for what a venue or an order can cause; wrong arguments throw `Error` with
 * `code: 'InvalidArg'`.
 *
 * @packageDocumentation
 */

/** An instrument as the addon takes it. */
export interface NativeInstrument {
  connector: string;
  symbol: string;
  tickSize: number;
  lotSize: number;
  /** Lower bound of the range of interest in price; only the ROI vector bot reads it. */
  roiLb: number;
  /** Upper bound of the range of interest in price. */
  roiUb: number;
  /** How many of the last trades the bot keeps; the oldest go first. */
  lastTradesCapacity: number;
}

/** How a bot waits for shared memory. */
export interface NativeWait {
  strategy: 'spin' | 'yield' | 'adaptive' | 'park';
  /** Adaptive: how long to spin before yielding, ns. */
  spinNs: number;
  /** Adaptive: how long to yield before parking, ns. */
  yieldNs: number;
  /** Adaptive: how long yielding may become while events come faster than that, ns. */
  yieldMaxNs: number;
  /** Longest sleep while parked without a doorbell (upstream connector), ns. */
  parkNs: number;
  /** Parks on the core from which it was woken lately. */
  shareCore: boolean;
}

export interface NativeBotConfig {
  instruments: NativeInstrument[];
  /** 0n: a random id. */
  botId: bigint;
  wait: NativeWait;
  /** After how long without a sign of life a connector counts as lost, ns. */
  heartbeatTimeoutNs: number;
}

/** Counters of a bot; all since its construction. */
export interface NativeBotStats {
  /** Messages taken from shared memory that were for this bot. */
  received: number;
  /** Messages lost between connectors and this bot, known by their sequence numbers. */
  lost: number;
  /** Occasions on which messages were lost. */
  gaps: number;
  /** Messages that could not be decoded (foreign or damaged bytes). */
  decodeErrors: number;
  /** Messages for a symbol that this bot did not register. */
  unknownSymbols: number;
  /** Records of market data that did not fit into the buffer of `waitNextFeed` and were dropped. */
  tapOverflow: number;
  /** Records of market data dropped because the port's ring was full. */
  ringDropped: number;
  /** Re-registrations after a loss or a restart. */
  resyncs: number;
  /** Times the bot slept in the kernel. */
  parks: number;
}

/** State of one connector as a bot sees it. */
export interface NativeLink {
  connector: string;
  /** A `LinkStatus`. */
  status: number;
  /** True when the connector offers the side channel (amend, cancel-all, heartbeat, doorbell). */
  sideChannel: boolean;
  /** Bits of `Capability`: what the connector offers; 0 without the side channel. */
  capabilities: number;
  /** Boot epoch of the connector's run, 0 when unknown. */
  epoch: bigint;
  /** Process id of the connector, 0 when unknown. */
  pid: number;
  /** Version text of the connector, '' when unknown. */
  version: string;
  /** Age of its last heartbeat in ns, -1 when it has none. */
  heartbeatAgeNs: number;
}

/** An order as the bot holds it. */
export interface NativeOrder {
  orderId: bigint;
  price: number;
  priceTick: number;
  qty: number;
  leavesQty: number;
  execQty: number;
  execPrice: number;
  side: number;
  status: number;
  req: number;
  timeInForce: number;
  orderType: number;
  maker: boolean;
  exchTsNs: bigint;
  localTsNs: bigint;
}

/**
 * Both bot classes of the addon. One lives on the thread that made it; every method throws
 * `code: 'Closed'` after `close()`.
 */
export interface NativeBot {
  /** The bot's id on the wire. */
  readonly botId: bigint;
  /** The bot's number in the `bot…` functions, on the thread that made it. */
  readonly handle: number;
  /** The buffer that the records of `botWaitBatch` and the other waits are written to. */
  attach(records: Uint8Array, state: Uint8Array): void;

  /** hftbacktest's call: returns an `ElapseResult` number; the tap's records go to the buffer. */
  waitNextFeed(includeOrderResp: boolean, timeoutNs: number): number;
  waitOrderResponse(asset: number, orderId: bigint, timeoutNs: number): number;
  elapse(durationNs: number): number;
  /** Records that the last wait call wrote to the buffer. */
  recordCount(): number;

  /** Every open order of this bot on the instrument, in one message. */
  cancelAll(asset: number): number;
  clearInactiveOrders(asset: number): void;

  currentTimestampNs(): bigint;
  numAssets(): number;
  position(asset: number): number;
  bestBid(asset: number): number;
  bestAsk(asset: number): number;
  bidQtyAtTick(asset: number, tick: number): number;
  askQtyAtTick(asset: number, tick: number): number;
  /**
   * Writes up to `levels` pairs (price, quantity), best first, bids then asks; returns
   * bids + asks * 65536.
   */
  depth(asset: number, levels: number, out: Float64Array): number;
  orders(asset: number): NativeOrder[];
  order(asset: number, orderId: bigint): NativeOrder | null;
  /** Writes the last trades as `Trade` records, oldest first; returns how many. */
  lastTrades(asset: number, out: Uint8Array): number;
  clearLastTrades(asset: number): void;
  /** [exchTsNs, localTsNs] of the last feed event, null before the first. */
  feedLatency(asset: number): bigint[] | null;
  /** [reqTsNs, exchTsNs, respTsNs] of the last order update, null before the first. */
  orderLatency(asset: number): bigint[] | null;
  /** Asks the connector for the instrument's state again: orders, position, book. */
  resync(asset: number): number;

  stats(): NativeBotStats;
  links(): NativeLink[];

  /** Ties the bot to a port: commands come from it, `botRun` writes to its ring. */
  bindPort(portId: number): void;

  close(): void;
  readonly closed: boolean;
}

export type NativeBotConstructor = new (config: NativeBotConfig) => NativeBot;

/**
 * The main thread's end: a ring that the bot's thread fills, and a queue of commands to it (orders
 * through the `port…` functions of the addon).
 * Commands return their number (1, 2, …) at once; their outcome comes back as a `Command` record
 * only when it is an error. 0 means the queue is full or the port is closed.
 */
export interface NativePort {
  readonly id: number;
  cancelAll(asset: number): number;
  clearInactiveOrders(asset: number): number;
  resync(asset: number): number;
  /** Copies of what the bot's thread last stored. */
  stats(): NativeBotStats | null;
  links(): NativeLink[];
  /** Makes the bot's thread return -1 from its wait; idempotent. */
  stop(): void;
  /** Releases the ring and the wake-up; idempotent. */
  close(): void;
}

export interface NativeAddon {
  buildInfo(): {
    version: string;
    live: boolean;
    profile: string;
    target: string;
    hftbacktest: string;
    iceoryx2: string;
  };
  HashMapMarketDepthLiveBot: NativeBotConstructor;
  ROIVectorMarketDepthLiveBot: NativeBotConstructor;
  /** `ring` null: a port for strategy mode, only commands and stop. `onWake` runs on this thread, coalesced. */
  NativePort: new (ring: Uint8Array | null, onWake: (() => void) | null) => NativePort;
  /**
   * What a running bot calls all the time, as functions: a method of a class costs four times as
   * much to get into (`npm run bench -- boundary`). Each throws `code: 'Closed'` for the handle of a
   * closed bot or of another thread's.
   *
   * Waits until something arrives, then writes what is there as records from offset 0.
   * Returns the number of records (0 on time-out), -1 when `NativePort.stop()` was called.
   * Never waits longer than 100 ms in one call, so that a worker can be terminated.
   */
  botWaitBatch(bot: number, timeoutNs: number, maxRecords: number): number;
  /**
   * Writes CLOCK_MONOTONIC now into `StateField.monotonicNs` and returns 0: as `monotonicNs`, which
   * allocates the number that it returns.
   */
  botNoteTime(bot: number): number;
  /**
   * Client mode: pumps records into the port's ring, carries out its commands and wakes its
   * thread, for at most `sliceNs` (and 100 ms). Returns 0 to be called again, -1 when stopped.
   */
  botRun(bot: number, sliceNs: number): number;
  /** `side` 1 buy, -1 sell; `waitNs` > 0 waits for the first response that long. */
  botSubmitOrder(
    bot: number,
    asset: number,
    orderId: bigint,
    side: number,
    price: number,
    qty: number,
    timeInForce: number,
    orderType: number,
    waitNs: number,
  ): number;
  botModify(
    bot: number,
    asset: number,
    orderId: bigint,
    price: number,
    qty: number,
    waitNs: number,
  ): number;
  botCancel(bot: number, asset: number, orderId: bigint, waitNs: number): number;
  /** As a command of a port; 0 for a closed port, and for the port of another thread. */
  portSubmitOrder(
    port: number,
    asset: number,
    orderId: bigint,
    side: number,
    price: number,
    qty: number,
    timeInForce: number,
    orderType: number,
  ): number;
  portModify(port: number, asset: number, orderId: bigint, price: number, qty: number): number;
  portCancel(port: number, asset: number, orderId: bigint): number;
  /** CLOCK_MONOTONIC now, ns (the clock of `sentMonoNs` and `recvMonoNs`). */
  monotonicNs(): number;
}
