import { withoutNoise } from '../models/ticks.js';
import { WireStatus } from '../models/wire-status.js';
import { NO_DETAILS, type ExecutionDetails } from './execution-details.js';

/**
 * Where an order stands.
 * - `pending_new`: sent, no answer yet.
 * - `new`, `partially_filled`: open at the venue.
 * - `pending_cancel`: open, a cancel request is on its way.
 * - `filled`, `canceled`, `expired`, `rejected`: ended, as the connector reported.
 * - `denied`: never sent, refused on this side.
 * - `closed`: it is proven not to be open, and how it ended was not seen (the link was down, or the
 *   exchange ended with its process); the position shows it. A later report of the connector still
 *   corrects it.
 */
export type OrderState =
  | 'pending_new'
  | 'new'
  | 'partially_filled'
  | 'pending_cancel'
  | 'filled'
  | 'canceled'
  | 'expired'
  | 'rejected'
  | 'denied'
  | 'closed';

const TERMINAL: ReadonlySet<OrderState> = new Set<OrderState>([
  'filled',
  'canceled',
  'expired',
  'rejected',
  'denied',
  'closed',
]);

/** True for states that an order does not leave (`closed` may still be corrected by the venue). */
export function isTerminal(state: OrderState): boolean {
  return TERMINAL.has(state);
}

/** What an `Order` record says about an order. */
export interface OrderReport {
  /** A {@link WireStatus} number. */
  readonly status: number;
  readonly price: number;
  readonly qty: number;
  readonly leavesQty: number;
  /** Quantity and price of the last execution. */
  readonly execQty: number;
  readonly execPx: number;
  readonly maker: boolean;
  readonly exchTsNs: bigint;
  /** Step of quantities, in which differences are reported; absent or NaN reports them as they come. */
  readonly lotSize?: number;
  /** What the venue says of that execution; absent: nothing. */
  readonly details?: ExecutionDetails;
}

/** One execution of an order. */
export interface Fill {
  readonly qty: number;
  readonly price: number;
  readonly maker: boolean;
  /**
   * Whether the order rested (`maker`) or took (`taker`). `undefined` where that is not known: for a fill
   * of which the report was lost.
   */
  readonly liquidity: 'maker' | 'taker' | undefined;
  /**
   * What the venue charged, in `feeCoin`; below 0 for a rebate. `undefined` where it is not known: the report
   * was lost, several executions were seen as one (`inferred`), or the connector is hftbacktest's own.
   */
  readonly fee: number | undefined;
  /** The coin of the fee, in which it was taken; `undefined` where it is not known. */
  readonly feeCoin: string | undefined;
  /** The venue's id of the execution; `undefined` where it is not known, as `fee`. */
  readonly tradeId: string | undefined;
  /** Exchange time, Unix ns. */
  readonly exchTsNs: bigint;
  /** True when several executions were seen as one (updates were lost): the price is the last one's. */
  readonly inferred: boolean;
}

/** What the machine keeps of an order; plain data, replaced on every change. */
export interface OrderProgress {
  readonly state: OrderState;
  readonly price: number;
  readonly qty: number;
  readonly filledQty: number;
  /** Sum of price × quantity over the fills. */
  readonly filledValue: number;
  readonly cancelRequested: boolean;
  /** Exchange time of the newest report applied, 0n before the first. */
  readonly exchTsNs: bigint;
}

/** The result of {@link applyReport}. */
export interface OrderStep {
  readonly next: OrderProgress;
  readonly fill: Fill | undefined;
}

/** Quantities closer than this share of the order's quantity are equal. */
const REL_EPS = 1e-9;

/**
 * Applies one report. Reports may come late, twice or out of order: the newest by exchange time
 * says the state, a terminal state stays, fills never shrink and are counted once, because they
 * are taken from what remains and not from what each report claims to add.
 */
