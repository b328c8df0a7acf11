export { ClientSource } from './client-source.js';
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
  ConnectorView,
  FigureView,
  HopView,
  Level,
  LiveView,
  LogLine,
  OrderView,
  QueueView,
  StateLine,
  TradeView,
} from './live-view.js';
