// Generated from crates/node by `npm run build:native -- --features live`; do not edit.

/**
 * A live bot whose book keeps every level, with the results of hftbacktest's `HashMapMarketDepth`.
 *
 * It lives on the thread that made it; after `close()` every method throws `code: 'Closed'`.
 */
export declare class HashMapMarketDepthLiveBot {
  /**
   * Builds a bot and registers its instruments. Throws `code: 'InvalidArg'`, `'AlreadyRunning'`
   * (another bot has this id) or `'SharedMemory'`.
   */
  constructor(config: NativeBotConfig);
  /** The bot's number in the `bot…` functions, on the thread that made it. */
  get handle(): number;
  /** The bot's id on the wire. */
  get botId(): bigint;
  /**
   * Sets the memory that waits write to: `records` takes the records of `botWaitBatch` and of the
   * other waits, `state` one block of `STATE_BYTES` per instrument.
   */
  attach(records: Uint8Array, state: Uint8Array): void;
  /**
   * hftbacktest's `wait_next_feed`. Waits at most 100 ms and writes what arrives as records.
   * Returns an `ElapseResult` number, or a `CommandError` number when it fails.
   */
  waitNextFeed(includeOrderResp: boolean, timeoutNs: number): number;
  /**
   * hftbacktest's `wait_order_response`: waits for the next response to this order. Returns as
   * `waitNextFeed`.
   */
  waitOrderResponse(asset: number, orderId: bigint, timeoutNs: number): number;
  /**
   * hftbacktest's `elapse`: takes in what arrives during `durationNs`, at most 100 ms. Returns as
   * `waitNextFeed`.
   */
  elapse(durationNs: number): number;
  /** Number of records that the last wait wrote. */
  recordCount(): number;
  /**
   * Cancels every open order of this bot on the instrument: with one message those that the
   * connector follows, acknowledged or not, and with one each the unconfirmed ones. Returns a
   * `CommandError` number, 0 when all of it was sent.
   */
  cancelAll(asset: number): number;
  /** Forgets orders that have ended. */
  clearInactiveOrders(asset: number): void;
  /** Wall clock now, Unix ns. */
  currentTimestampNs(): bigint;
  /** Number of instruments. */
  numAssets(): number;
  /** Signed position, NaN while it is not known. */
  position(asset: number): number;
  /** Price of the best bid, NaN when there is none. */
  bestBid(asset: number): number;
  /** Price of the best ask, NaN when there is none. */
  bestAsk(asset: number): number;
  /** Bid quantity at a price in ticks, 0 when there is no level. */
  bidQtyAtTick(asset: number, tick: number): number;
  /** Ask quantity at a price in ticks, 0 when there is no level. */
  askQtyAtTick(asset: number, tick: number): number;
  /**
   * Writes up to `levels` pairs (price, quantity) of each side, best first, bids then asks.
   * Returns bids + asks * 65536.
   */
  depth(asset: number, levels: number, out: Float64Array): number;
  /** Every order that the bot holds, by their ids. */
  orders(asset: number): Array<NativeOrder>;
  /** One order, null when the bot does not hold it. */
  order(asset: number, orderId: bigint): NativeOrder | null;
  /** Writes the last trades as `Trade` records, oldest first. Returns how many. */
  lastTrades(asset: number, out: Uint8Array): number;
  /** Forgets the last trades. */
  clearLastTrades(asset: number): void;
  /** `[exchTsNs, localTsNs]` of the last feed event, null before the first. */
  feedLatency(asset: number): Array<bigint> | null;
  /** `[reqTsNs, exchTsNs, respTsNs]` of the last order update, null before the first. */
  orderLatency(asset: number): Array<bigint> | null;
  /**
   * Asks the connector for the instrument's state again: orders, position, book. Returns a
   * `CommandError` number, 0 when it was sent.
   */
  resync(asset: number): number;
  /**
   * Agrees that orders of the instrument's connector go to this destination. `orders` is an
   * `Orders` number. Returns a `CommandError` number, 0 when they go there.
   */
  agreeOrders(asset: number, orders: number, environment: string): number;
  /** Counters since the bot was made. */
  stats(): NativeBotStats;
  /** State of every connector of this bot. */
  links(): Array<NativeLink>;
  /** Ties the bot to a port of this process: commands come from it, `botRun` writes to its ring. */
  bindPort(portId: number): void;
  /** Unties the bot from its port: a stop has no effect any more. */
  unbindPort(): void;
  /**
   * Puts a fault into the instrument's connector, which runs by a virtual clock: `gap`, `stale`,
   * `reject` (the next order, with `code` and `text`), `silence` (nothing of the next order is
   * reported), `late_fill` (of the next fill) or `disconnect`. `forNs` is how long it lasts. False
   * where there is no virtual clock.
   */
  injectFault(asset: number, fault: string, forNs: number, code: number, text: string): boolean;
  /**
   * Sets the virtual wall clock forward by `byNs`, or back. False for the machine's clock, which is
   * left alone.
   */
  stepWallClock(byNs: number): boolean;
  /**
   * Ends the connectors that run on this thread. null while something that was asked of them is
   * not sent or not answered: call again; each call waits 100 ms at most. Else the orders that
   * stay open at their venues, one JSON object each; only `close()` may follow.
   */
  stopDirect(): Array<string> | null;
  /** Releases the shared memory; idempotent. */
  close(): void;
  /** True after `close()`. */
  get closed(): boolean;
}