export function applyReport(order: OrderProgress, report: OrderReport): OrderStep {
  const stale = report.exchTsNs < order.exchTsNs;
  const eps = Math.max(order.qty, report.qty) * REL_EPS;
  const fill = fillOf(order, report, eps);
  const filledQty = wholeLots(order.filledQty + (fill?.qty ?? 0), report.lotSize);
  const filledValue = order.filledValue + (fill === undefined ? 0 : fill.qty * fill.price);
  const frozen = isTerminal(order.state) && order.state !== 'closed';
  if (frozen || (stale && !isFinalStatus(report.status))) {
    // A late report may bring a fill that is news, even when its state is not.
    const state = order.state === 'new' && filledQty > eps ? 'partially_filled' : order.state;
    return { next: { ...order, state, filledQty, filledValue }, fill };
  }
  const base = stateOf(report.status, filledQty, eps, order.state);
  const ended = isTerminal(base);
  return {
    next: {
      state: !ended && order.cancelRequested ? 'pending_cancel' : base,
      price: stale ? order.price : report.price,
      qty: stale ? order.qty : report.qty,
      filledQty,
      filledValue,
      cancelRequested: order.cancelRequested && !ended,
      exchTsNs: stale ? order.exchTsNs : report.exchTsNs,
    },
    fill,
  };
}

/** A cancel request went out. */
export function requestCancel(order: OrderProgress): OrderProgress {
  if (isTerminal(order.state)) return order;
  return {
    ...order,
    cancelRequested: true,
    state: order.state === 'pending_new' ? 'pending_new' : 'pending_cancel',
  };
}

/** The cancel request was refused: the order is open as before. */
export function cancelRefused(order: OrderProgress): OrderProgress {
  if (!order.cancelRequested) return order;
  const state =
    order.state === 'pending_cancel'
      ? order.filledQty > 0
        ? 'partially_filled'
        : 'new'
      : order.state;
  return { ...order, cancelRequested: false, state };
}

/** The order is proven to have ended, and how is not known. */
export function closeUnseen(order: OrderProgress): OrderProgress {
  return isTerminal(order.state) ? order : { ...order, state: 'closed', cancelRequested: false };
}

/** A difference or sum of quantities as the decimal it is: 0.018, not 0.018000000000000002. */
function wholeLots(qty: number, lotSize = NaN): number {
  return lotSize > 0 ? withoutNoise(qty, lotSize) : qty;
}

function isFinalStatus(status: number): boolean {
  return (
    status === WireStatus.Filled ||
    status === WireStatus.Canceled ||
    status === WireStatus.Expired ||
    status === WireStatus.Rejected
  );
}

function stateOf(status: number, filledQty: number, eps: number, before: OrderState): OrderState {
  switch (status) {
    case WireStatus.Filled:
      return 'filled';
    case WireStatus.Canceled:
      return 'canceled';
    case WireStatus.Expired:
      return 'expired';
    case WireStatus.Rejected:
      return 'rejected';
    case WireStatus.New:
    case WireStatus.PartiallyFilled:
    case WireStatus.Replaced:
      return filledQty > eps ? 'partially_filled' : 'new';
    default:
      return before;
  }
}

function fillOf(order: OrderProgress, report: OrderReport, eps: number): Fill | undefined {
  // Venues set what remains to zero when they cancel, so then it says nothing about fills.
  const ended = isFinalStatus(report.status) && report.status !== WireStatus.Filled;
  if (report.status === WireStatus.None || (ended && report.leavesQty <= eps)) return undefined;
  const total = report.status === WireStatus.Filled ? report.qty : report.qty - report.leavesQty;
  const qty = wholeLots(total - order.filledQty, report.lotSize);
  if (qty <= eps) return undefined;
  const inferred = Math.abs(qty - report.execQty) > eps;
  const { fee, feeCoin, tradeId } = (inferred ? undefined : report.details) ?? NO_DETAILS;
  return {
    qty,
    price: report.execPx > 0 ? report.execPx : report.price,
    maker: report.maker,
    liquidity: inferred ? undefined : report.maker ? 'maker' : 'taker',
    fee,
    feeCoin,
    tradeId,
    exchTsNs: report.exchTsNs,
    inferred,
  };
}
