import type { BotOptions } from '../models/bot-options.js';
import { NativeLiveBot } from './native-live-bot.js';

/** A bot on hftbacktest's own hash maps, for comparison: `depth: 'hashmap-upstream'`. */
export class UpstreamHashMapMarketDepthLiveBot extends NativeLiveBot {
  /** @throws HftError `ERR_NATIVE_UNAVAILABLE`, `ERR_INVALID_ARGUMENT`. */
  constructor(options: BotOptions) {
    super((addon) => addon.UpstreamHashMapMarketDepthLiveBot, options);
  }
}
