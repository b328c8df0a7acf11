import { requireRoi, type BotOptions } from '../models/bot-options.js';
import type { NativeDirectConnector } from '../native/addon.js';
import type { DepthKind } from './depth-kind.js';
import { NativeLiveBot } from './native-live-bot.js';

/** A native bot with a connector on its own thread. */
export class DirectLiveBot extends NativeLiveBot {
  /**
   * @throws HftError as the bots of its books, and `ERR_CONNECTOR_EXITED` for a connector that cannot be
   * opened.
   */
  constructor(options: BotOptions, depth: DepthKind, connector: NativeDirectConnector) {
    const roi = depth === 'roivector';
    super(
      (addon) => (roi ? addon.ROIVectorMarketDepthLiveBot : addon.HashMapMarketDepthLiveBot),
      options,
      { direct: [connector], ...(roi ? { checkInstruments: requireRoi } : {}) },
    );
  }
}