/**
 * The main thread's end of a bot that runs in a worker: a ring that the bot's thread fills, and a
 * queue of commands to it (orders through the `port…` functions).
 *
 * A command returns its number (1, 2, …) at once; 0 when the queue is full or the port closed. Its
 * outcome comes back as a `Command` record only when it is an error.
 */
export declare class NativePort {
  /**
   * Opens a port. `ring` null: only for commands and stop (strategy mode). `onWake` runs on this
   * thread when the ring holds records and its reader sleeps; calls are coalesced. Throws
   * `code: 'InvalidArg'` for a ring of the wrong size.
   */
  constructor(ring: Uint8Array | null, onWake: (() => void) | null);
  /** The port's number in this process. */
  get id(): number;
  /** Cancels every open order of the bot on the instrument. */
  cancelAll(asset: number): number;
  /**
   * Asks for the state of an order; records with it follow. Throws `code: 'InvalidArg'` for an id
   * out of range.
   */
  askOrder(asset: number, orderId: bigint): number;
  /** Forgets orders that have ended. */
  clearInactiveOrders(asset: number): number;
  /** Asks the connector for the instrument's state again: orders, position, book. */
  resync(asset: number): number;
  /**
   * Agrees that orders of the instrument's connector go to this destination. `orders` is an
   * `Orders` number.
   */
  agreeOrders(asset: number, orders: number, environment: string): number;
  /** Counters that the bot last reported, null before the first report. */
  stats(): NativeBotStats | null;
  /** Links that the bot last reported, empty before the first report. */
  links(): Array<NativeLink>;
  /** Ends the bot's waits: they return -1; idempotent. */
  stop(): void;
  /** Releases the ring and the wake-up; idempotent. */
  close(): void;
}

/**
 * A live bot on hftbacktest's `ROIVectorMarketDepth`: its book keeps the range of interest only.
 *
 * It lives on the thread that made it; after `close()` every method throws `code: 'Closed'`.
 */
