import type { HftErrorCode } from '../models/hft-error.js';
import type { OrderType } from '../models/order-type.js';
import type { Side } from '../models/side.js';
import type { TimeInForce } from '../models/time-in-force.js';
import type { ClientOrder } from './client-order.js';

/** An order to submit through a `LiveClient`. */
export interface ClientOrderRequest {
  /** Symbol or index of the instrument; the first when not given. */
  readonly instrument?: string | number;
  readonly side: Side;
  /** On the tick grid; an off-tick price is denied, never rounded. Market orders need none. */
  readonly price?: number;
  /** On the lot grid, above 0. */
  readonly qty: number;
  /** Default `GTC`. */
  readonly timeInForce?: TimeInForce;
  /** Default `limit`. */
  readonly orderType?: OrderType;
  /** Made by the client when not given (recommended); must be unique. */
  readonly orderId?: bigint | number;
  /** How long to wait for the answer before the outcome is `unknown`. Default `answerTimeoutMs`. */
  readonly timeoutMs?: number;
}

/** The rule of the client by which an order was not sent. */
export type DenyRule =
  'tick_size' | 'lot_size' | 'rate_limit' | 'connector_down' | 'queue_full' | 'refused';

/** The order was not sent; trying again is safe. */
export interface Denied {
  readonly status: 'denied';
  readonly rule: DenyRule;
  readonly code: HftErrorCode;
  readonly text: string;
  readonly order: ClientOrder;
}

/** The connector or venue refused. */
export interface Rejected {
  readonly status: 'rejected';
  readonly code: number;
  readonly text: string;
  readonly order: ClientOrder;
}

/**
 * No answer in time, or the link went. The order may be open, filled or never arrived: the client
 * asks, and an `orderState` event tells. Do not send it again before.
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
