import type { QueueHealth } from '../models/event-queue.js';

/**
 * Where a feed is in its life. `failed`: every attempt to reconnect failed; `start()` begins anew.
 */
export type FeedState =
  'created' | 'connecting' | 'connected' | 'reconnecting' | 'failed' | 'stopped';

/** Condition of the connector behind a feed. */
export interface FeedConnectorHealth {
  readonly connected: boolean;
  /** Symbols whose trades are subscribed. */
  readonly subscribedTrades: readonly string[];
  /** Symbols whose books are subscribed. */
  readonly subscribedDepth: readonly string[];
  /** Events that the connector took from its venue. */
  readonly eventCounter: number;
  /** Events that wait in the connector's own queue. */
  readonly queueSize: number;
  /** Events lost because the connector's own queue was full. */
  readonly dropped: number;
  /** Whatever else the connector can say. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Policies and counters of one queue of a feed. */
export interface FeedQueueHealth extends Omit<QueueHealth, 'policy'> {
  readonly policy: FeedQueuePolicy;
  /** Times the feed had to wait for room (`block` only). */
  readonly blocked: number;
  /** Time the feed waited for room, ms (`block` only). */
  readonly blockedMs: number;
}

/**
 * What a consumer's queue does when it is full.
 * - `conflate`: updates of one book merge into one, so that the book stays right; older trades in
 *   the same queue go. Merged and dropped events are counted.
 * - `drop-oldest`: the oldest event goes and is counted. A book rebuilt from such a queue is wrong
 *   after a loss; for readers of the newest price only.
 * - `block`: the feed waits until the consumer has made room, and so does everyone else on it. What
 *   comes meanwhile waits in the connector's own bounded queue.
 */
export type FeedQueuePolicy = 'conflate' | 'drop-oldest' | 'block';

/** A snapshot of a feed's condition. Immutable. */
export interface FeedHealth {
  /** Name of the feed; of the connector for a feed over one. */
  readonly name: string;
  readonly state: FeedState;
  readonly connected: boolean;
  /** Exchange time of the newest event, Unix ms; `undefined` before the first. */
  readonly lastTsMs: number | undefined;
  /** Time since the last event was received, ms; `undefined` before the first. */
  readonly lastEventAgeMs: number | undefined;
  /** True when connected and nothing came for longer than `staleAfterMs`. */
  readonly stale: boolean;
  /** Events that wait in the queues of the consumers. */
  readonly queueSize: number;
  /** Attempts of the present outage; 0 while all is well. */
  readonly reconnectionAttempts: number;
  /** Times the connection came back. */
  readonly reconnections: number;
  /** Why it failed or last disconnected, '' when it never did. */
  readonly lastError: string;
  readonly connectorHealth: FeedConnectorHealth;
  /** Queues of the consumers by name. */
  readonly queues: Readonly<Record<string, FeedQueueHealth>>;
  /** Healths of the feeds behind this one, for merged, failover and switchable feeds. */
  readonly sources: readonly FeedHealth[];
}

/** `connector` of `GET /ws/health`, by the names it has there. */
export interface FeedHealthJson {
  readonly connected: boolean;
  /** Exchange time of the newest event, Unix ms; `null` before the first. */
  readonly last_ts: number | null;
  /** Events that wait in the queues of the consumers. */
  readonly queue_size: number;
  /** Attempts of the present outage; of a client how often a connector came back. */
  readonly reconnection_attempts: number;
  readonly connector_health: {
    readonly connected: boolean;
    /** True when the trades of a symbol are subscribed; `FeedHealth` names the symbols. */
    readonly subscribed_trades: boolean;
    readonly subscribed_depth: boolean;
    /** Events since the start. */
    readonly event_counter: number;
  };
}

/** A feed's health as `GET /ws/health` reports it. */
export function feedHealthToJson(health: FeedHealth): FeedHealthJson {
  const { connectorHealth } = health;
  return {
    connected: health.connected,
    last_ts: health.lastTsMs ?? null,
    queue_size: health.queueSize,
    reconnection_attempts: health.reconnectionAttempts,
    connector_health: {
      connected: connectorHealth.connected,
      subscribed_trades: connectorHealth.subscribedTrades.length > 0,
      subscribed_depth: connectorHealth.subscribedDepth.length > 0,
      event_counter: connectorHealth.eventCounter,
    },
  };
}
