export { EventType } from './event-type.js';
export { Side } from './side.js';
export { TimeInForce } from './time-in-force.js';
export { OrderType } from './order-type.js';
export { OrdersKind, type RequiredOrders } from './orders-kind.js';
export { OrderStatus } from './order-status.js';
export { ElapseResult } from './elapse-result.js';
export type { Trade } from './trade.js';
export type { BookLevel } from './book-level.js';
export { BookState } from './book-state.js';
export type { BookUpdate } from './book-update.js';
export type { LevelUpdate } from './level-update.js';
export type { DepthSnapshot } from './depth-snapshot.js';
export type { OrderRequest } from './order-request.js';
export type { NewOrder } from './new-order.js';
export type { OrderChange } from './order-change.js';
export type { OrderResponse } from './order-response.js';
export type { PositionChange } from './position-change.js';
export type { BalanceChange } from './balance-change.js';
export type { ConnectorNotice } from './connector-notice.js';
export { NoticeSeverity } from './notice-severity.js';
export { VenueSocket } from './venue-socket.js';
export { ConnectorErrorCode, type ConnectorError, type SymbolSizes } from './connector-error.js';
export type { OrderReject } from './order-reject.js';
export { LinkState } from './link-state.js';
export type { LinkChange } from './link-change.js';
export type { GapNotice } from './gap-notice.js';
export type { ConnectionHealth } from './connection-health.js';
export type { BotStats } from './bot-stats.js';
export { LiveInstrument, type InstrumentSpec, type PlainInstrument } from './live-instrument.js';
export { HftError, type HftErrorCode, type HftErrorOptions } from './hft-error.js';
export {
  isOnGrid,
  priceToTick,
  tickToPrice,
  roundToLot,
  roundToTick,
  type Rounding,
} from './ticks.js';
export { LatencyHistogram, type LatencySummary } from './latency-histogram.js';
export type { EventView } from './event-view.js';
export { RecordReader } from './record-reader.js';
export {
  eventFromView,
  type BookRebuild,
  type BookStateChange,
  type LiveEvent,
} from './event-from-view.js';
export { RecordKind } from './record-layout.js';
export type { Bot, OrderId, OrderWait } from './bot.js';
export type { BotOptions, InstrumentInput } from './bot-options.js';
export type { FeedLatency, OrderLatency } from './feed-latency.js';
export type { MarketDepthView } from './market-depth-view.js';
export type { StateValues } from './state-values.js';
export type { WaitOptions, WaitStrategy } from './wait-options.js';
export type { OrderLeft } from './order-left.js';
