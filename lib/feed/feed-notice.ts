import type { NamesOf } from '../models/known-keys.js';
import type { DepthUpdate } from './depth-update.js';
import type { FeedState } from './feed-health.js';
import type { TradeTick } from './trade-tick.js';

/** The connection with a venue came about, also again. */
export interface FeedConnected {
  readonly type: 'connected';
  readonly source: string;
  /** True when it had been lost. */
  readonly again: boolean;
}

/** The connection with a venue is lost, or was ended. */
export interface FeedDisconnected {
  readonly type: 'disconnected';
  readonly source: string;
  readonly reason: string;
}

/** A pause before another attempt to connect begins. */
export interface FeedReconnecting {
  readonly type: 'reconnecting';
  readonly source: string;
  /** From 1 on. */
  readonly attempt: number;
  readonly delayMs: number;
}

/**
 * Something failed and the feed goes on, except after `connection`: then it gave up.
 * `event`: an event was left out. `consumer`: a handler, filter or transform threw. `connector`: the
 * connector reported it, or a poll failed.
 */
export interface FeedErrorNotice {
  readonly type: 'error';
  readonly source: string;
  readonly origin: 'event' | 'consumer' | 'connector' | 'connection';
  readonly error: Error;
}

/** No event came for `staleAfterMs`, or events come again. */
export interface FeedStaleness {
  readonly type: 'stale' | 'live';
  readonly source: string;
  /** How long nothing had come, ms. */
  readonly silentMs: number;
}

/** Events went unread; at most one notice per queue and second. */
export interface FeedDropped {
  readonly type: 'dropped';
  readonly queue: string;
  /** Since the last notice. */
  readonly count: number;
  /** Since the start. */
  readonly total: number;
}

/** Another source feeds the consumers now. */
export interface FeedSourceChange {
  readonly type: 'source';
  /** `undefined` for the first. */
  readonly previous: string | undefined;
  readonly current: string;
  readonly reason: string;
}

/** The feed went from one state of its life to the next. */
export interface FeedStateChange {
  readonly type: 'state';
  readonly previous: FeedState;
  readonly current: FeedState;
}

/** Everything that `feed.on` takes, by name. */
export interface FeedEventMap {
  trade: TradeTick;
  depth: DepthUpdate;
  connected: FeedConnected;
  disconnected: FeedDisconnected;
  reconnecting: FeedReconnecting;
  error: FeedErrorNotice;
  stale: FeedStaleness;
  live: FeedStaleness;
  dropped: FeedDropped;
  source: FeedSourceChange;
  state: FeedStateChange;
}

/** The names of {@link FeedEventMap}. */
export const FEED_EVENTS: NamesOf<FeedEventMap> = {
  trade: true,
  depth: true,
  connected: true,
  disconnected: true,
  reconnecting: true,
  error: true,
  stale: true,
  live: true,
  dropped: true,
  source: true,
  state: true,
};

/** Names that `feed.on` takes. */
export type FeedEventName = keyof FeedEventMap;

/** Handles one event. What it throws or rejects with becomes an `error` notice. */
export type FeedHandler<K extends FeedEventName> = (event: FeedEventMap[K]) => unknown;