export declare class ROIVectorMarketDepthLiveBot {
  /**
   * Builds a bot and registers its instruments. Throws `code: 'InvalidArg'`, `'AlreadyRunning'`
   * (another bot has this id) or `'SharedMemory'`.
   */
  constructor(config: NativeBotConfig);
  /** The bot's number in the `bot…` functions, on the thread that made it. */
  get handle(): number;
  /** The bot's id on the wire. */
  get botId(): bigint;
  /**
   * Sets the memory that waits write to: `records` takes the records of `botWaitBatch` and of the
   * other waits, `state` one block of `STATE_BYTES` per instrument.
   */
  attach(records: Uint8Array, state: Uint8Array): void;
  /**
   * hftbacktest's `wait_next_feed`. Waits at most 100 ms and writes what arrives as records.
   * Returns an `ElapseResult` number, or a `CommandError` number when it fails.
   */
  waitNextFeed(includeOrderResp: boolean, timeoutNs: number): number;
  /**
   * hftbacktest's `wait_order_response`: waits for the next response to this order. Returns as
   * `waitNextFeed`.
   */
  waitOrderResponse(asset: number, orderId: bigint, timeoutNs: number): number;
  /**
   * hftbacktest's `elapse`: takes in what arrives during `durationNs`, at most 100 ms. Returns as
   * `waitNextFeed`.
   */
  elapse(durationNs: number): number;
  /** Number of records that the last wait wrote. */
  recordCount(): number;
  /**
   * Cancels every open order of this bot on the instrument: with one message those that the
   * connector follows, acknowledged or not, and with one each the unconfirmed ones. Returns a
   * `CommandError` number, 0 when all of it was sent.
   */
  cancelAll(asset: number): number;
  /** Forgets orders that have ended. */
  clearInactiveOrders(asset: number): void;
  /** Wall clock now, Unix ns. */
  currentTimestampNs(): bigint;
  /** Number of instruments. */
  numAssets(): number;
  /** Signed position, NaN while it is not known. */
  position(asset: number): number;
  /** Price of the best bid, NaN when there is none. */
  bestBid(asset: number): number;
  /** Price of the best ask, NaN when there is none. */
  bestAsk(asset: number): number;
  /** Bid quantity at a price in ticks, 0 when there is no level. */
  bidQtyAtTick(asset: number, tick: number): number;
  /** Ask quantity at a price in ticks, 0 when there is no level. */
  askQtyAtTick(asset: number, tick: number): number;
  /**
   * Writes up to `levels` pairs (price, quantity) of each side, best first, bids then asks.
   * Returns bids + asks * 65536.
   */
  depth(asset: number, levels: number, out: Float64Array): number;
  /** Every order that the bot holds, by their ids. */
  orders(asset: number): Array<NativeOrder>;
  /** One order, null when the bot does not hold it. */
  order(asset: number, orderId: bigint): NativeOrder | null;
  /** Writes the last trades as `Trade` records, oldest first. Returns how many. */
  lastTrades(asset: number, out: Uint8Array): number;
  /** Forgets the last trades. */
  clearLastTrades(asset: number): void;
  /** `[exchTsNs, localTsNs]` of the last feed event, null before the first. */
  feedLatency(asset: number): Array<bigint> | null;
  /** `[reqTsNs, exchTsNs, respTsNs]` of the last order update, null before the first. */
  orderLatency(asset: number): Array<bigint> | null;
  /**
   * Asks the connector for the instrument's state again: orders, position, book. Returns a
   * `CommandError` number, 0 when it was sent.
   */
  resync(asset: number): number;
  /**
   * Agrees that orders of the instrument's connector go to this destination. `orders` is an
   * `Orders` number. Returns a `CommandError` number, 0 when they go there.
   */
  agreeOrders(asset: number, orders: number, environment: string): number;
  /** Counters since the bot was made. */
  stats(): NativeBotStats;
  /** State of every connector of this bot. */
  links(): Array<NativeLink>;
  /** Ties the bot to a port of this process: commands come from it, `botRun` writes to its ring. */
  bindPort(portId: number): void;
  /** Unties the bot from its port: a stop has no effect any more. */
  unbindPort(): void;
  /**
   * Puts a fault into the instrument's connector, which runs by a virtual clock: `gap`, `stale`,
   * `reject` (the next order, with `code` and `text`), `silence` (nothing of the next order is
   * reported), `late_fill` (of the next fill) or `disconnect`. `forNs` is how long it lasts. False
   * where there is no virtual clock.
   */
  injectFault(asset: number, fault: string, forNs: number, code: number, text: string): boolean;
  /**
   * Sets the virtual wall clock forward by `byNs`, or back. False for the machine's clock, which is
   * left alone.
   */
  stepWallClock(byNs: number): boolean;
  /**
   * Ends the connectors that run on this thread. null while something that was asked of them is
   * not sent or not answered: call again; each call waits 100 ms at most. Else the orders that
   * stay open at their venues, one JSON object each; only `close()` may follow.
   */
  stopDirect(): Array<string> | null;
  /** Releases the shared memory; idempotent. */
  close(): void;
  /** True after `close()`. */
  get closed(): boolean;
}

