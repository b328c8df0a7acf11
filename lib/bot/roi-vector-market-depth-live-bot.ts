import { requireRoi, type BotOptions } from '../models/bot-options.js';
import { NativeLiveBot } from './native-live-bot.js';

/**
 * A bot that keeps each book in a vector over the instrument's range of interest: fastest to
 * read, and blind outside that range. Every instrument needs `.roi(lb, ub)`.
 */
export class ROIVectorMarketDepthLiveBot extends NativeLiveBot {
  /** @throws HftError `ERR_NATIVE_UNAVAILABLE`, `ERR_INVALID_ARGUMENT`. */
  constructor(options: BotOptions) {
    super((addon) => addon.ROIVectorMarketDepthLiveBot, options, { checkInstruments: requireRoi });
  }
}
