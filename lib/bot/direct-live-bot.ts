import { requireRoi, type BotOptions } from '../models/bot-options.js';
import type { NativeDirectConnector } from '../native/addon.js';
import type { DepthKind } from './depth-kind.js';
import { nativeBotClass } from './native-bot-class.js';
import { NativeLiveBot } from './native-live-bot.js';

/** A native bot with a connector on its own thread. */
export class DirectLiveBot extends NativeLiveBot {
  /**
   * @throws HftError as the bots of its books, and `ERR_CONNECTOR_EXITED` for a connector that cannot be
   * opened.
   */
  constructor(options: BotOptions, depth: DepthKind, connector: NativeDirectConnector) {
    super((addon) => nativeBotClass(addon, depth), options, {
      direct: [connector],
      ...(depth === 'roivector' ? { checkInstruments: requireRoi } : {}),
    });
  }
}
