import type { BalanceChange } from './balance-change.js';
import type { BookUpdate } from './book-update.js';
import { connectorErrorFromCode, type ConnectorError } from './connector-error.js';
import type { ConnectorNotice } from './connector-notice.js';
import type { EventView } from './event-view.js';
import type { GapNotice } from './gap-notice.js';
import type { LinkChange } from './link-change.js';
import type { InstrumentSpec } from './live-instrument.js';
import type { OrderResponse } from './order-response.js';
import type { PositionChange } from './position-change.js';
import { RecordKind } from './record-layout.js';
import { priceToTick, roundToTick } from './ticks.js';
import type { Trade } from './trade.js';

/** The book of an instrument was cleared (`book_reset`) or is whole again (`book_ready`). */
export interface BookStateChange {
  readonly type: 'book_reset' | 'book_ready';
  readonly asset: number;
  readonly symbol: string;
}

/** Every event that a record can become. */
export type LiveEvent =
  | Trade
  | BookUpdate
  | OrderResponse
  | PositionChange
  | BalanceChange
  | ConnectorNotice
  | ConnectorError
  | LinkChange
  | GapNotice
  | BookStateChange;

type Instruments = readonly InstrumentSpec[];

/** The trade that a `Trade` record tells, as an object that may be kept. */
export function tradeFromView(view: EventView, instruments: Instruments): Trade {
  const asset = view.asset;
  return Object.freeze({
    type: 'trade',
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    price: view.px,
    qty: view.qty,
    side: view.side ?? 'buy',
    exchTsNs: view.exchTsNs,
    localTsNs: view.localTsNs,
    exchTsMs: view.exchTsMs,
  });
}

/** The level change that a `Depth` record tells, as an object that may be kept. */
export function bookUpdateFromView(view: EventView, instruments: Instruments): BookUpdate {
  const asset = view.asset;
  return Object.freeze({
    type: 'book_update',
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    side: view.side ?? 'buy',
    price: view.px,
    qty: view.qty,
    exchTsNs: view.exchTsNs,
    localTsNs: view.localTsNs,
    exchTsMs: view.exchTsMs,
    snapshot: view.isSnapshot,
  });
}

/** The order state that an `Order` record tells, as an object that may be kept. */
export function orderFromView(view: EventView, instruments: Instruments): OrderResponse {
  const asset = view.asset;
  const status = view.orderStatus;
  const pending = view.req;
  const tickSize = instruments[asset]?.tickSize ?? NaN;
  return Object.freeze({
    type: 'order',
    orderId: view.orderId,
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    side: view.side ?? 'buy',
    price: roundToTick(view.px, tickSize),
    priceTick: priceToTick(view.px, tickSize),
    qty: view.qty,
    leavesQty: view.leavesQty,
    execQty: view.execQty,
    execPrice: roundToTick(view.execPx, tickSize),
    status,
    pending,
    timeInForce: view.timeInForce,
    orderType: view.orderType,
    maker: view.maker,
    cancellable: (status === 'new' || status === 'partially_filled') && pending === 'none',
    exchTsNs: view.exchTsNs,
    localTsNs: view.localTsNs,
  });
}

/** The position that a `Position` record tells, as an object that may be kept. */
export function positionFromView(view: EventView, instruments: Instruments): PositionChange {
  const asset = view.asset;
  return Object.freeze({
    type: 'position',
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    qty: view.qty,
    exchTsNs: view.exchTsNs,
  });
}

/** What a venue does not tell is NaN in a record. */
function told(amount: number): number | null {
  return amount === amount ? amount : null;
}

/** The balance that a `Balance` record tells, as an object that may be kept. */
export function balanceFromView(view: EventView, instruments: Instruments): BalanceChange {
  const coin = view.coin;
  return Object.freeze({
    type: 'balance',
    connector: instruments[view.asset]?.connector ?? '',
    coin: coin === '' ? null : coin,
    equity: told(view.equity),
    walletBalance: told(view.walletBalance),
    available: told(view.available),
    initialMargin: told(view.initialMargin),
    maintenanceMargin: told(view.maintenanceMargin),
    unrealisedPnl: told(view.unrealisedPnl),
    exchTsNs: view.exchTsNs,
  });
}

/** The notice that a `Notice` record tells, as an object that may be kept. */
export function noticeFromView(view: EventView, instruments: Instruments): ConnectorNotice {
  const asset = view.asset;
  const orderId = view.orderId;
  return Object.freeze({
    type: 'notice',
    severity: view.severity,
    code: view.valueNumber,
    text: view.text(),
    connector: instruments[asset]?.connector ?? '',
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    orderId: orderId === 0n ? null : orderId,
  });
}

/** The error that an `Error` or `Reject` record tells, as an object that may be kept. */
export function connectorErrorFromView(view: EventView, instruments: Instruments): ConnectorError {
  const asset = view.asset;
  const reject = view.kind === RecordKind.Reject;
  return Object.freeze({
    type: 'error',
    kind: reject ? 'reject' : connectorErrorFromCode(view.statusCode),
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    orderId: reject ? view.orderId : null,
    value: view.value,
    text: view.text(),
  });
}

/** The change of a link that a `Link` record tells, as an object that may be kept. */
export function linkFromView(view: EventView, instruments: Instruments): LinkChange {
  const asset = view.asset;
  const state = view.linkState;
  const ofSocket = state === 'socket_down' || state === 'socket_up';
  return Object.freeze({
    type: 'link',
    state,
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    connector: instruments[asset]?.connector ?? '',
    epoch: ofSocket ? 0n : view.value,
    socket: ofSocket ? view.socket : null,
    text: view.text(),
  });
}

/** The loss that a `Gap` record tells, as an object that may be kept. */
export function gapFromView(view: EventView, instruments: Instruments): GapNotice {
  const asset = view.asset;
  return Object.freeze({
    type: 'gap',
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    lost: view.valueNumber,
  });
}

/**
 * The event of a record, as an object that may be kept.
 *
 * @returns `null` for records that are no events by themselves: batch edges, text, outcomes of
 * commands.
 */
export function eventFromView(view: EventView, instruments: Instruments): LiveEvent | null {
  switch (view.kind) {
    case RecordKind.Trade:
      return tradeFromView(view, instruments);
    case RecordKind.Depth:
      return bookUpdateFromView(view, instruments);
    case RecordKind.Order:
      return orderFromView(view, instruments);
    case RecordKind.Position:
      return positionFromView(view, instruments);
    case RecordKind.Balance:
      return balanceFromView(view, instruments);
    case RecordKind.Notice:
      return noticeFromView(view, instruments);
    case RecordKind.Error:
    case RecordKind.Reject:
      return connectorErrorFromView(view, instruments);
    case RecordKind.Link:
      return linkFromView(view, instruments);
    case RecordKind.Gap:
      return gapFromView(view, instruments);
    case RecordKind.BookReset:
    case RecordKind.BookReady:
      return Object.freeze({
        type: view.kind === RecordKind.BookReset ? 'book_reset' : 'book_ready',
        asset: view.asset,
        symbol: instruments[view.asset]?.symbol ?? '',
      });
    default:
      return null;
  }
}
