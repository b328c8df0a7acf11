import type { DepthUpdate } from './depth-update.js';
import type { TradeTick } from './trade-tick.js';

/** Market data of any source, normalised; `type` tells which. */
export type FeedEvent = TradeTick | DepthUpdate;
