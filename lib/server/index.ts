export { ClientSource } from './client-source.js';
export type { Candle } from './history/candle-history.js';
export { FeedSource, type FeedSteps } from './feed-source.js';
export { LiveServer } from './live-server.js';
export type { LiveServerOptions } from './server-options.js';
export type {
  FlowMetrics,
  MetricSample,
  Readiness,
  ServerSource,
  SourceMetrics,
  WsHealth,
} from './server-source.js';
export type {
  AccountView,
  BookView,
  ConnectorView,
  FigureView,
  FillView,
  HopView,
  Level,
  LiveView,
  LogLine,
  MarketView,
  OrderView,
  PositionView,
  QueueView,
  SocketView,
  StateLine,
  TradeView,
} from './live-view.js';
