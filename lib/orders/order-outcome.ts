import type { HftErrorCode } from '../models/hft-error.js';
import type { ClientOrder } from './client-order.js';

/**
 * Why an order was not sent. `not_received`: the connector, asked for it, says that it never got it;
 * an `orderUpdate` event reports it when the call had resolved before.
 */
export type DenyRule =
  | 'tick_size'
  | 'lot_size'
  | 'rate_limit'
  | 'connector_down'
  /** The book of the instrument is not live, see `BookState` and `requireLiveBook`. */
  | 'book_not_live'
  | 'queue_full'
  /** The client is read-only. */
  | 'read_only'
  /** Its deadline was over before it could be sent. */
  | 'too_late'
  /** Orders go elsewhere than before (paper or real, or another environment): `agreeOrders` first. */
  | 'orders_changed'
  /** Orders go elsewhere than `requireOrders` and `requireEnvironment` demand. */
  | 'orders_mismatch'
  | 'refused'
  | 'not_received';

/** The order was not sent; trying again is safe. */
export interface Denied {
  readonly status: 'denied';
  readonly rule: DenyRule;
  readonly code: HftErrorCode;
  /** Why, in words. */
  readonly text: string;
  readonly order: ClientOrder;
}

/** The connector or venue refused. */
export interface Rejected {
  readonly status: 'rejected';
  /** Number of the venue or connector, 0 when it reported none. */
  readonly code: number;
  /** In words, '' when it reported none. */
  readonly text: string;
  readonly order: ClientOrder;
}

/**
 * No answer in time, or the link went. The order may be open, filled or never arrived: the client
 * asks, and an `orderUpdate` event reports the answer. Do not send it again before.
 */
export interface Unknown {
  readonly status: 'unknown';
  readonly reason: 'timeout' | 'connection_lost' | 'closed';
  readonly order: ClientOrder;
}

/** What became of an order by its first answer. */
export type OrderOutcome =
  /** It rests (or was filled in part, or already canceled: see `order`). */
  | { readonly status: 'accepted'; readonly order: ClientOrder }
  | { readonly status: 'filled'; readonly order: ClientOrder }
  /** It ended without resting: IOC or FOK remainder, post-only that would have taken. */
  | { readonly status: 'expired'; readonly order: ClientOrder }
  | Rejected
  | Denied
  | Unknown;

/** What became of a cancel request. */
export type CancelOutcome =
  /** `canceled`; or it had ended otherwise before the cancel came: `filled`, `expired`. */
  | { readonly status: 'canceled' | 'filled' | 'expired'; readonly order: ClientOrder }
  | Rejected
  | Unknown;

/** What became of a modify request. */
export type ModifyOutcome =
  | { readonly status: 'modified'; readonly order: ClientOrder }
  /** The order ended before the change came. */
  | { readonly status: 'ended'; readonly order: ClientOrder }
  | Rejected
  | Denied
  | Unknown;
