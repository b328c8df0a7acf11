import type { BotOptions } from '../models/bot-options.js';
import { NativeLiveBot } from './native-live-bot.js';

/**
 * A bot that keeps every level of each book, at any price: `depth: 'hashmap'`. Its books give what hftbacktest's
 * `HashMapMarketDepth` gives; they hold the levels around the touch in a window and need no search tick by tick.
 */
export class HashMapMarketDepthLiveBot extends NativeLiveBot {
  /** @throws HftError `ERR_NATIVE_UNAVAILABLE`, `ERR_INVALID_ARGUMENT`. */
  constructor(options: BotOptions) {
    super((addon) => addon.HashMapMarketDepthLiveBot, options);
  }
}