/**
 * A live bot on hftbacktest's own `HashMapMarketDepth`, for comparison: it looks for the next best price tick by tick.
 *
 * It lives on the thread that made it; after `close()` every method throws `code: 'Closed'`.
 */
export declare class UpstreamHashMapMarketDepthLiveBot {
  /**
   * Builds a bot and registers its instruments. Throws `code: 'InvalidArg'`, `'AlreadyRunning'`
   * (another bot has this id) or `'SharedMemory'`.
   */
  constructor(config: NativeBotConfig);
  /** The bot's number in the `bot…` functions, on the thread that made it. */
  get handle(): number;
  /** The bot's id on the wire. */
  get botId(): bigint;
  /**
   * Sets the memory that waits write to: `records` takes the records of `botWaitBatch` and of the
   * other waits, `state` one block of `STATE_BYTES` per instrument.
   */
  attach(records: Uint8Array, state: Uint8Array): void;
  /**
   * hftbacktest's `wait_next_feed`. Waits at most 100 ms and writes what arrives as records.
   * Returns an `ElapseResult` number, or a `CommandError` number when it fails.
   */
  waitNextFeed(includeOrderResp: boolean, timeoutNs: number): number;
  /**
   * hftbacktest's `wait_order_response`: waits for the next response to this order. Returns as
   * `waitNextFeed`.
   */
  waitOrderResponse(asset: number, orderId: bigint, timeoutNs: number): number;
  /**
   * hftbacktest's `elapse`: takes in what arrives during `durationNs`, at most 100 ms. Returns as
   * `waitNextFeed`.
   */
  elapse(durationNs: number): number;
  /** Number of records that the last wait wrote. */
  recordCount(): number;
  /**
   * Cancels every open order of this bot on the instrument: with one message those that the
   * connector follows, acknowledged or not, and with one each the unconfirmed ones. Returns a
   * `CommandError` number, 0 when all of it was sent.
   */
  cancelAll(asset: number): number;
  /** Forgets orders that have ended. */
  clearInactiveOrders(asset: number): void;
  /** Wall clock now, Unix ns. */
  currentTimestampNs(): bigint;
  /** Number of instruments. */
  numAssets(): number;
  /** Signed position, NaN while it is not known. */
  position(asset: number): number;
  /** Price of the best bid, NaN when there is none. */
  bestBid(asset: number): number;
  /** Price of the best ask, NaN when there is none. */
  bestAsk(asset: number): number;
  /** Bid quantity at a price in ticks, 0 when there is no level. */
  bidQtyAtTick(asset: number, tick: number): number;
  /** Ask quantity at a price in ticks, 0 when there is no level. */
  askQtyAtTick(asset: number, tick: number): number;
  /**
   * Writes up to `levels` pairs (price, quantity) of each side, best first, bids then asks.
   * Returns bids + asks * 65536.
   */
  depth(asset: number, levels: number, out: Float64Array): number;
  /** Every order that the bot holds, by their ids. */
  orders(asset: number): Array<NativeOrder>;
  /** One order, null when the bot does not hold it. */
  order(asset: number, orderId: bigint): NativeOrder | null;
  /** Writes the last trades as `Trade` records, oldest first. Returns how many. */
  lastTrades(asset: number, out: Uint8Array): number;
  /** Forgets the last trades. */
  clearLastTrades(asset: number): void;
  /** `[exchTsNs, localTsNs]` of the last feed event, null before the first. */
  feedLatency(asset: number): Array<bigint> | null;
  /** `[reqTsNs, exchTsNs, respTsNs]` of the last order update, null before the first. */
  orderLatency(asset: number): Array<bigint> | null;
  /**
   * Asks the connector for the instrument's state again: orders, position, book. Returns a
   * `CommandError` number, 0 when it was sent.
   */
  resync(asset: number): number;
  /**
   * Agrees that orders of the instrument's connector go to this destination. `orders` is an
   * `Orders` number. Returns a `CommandError` number, 0 when they go there.
   */
  agreeOrders(asset: number, orders: number, environment: string): number;
  /** Counters since the bot was made. */
  stats(): NativeBotStats;
  /** State of every connector of this bot. */
  links(): Array<NativeLink>;
  /** Ties the bot to a port of this process: commands come from it, `botRun` writes to its ring. */
  bindPort(portId: number): void;
  /** Unties the bot from its port: a stop has no effect any more. */
  unbindPort(): void;
  /**
   * Puts a fault into the instrument's connector, which runs by a virtual clock: `gap`, `stale`,
   * `reject` (the next order, with `code` and `text`), `silence` (nothing of the next order is
   * reported), `late_fill` (of the next fill) or `disconnect`. `forNs` is how long it lasts. False
   * where there is no virtual clock.
   */
  injectFault(asset: number, fault: string, forNs: number, code: number, text: string): boolean;
  /**
   * Sets the virtual wall clock forward by `byNs`, or back. False for the machine's clock, which is
   * left alone.
   */
  stepWallClock(byNs: number): boolean;
  /**
   * Ends the connectors that run on this thread. null while something that was asked of them is
   * not sent or not answered: call again; each call waits 100 ms at most. Else the orders that
   * stay open at their venues, one JSON object each; only `close()` may follow.
   */
  stopDirect(): Array<string> | null;
  /** Releases the shared memory; idempotent. */
  close(): void;
  /** True after `close()`. */
  get closed(): boolean;
}

