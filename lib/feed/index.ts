export type { TradeTick } from './trade-tick.js';
export type { DepthUpdate } from './depth-update.js';
export type { FeedEvent } from './feed-event.js';
export type {
  RawDepth,
  RawError,
  RawFeedEvent,
  RawLevel,
  RawNumber,
  RawStatus,
  RawTrade,
} from './raw-event.js';
export type { ConnectorHealth, ConnectorWrapper } from './connector-wrapper.js';
export { FeedEventError } from './feed-event-error.js';
export {
  feedHealthToJson,
  type FeedConnectorHealth,
  type FeedHealth,
  type FeedHealthJson,
  type FeedQueueHealth,
  type FeedQueuePolicy,
  type FeedState,
} from './feed-health.js';
export {
  feedMetricsToJson,
  type FeedKindMetrics,
  type FeedKindMetricsJson,
  type FeedMetrics,
  type FeedMetricsJson,
} from './feed-metrics.js';
export type {
  FeedConnected,
  FeedDisconnected,
  FeedDropped,
  FeedErrorNotice,
  FeedEventMap,
  FeedEventName,
  FeedHandler,
  FeedReconnecting,
  FeedSourceChange,
  FeedStaleness,
  FeedStateChange,
} from './feed-notice.js';
