import type { BalanceChange } from './balance-change.js';
import type { BookState } from './book-state.js';
import type { LevelUpdate } from './level-update.js';
import { connectorErrorFromCode, type ConnectorError } from './connector-error.js';
import type { ConnectorNotice } from './connector-notice.js';
import type { EventView } from './event-view.js';
import type { GapNotice } from './gap-notice.js';
import type { LinkChange } from './link-change.js';
import type { InstrumentSpec } from './live-instrument.js';
import type { OrderResponse } from './order-response.js';
import { isCancellable } from './order-status.js';
import type { PositionChange } from './position-change.js';
import type { OrderReject } from './order-reject.js';
import { isOwnEnd } from './own-end.js';
import { RecordKind } from './record-layout.js';
import { priceToTick, withoutNoise } from './ticks.js';
import { tradeFromView, type Trade } from './trade.js';

/** The book of an instrument was cleared (`bookReset`) or is whole again (`bookReady`). */
export interface BookRebuild {
  readonly type: 'bookReset' | 'bookReady';
  readonly asset: number;
  readonly symbol: string;
}

/** The state of a book changed: it can be traded on while that is `live`. Immutable. */
export interface BookStateChange {
  readonly type: 'bookState';
  /** Index of the instrument in the bot. */
  readonly asset: number;
  readonly symbol: string;
  readonly state: BookState;
  readonly previous: BookState;
}

/** Every event that a record can become. */
export type LiveEvent =
  | Trade
  | LevelUpdate
  | OrderResponse
  | PositionChange
  | BalanceChange
  | ConnectorNotice
  | ConnectorError
  | OrderReject
  | LinkChange
  | GapNotice
  | BookRebuild
  | BookStateChange;

type Instruments = readonly InstrumentSpec[];

/** The level change that a `Depth` record reports, as an object that may be kept. */
export function levelUpdateFromView(view: EventView, instruments: Instruments): LevelUpdate {
  const asset = view.asset;
  return Object.freeze({
    type: 'level',
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    side: view.side ?? 'buy',
    price: view.price,
    qty: view.qty,
    exchTsNs: view.exchTsNs,
    localTsNs: view.localTsNs,
    exchTsMs: view.exchTsMs,
    snapshot: view.isSnapshot,
  });
}

/** The order state that an `Order` record reports, as an object that may be kept. */
export function orderFromView(view: EventView, instruments: Instruments): OrderResponse {
  const asset = view.asset;
  const status = view.orderStatus;
  const pending = view.req;
  const { tickSize = NaN, lotSize = NaN } = instruments[asset] ?? {};
  return Object.freeze({
    type: 'executionReport',
    orderId: view.orderId,
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    side: view.side ?? 'buy',
    price: withoutNoise(view.price, tickSize),
    priceTick: priceToTick(view.price, tickSize),
    qty: withoutNoise(view.qty, lotSize),
    leavesQty: withoutNoise(view.leavesQty, lotSize),
    execQty: withoutNoise(view.execQty, lotSize),
    execPrice: withoutNoise(view.execPrice, tickSize),
    status,
    pending,
    timeInForce: view.timeInForce,
    orderType: view.orderType,
    maker: view.maker,
    cancellable: isCancellable(status, pending),
    exchTsNs: view.exchTsNs,
    localTsNs: view.localTsNs,
  });
}

/** The position that a `Position` record reports, as an object that may be kept. */
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

/** What a venue does not report is NaN in a record. */
function reported(amount: number): number | undefined {
  return amount === amount ? amount : undefined;
}

/** The balance that a `Balance` record reports, as an object that may be kept. */
export function balanceFromView(view: EventView, instruments: Instruments): BalanceChange {
  const coin = view.coin;
  return Object.freeze({
    type: 'balance',
    connector: instruments[view.asset]?.connector ?? '',
    coin: coin === '' ? undefined : coin,
    equity: reported(view.equity),
    walletBalance: reported(view.walletBalance),
    available: reported(view.available),
    initialMargin: reported(view.initialMargin),
    maintenanceMargin: reported(view.maintenanceMargin),
    unrealisedPnl: reported(view.unrealisedPnl),
    exchTsNs: view.exchTsNs,
  });
}

/** The notice that a `Notice` record reports, as an object that may be kept. */
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
    orderId: orderId === 0n ? undefined : orderId,
  });
}

/** The error that an `Error` record reports, as an object that may be kept. */
export function connectorErrorFromView(view: EventView, instruments: Instruments): ConnectorError {
  const asset = view.asset;
  const [tickSize, lotSize] = [view.price, view.qty];
  return Object.freeze({
    type: 'error',
    kind: connectorErrorFromCode(view.statusCode),
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    value: view.value,
    text: view.text(),
    ...(tickSize > 0 && lotSize > 0 ? { sizes: Object.freeze({ tickSize, lotSize }) } : {}),
  });
}

/** What a `Reject` record reports, as an object that may be kept. */
export function rejectFromView(view: EventView, instruments: Instruments): OrderReject {
  const asset = view.asset;
  const orderId = view.orderId;
  const code = view.valueNumber;
  return Object.freeze({
    type: 'reject',
    orderId: orderId === 0n ? undefined : orderId,
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    code,
    text: view.text(),
    ownEnd: isOwnEnd(code),
  });
}

/** The change of a link that a `Link` record reports, as an object that may be kept. */
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
    socket: ofSocket ? view.socket : undefined,
    text: view.text(),
  });
}

/** The loss that a `Gap` record reports, as an object that may be kept. */
export function gapFromView(view: EventView, instruments: Instruments): GapNotice {
  const asset = view.asset;
  return Object.freeze({
    type: 'gap',
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    lost: view.valueNumber,
  });
}

/** The change that a `BookState` record reports, as an object that may be kept. */
export function bookStateFromView(view: EventView, instruments: Instruments): BookStateChange {
  const asset = view.asset;
  return Object.freeze({
    type: 'bookState',
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    state: view.bookState,
    previous: view.previousBookState,
  });
}

/**
 * The event of a record, as an object that may be kept.
 *
 * @returns `undefined` for records that are no events by themselves: batch edges, text, outcomes of
 * commands.
 */
export function eventFromView(view: EventView, instruments: Instruments): LiveEvent | undefined {
  switch (view.kind) {
    case RecordKind.Trade:
      return tradeFromView(view, instruments);
    case RecordKind.Depth:
      return levelUpdateFromView(view, instruments);
    case RecordKind.Order:
      return orderFromView(view, instruments);
    case RecordKind.Position:
      return positionFromView(view, instruments);
    case RecordKind.Balance:
      return balanceFromView(view, instruments);
    case RecordKind.Notice:
      return noticeFromView(view, instruments);
    case RecordKind.Error:
      return connectorErrorFromView(view, instruments);
    case RecordKind.Reject:
      return rejectFromView(view, instruments);
    case RecordKind.Link:
      return linkFromView(view, instruments);
    case RecordKind.Gap:
      return gapFromView(view, instruments);
    case RecordKind.BookState:
      return bookStateFromView(view, instruments);
    case RecordKind.BookReset:
    case RecordKind.BookReady:
      return Object.freeze({
        type: view.kind === RecordKind.BookReset ? 'bookReset' : 'bookReady',
        asset: view.asset,
        symbol: instruments[view.asset]?.symbol ?? '',
      });
    default:
      return undefined;
  }
}
