/**
 * Market data of any source, normalised: streams, merging, failover, rolling figures. In a part of
 * its own, `hftbacktest-live/feed`, so that bots do not load what they do not use.
 *
 * @packageDocumentation
 */

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
export type { Backoff } from './backoff.js';
export { Feed } from './feed.js';
export type { ConsumerOptions } from './feed-hub.js';
export { HFTConnectorStream } from './hft-connector-stream.js';
export type { StreamOptions } from './stream-options.js';
export {
  keepEvents,
  keepSymbols,
  minTradeQty,
  renameSymbols,
  scaleQty,
  type FeedStage,
} from './feed-stage.js';
export type { FeedLogger, FeedLogLevel } from './feed-logger.js';
export type { FeedLogLimits } from './feed-log.js';
export { InboxConnector } from './inbox-connector.js';
export type { InboxEvent } from './connector-inbox.js';
export {
  StubbedConnector,
  type StubFaults,
  type StubbedConnectorOptions,
} from './stubbed-connector.js';
export { BybitConnector, type BybitFeedOptions } from './bybit-connector.js';
export { NativeConnector, type NativeConnectorOptions } from './native-connector.js';
export type { CompositeFeed, CompositeOptions } from './composite-feed.js';
export { MergedFeed, type MergedFeedOptions } from './merged-feed.js';
export type { ReorderCounts } from './reorder-buffer.js';
export { SwitchableFeed, type SwitchOptions } from './switchable-feed.js';
export { FailoverFeed, type FailoverOptions } from './failover-feed.js';
export type { BinanceOptions } from './binance-options.js';
export { BinanceWsStream } from './binance-ws-stream.js';
export { ContextService, type BackfillOptions, type ContextOptions } from './context-service.js';
export type { MarketContext } from './symbol-context.js';
export type { WindowFeatures } from './rolling-window.js';
export type { FeedStrategy, FeedStrategyContext } from './feed-strategy.js';
export {
  StrategyEngine,
  type StrategyEngineOptions,
  type StrategyHealth,
} from './strategy-engine.js';
export type { FeedSettings } from './feed-settings.js';
export {
  type DataSourceRegistry,
  dataSources,
  type DataSourceFactory,
  type DataSourceParts,
} from './data-sources.js';
export { createFeed, type CreatedFeed, type CreateFeedOptions } from './create-feed.js';