/** Returns how this addon was built. */
export declare function buildInfo(): BuildInfo;

/** How this addon was built. */
export interface BuildInfo {
  /** Version of the package. */
  version: string;
  /** True when it has the live part. */
  live: boolean;
  /** `release`, or `debug` with assertions. */
  profile: string;
  /** Operating system and processor. */
  target: string;
  /** Version of hftbacktest that it is compatible with. */
  hftbacktest: string;
  /** Version of iceoryx2 that it is compatible with. */
  iceoryx2: string;
}

/** `CLOCK_MONOTONIC` now, ns: the clock of `sentMonoNs` and `recvMonoNs`. */
export declare function monotonicNs(): number;

/** Configuration of a bot. */
export interface NativeBotConfig {
  /** At least one; the asset number of an instrument is its index. */
  instruments: Array<NativeInstrument>;
  /** The bot's id on the wire; 0n draws one. */
  botId: bigint;
  /** How the bot waits. */
  wait: NativeWait;
  /** A connector without a heartbeat for this long counts as lost, ns. */
  heartbeatTimeoutNs: number;
  /** Orders and amendments are sent only while the book of their instrument is live; default true. */
  requireLiveBook?: boolean;
  /**
   * Time within which an order or an amendment may be sent after it was requested, ns; 0 or absent:
   * no limit.
   */
  orderDeadlineNs?: number;
  /** The bot sends no orders, and connectors report none to it; default false. */
  onlyLooks?: boolean;
  /** Required of every connector: what becomes of its orders, an `Orders` number; 0 or absent: anything. */
  requireOrders?: number;
  /** Required of every connector: the venue's environment; empty or absent: any. */
  requireEnvironment?: string;
  /** Connectors that run on the bot's own thread, in place of those of their names in shared memory. */
  direct?: Array<NativeDirectConnector>;
  /**
   * The bot and its `direct` connectors run by a virtual clock, whose wall clock begins here, Unix ns:
   * waits let time pass at once. Absent: the machine's clocks. Every instrument is of a `direct` connector
   * then.
   */
  virtualStartNs?: bigint;
}

