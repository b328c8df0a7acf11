import type { BookStateChange } from '../models/event-from-view.js';
import type { ConnectorNotice } from '../models/connector-notice.js';
import type { GapNotice } from '../models/gap-notice.js';
import type { LinkChange } from '../models/link-change.js';
import type { OrderReject } from '../models/order-reject.js';
import type { OrderStatus } from '../models/order-status.js';
import type { Side } from '../models/side.js';
import type { StrategySummary } from '../strategy/strategy-summary.js';
import type { OrderToSend } from './test-kit.js';

/** When something happened in a test. */
export interface Moment {
  /** Virtual ms since the start. */
  readonly atMs: number;
}

/** A request that the strategy sent. Requests that were denied on this side are not among them. */
export type SentRequest =
  | (Moment & OrderToSend & { readonly type: 'submit' })
  | (Moment & {
      readonly type: 'modify';
      readonly orderId: bigint;
      readonly symbol: string;
      readonly price: number;
      /** The new total quantity. */
      readonly qty: number;
    })
  | (Moment & { readonly type: 'cancel'; readonly orderId: bigint; readonly symbol: string })
  | (Moment & { readonly type: 'cancelAll'; readonly symbol: string });

/** An order that the strategy sent, and what became of it. */
export interface SentOrder extends Moment, OrderToSend {
  /** As it was last reported; `none` while nothing was. */
  readonly status: OrderStatus;
  readonly filledQty: number;
  /** What the venue or the connector last said against it or a request about it. */
  readonly reject: OrderReject | undefined;
}

/** A fill as it was reported to the strategy. */
export interface TestFill extends Moment {
  readonly orderId: bigint;
  readonly symbol: string;
  readonly side: Side;
  readonly price: number;
  readonly qty: number;
  readonly maker: boolean;
}

/** A report that is no market data, with the moment at which the strategy got it. */
export type Reported<T> = T & Moment;

/** What a tested strategy did and met. */
export interface TestRun {
  /** Every request, in the order of sending. */
  readonly requests: readonly SentRequest[];
  /** The new orders among them. */
  readonly orders: readonly SentOrder[];
  readonly fills: readonly TestFill[];
  readonly rejects: readonly Reported<OrderReject>[];
  readonly notices: readonly Reported<ConnectorNotice>[];
  readonly gaps: readonly Reported<GapNotice>[];
  readonly linkChanges: readonly Reported<LinkChange>[];
  readonly bookStates: readonly Reported<BookStateChange>[];
  /** Signed position in the first instrument at the end; NaN while it is not known. */
  readonly position: number;
  /** The same by symbol. */
  readonly positions: Readonly<Record<string, number>>;
  /** What handlers threw; empty unless `allowHandlerErrors` is given. */
  readonly handlerErrors: readonly Error[];
  /** Lines of `ctx.log` and of the loop. */
  readonly log: readonly string[];
  /** SHA-256 of all requests and fills with their times: equal where two runs did the same. */
  readonly fingerprint: string;
  /** Figures of the run, as those of `runLive`; times are virtual, so latencies are those of the venue. */
  readonly summary: StrategySummary;
}
