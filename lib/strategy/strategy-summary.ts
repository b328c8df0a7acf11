import type { LatencySummary } from '../models/latency-histogram.js';
import type { OrderLeft } from '../models/order-left.js';

/** What the end of a run asked for, and what became of it within `stopWaitMs`. */
export interface StopSummary {
  /** Orders whose cancellation was asked for and open when `onStop` returned. */
  readonly cancelsAsked: number;
  /** Of these, orders that ended canceled; others were filled or expired before the cancel came. */
  readonly canceled: number;
  /** Of these, orders whose cancellation was not answered in time: they may be open, see `ordersLeft`. */
  readonly cancelsUnanswered: number;
  /** Orders that `onStop` asked to send, to close a position for instance. */
  readonly submitsAsked: number;
  /** Of these, orders that this side denied, or connector or venue refused. */
  readonly submitsRefused: number;
}

/** What happened in a run so far, or in all of it. Can be cloned and written as JSON. */
export interface StrategySummary {
  readonly backend: 'native' | 'stub';
  /** How long the loop ran by the bot's clock, ms. */
  readonly durationMs: number;
  /** Why it ended: `running` in a progress report. */
  readonly reason: 'running' | 'stopped' | 'duration' | 'end_of_data';
  /** Records of every kind. */
  readonly events: number;
  /** Batches of records that the loop took. */
  readonly batches: number;
  /** Longest time that the handlers took for one batch, ms: so long everything else waited. */
  readonly longestBatchMs: number;
  /** Trades at the venue. */
  readonly trades: number;
  /** Level changes of books. */
  readonly levels: number;
  /** Orders that the strategy sent. */
  readonly ordersSubmitted: number;
  /** Executions of its orders. */
  readonly fills: number;
  /** Signed position by instrument, NaN where it is not known. */
  readonly positions: readonly number[];
  /** What `onStop` did; zeros while the run goes on. */
  readonly stop: StopSummary;
  /**
   * Orders that had not ended when the run did, live: they stay open at the venue. Empty while it runs,
   * and on the stub, whose orders end with it.
   */
  readonly ordersLeft: readonly OrderLeft[];
  /** Occasions on which messages were lost. */
  readonly gaps: number;
  /** Messages lost on the way from connectors. */
  readonly lost: number;
  /** Records that did not fit into a batch. */
  readonly dropped: number;
  /** Handlers that threw. */
  readonly handlerErrors: number;
  /**
   * Requests about orders that connector or venue refused. Orders that ended by their own terms
   * (post-only that would have taken, IOC or FOK remainder) were not refused.
   */
  readonly refusals: number;
  /** Errors reported by connectors: of connections, registrations. Refusals and expiries are none. */
  readonly connectorErrors: number;
  /** From publishing in the connector to the handler, by the monotonic clock. */
  readonly feedLatency: LatencySummary;
  /** From a request to its first answer in the bot, by the monotonic clock. */
  readonly orderLatency: LatencySummary;
}
