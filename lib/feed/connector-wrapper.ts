import type { Backoff } from './backoff.js';
import type { RawFeedEvent } from './raw-event.js';

/** Condition of a connector, made now. */
export interface ConnectorHealth {
  readonly connected: boolean;
  /** Symbols whose trades are subscribed. */
  readonly subscribedTrades: readonly string[];
  /** Symbols whose books are subscribed. */
  readonly subscribedDepth: readonly string[];
  /** Events taken from the venue since the connector was made. */
  readonly eventCounter: number;
  /** Events that wait to be taken; 0 where the connector keeps none. */
  readonly queueSize?: number;
  /** Events lost because the connector's own queue was full. */
  readonly dropped?: number;
  /** Updates merged into others because the connector's own queue was full. */
  readonly conflated?: number;
  /** Whatever else the connector can say. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * A venue, a process or a generator as a source of market data. Implement it for a venue of your
 * own; `HFTConnectorStream` does everything else: normalising, queues, metrics, reconnection.
 *
 * A connector that lost its venue says so by `health.connected === false`; `nextEvent` then returns
 * `undefined` or throws, and the stream calls `connect()` again, after a pause.
 */
export interface ConnectorWrapper {
  /**
   * Names the source on every event; no two connectors of a merged feed may share it. Read on every
   * connect: a connector that stands in for another one says so here.
   */
  readonly name: string;
  /**
   * Connects, also again after a loss; what was subscribed is subscribed again. Does nothing while
   * connected. Throws when it does not succeed.
   */
  connect(): Promise<void>;
  /** Ends the connection and frees everything. Idempotent, never throws. */
  disconnect(): Promise<void>;
  /** Subscribes to a symbol's trades; does nothing when they are. */
  subscribeTrades(symbol: string): Promise<void>;
  /** Subscribes to a symbol's book; the first update of it is a snapshot. Does nothing when it is. */
  subscribeDepth(symbol: string): Promise<void>;
  /**
   * The oldest event; may wait up to `timeoutMs` for one. `undefined`: none came. Where waiting is
   * not possible, return at once: the stream then asks again after its poll interval.
   */
  nextEvent(timeoutMs: number): Promise<RawFeedEvent | undefined> | RawFeedEvent | undefined;
  readonly health: ConnectorHealth;
  /** How this connector wants to be reconnected; options of the stream go before it. */
  readonly backoff?: Backoff;
  /** Where a connector has it, the stream iterates instead of polling. Ends on disconnection. */
  [Symbol.asyncIterator]?(): AsyncIterator<RawFeedEvent, unknown>;
}