/** Counters of a bot since it was made. */
export interface NativeBotStats {
  /** Messages for this bot that were taken from shared memory. */
  received: number;
  /** Messages lost between connectors and this bot, known by their sequence numbers. */
  lost: number;
  /** Occasions on which messages were lost. */
  gaps: number;
  /** Messages that could not be decoded (foreign or damaged bytes). */
  decodeErrors: number;
  /** Messages for a symbol that this bot did not register. */
  unknownSymbols: number;
  /** Records of market data dropped because the buffer of a wait call was full. */
  tapOverflow: number;
  /** Records of market data dropped because the port's ring was full. */
  ringDropped: number;
  /** Registrations repeated after a loss or a restart. */
  resyncs: number;
  /** Times the bot slept in the kernel. */
  parks: number;
}

/** A connector that runs on the bot's own thread. */
export interface NativeDirectConnector {
  /** Its command line, as the program `connector` takes it: name, kind, symbols, files, options. */
  words: Array<string>;
  /** Its environment: pairs of name and value, one after the other. */
  env: Array<string>;
}

/** An instrument that a bot registers. */
export interface NativeInstrument {
  /** Name of its connector. */
  connector: string;
  /** The venue's symbol. */
  symbol: string;
  /** Step of prices. */
  tickSize: number;
  /** Step of quantities. */
  lotSize: number;
  /** Lower bound of the range of interest, as a price; only `ROIVectorMarketDepthLiveBot` reads it. */
  roiLb: number;
  /** Upper bound of the range of interest, as a price; only `ROIVectorMarketDepthLiveBot` reads it. */
  roiUb: number;
  /** Number of last trades that the bot keeps, at most 1000000; the oldest go first. */
  lastTradesCapacity: number;
}

/** State of one connector, as a bot sees it. */
export interface NativeLink {
  /** Name of the connector. */
  connector: string;
  /** A `LinkStatus` number. */
  status: number;
  /** The connector offers the control channel (amend, cancel-all, heartbeat, doorbell). */
  controlChannel: boolean;
  /** Bits of `Capability` that the connector offers; 0 without the control channel. */
  capabilities: number;
  /** Boot epoch of the connector's run; 0n when unknown. */
  epoch: bigint;
  /** Process id of the connector; 0 when unknown. */
  pid: number;
  /** Version of the connector; empty when unknown. */
  version: string;
  /** Age of the connector's last heartbeat, ns; -1 before the first. */
  heartbeatAgeNs: number;
  /** What becomes of orders, an `Orders` number: 0 unknown, 1 none, 2 simulated, 3 paper, 4 real. */
  orders: number;
  /** The venue's environment; empty when unknown. */
  environment: string;
  /** Orders go where they went at first, or where the program has agreed that they go. */
  ordersAgreed: boolean;
}

