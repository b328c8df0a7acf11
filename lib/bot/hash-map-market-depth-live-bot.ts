import type { BotOptions } from '../models/bot-options.js';
import { NativeLiveBot } from './native-live-bot.js';

/** A bot that keeps each book in hash maps: any price, memory by the number of levels. */
export class HashMapMarketDepthLiveBot extends NativeLiveBot {
  /** @throws HftError `ERR_NATIVE_UNAVAILABLE`, `ERR_INVALID_ARGUMENT`. */
  constructor(options: BotOptions) {
    super((addon) => addon.HashMapMarketDepthLiveBot, options);
  }
}
