import type { ContextService } from './context-service.js';
import type { DepthUpdate } from './depth-update.js';
import type { FeedLogger } from './feed-logger.js';
import type { TradeTick } from './trade-tick.js';

/** What a strategy is given with each event. */
export interface FeedStrategyContext {
  /** Name of the strategy. */
  readonly strategy: string;
  /** Rolling figures, when the engine was given a service. */
  readonly market: ContextService | undefined;
  readonly logger: FeedLogger;
}

/**
 * A strategy that reads a feed. It knows no data source: the same one runs on all of them. Handlers
 * are called in the order of the events; what they throw or reject with is contained.
 */
export interface FeedStrategy {
  /** Its name in logs and health; no two of an engine may share one. */
  readonly name: string;
  /** Only these symbols. Default all. */
  readonly symbols?: readonly string[];
  /** Once, when it is added. */
  onStart?(ctx: FeedStrategyContext): unknown;
  /** Each trade of its symbols. */
  onTrade?(ctx: FeedStrategyContext, tick: TradeTick): unknown;
  /** Each change of a book of its symbols. */
  onDepth?(ctx: FeedStrategyContext, update: DepthUpdate): unknown;
  /** Once, when it is removed or the engine stops. */
  onStop?(ctx: FeedStrategyContext): unknown;
}
