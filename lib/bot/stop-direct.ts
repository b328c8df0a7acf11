import { orderLeftFromJson } from '../connector/stopped-line.js';
import type { OrderLeft } from '../models/order-left.js';
import type { NativeBot } from '../native/native-addon.js';

/**
 * Ends the connectors on the bot's thread: waits until what was asked of them is sent and answered, as long
 * as their settings say (`--stop-wait-ms`, default 8 s). Only `close()` may follow.
 *
 * @returns The orders that stay open at the venues.
 */
export function stopDirect(bot: NativeBot): OrderLeft[] {
  let left: string[] | null;
  do left = bot.stopDirect();
  while (left === null);
  return left.map((text) => orderLeftFromJson(JSON.parse(text)));
}