/** An order as the bot holds it. Statuses, times in force and types are hftbacktest's numbers. */
export interface NativeOrder {
  /** The bot's own id of the order. */
  orderId: bigint;
  /** Limit price. */
  price: number;
  /** Limit price in ticks. */
  priceTick: number;
  /** Ordered quantity. */
  qty: number;
  /** Quantity still open. */
  leavesQty: number;
  /** Quantity of the last execution, 0 when there was none. */
  execQty: number;
  /** Price of the last execution, 0 when there was none. */
  execPrice: number;
  /** 1 buy, -1 sell. */
  side: number;
  /** The status. */
  status: number;
  /** The status that is requested; 0 (none) when the connector has answered. */
  req: number;
  /** The time in force. */
  timeInForce: number;
  /** The order type. */
  orderType: number;
  /** The last execution was made as maker. */
  maker: boolean;
  /** Exchange time of this state, Unix ns; 0n before the first response. */
  exchTsNs: bigint;
  /** When the request was made, Unix ns. */
  localTsNs: bigint;
}

/** How a bot waits for shared memory. */
export interface NativeWait {
  /** The wait strategy. */
  strategy: 'spin' | 'yield' | 'adaptive' | 'park';
  /** Adaptive: time of spinning since the last event before the bot yields, ns. */
  spinNs: number;
  /** Adaptive: time of yielding before the bot parks, at a low message rate, ns. */
  yieldNs: number;
  /** Adaptive: longest time of yielding, while events come faster than that, ns. */
  yieldMaxNs: number;
  /** Longest sleep while parked on a connector without a doorbell (an upstream connector), ns. */
  parkNs: number;
  /** Pins the parked thread to the core of its last waker. */
  shareCore: boolean;
}

/**
 * Waits until something arrives, at most `timeoutNs` and 100 ms, then writes up to `maxRecords`
 * records from offset 0 of the attached buffer. Returns the number of records: 0 on time-out, -1
 * after `NativePort.stop()`, `-1 - CommandError` when shared memory fails. Throws
 * `code: 'Closed'`, as every `bot…` function, for the handle of a closed bot or of a bot of
 * another thread.
 */
export declare function botWaitBatch(bot: number, timeoutNs: number, maxRecords: number): number;

/**
 * Writes `CLOCK_MONOTONIC` now, ns, into `StateField.monotonicNs` and returns 0: `monotonicNs`
 * allocates the number that it returns.
 */
export declare function botNoteTime(bot: number): number;

/**
 * Client mode: writes records into the port's ring, carries out its commands and wakes its
 * thread, for at most `sliceNs` and 100 ms. Returns 0 to be called again, -1 when stopped.
 */
export declare function botRun(bot: number, sliceNs: number): number;

/**
 * Submits an order. `side`: 1 buy, -1 sell. `waitNs` > 0: waits that long, at most 100 ms, for
 * the first response. Returns a `CommandError` number, 0 when the order was sent.
 */
export declare function botSubmitOrder(
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

/**
 * Amends price and quantity of an order. `waitNs` and the result are as in `botSubmitOrder`.
 */
export declare function botModify(
  bot: number,
  asset: number,
  orderId: bigint,
  price: number,
  qty: number,
  waitNs: number,
): number;

/**
 * Cancels an order. `waitNs` and the result are as in `botSubmitOrder`.
 */
export declare function botCancel(
  bot: number,
  asset: number,
  orderId: bigint,
  waitNs: number,
): number;

/**
 * Submits an order as a command of a port. `goodForNs`: time within which it may be sent, 0 for
 * the bot's `orderDeadlineNs`. Returns the command's number; 0 when the queue is full, and for
 * a port that is closed or of another thread.
 */
export declare function portSubmitOrder(
  port: number,
  asset: number,
  orderId: bigint,
  side: number,
  price: number,
  qty: number,
  timeInForce: number,
  orderType: number,
  goodForNs: number,
): number;

/**
 * Amends an order as a command of a port. `goodForNs` and the result are as in `portSubmitOrder`.
 */
export declare function portModify(
  port: number,
  asset: number,
  orderId: bigint,
  price: number,
  qty: number,
  goodForNs: number,
): number;

/**
 * Cancels an order as a command of a port. The result is as in `portSubmitOrder`.
 */
export declare function portCancel(port: number, asset: number, orderId: bigint): number;
