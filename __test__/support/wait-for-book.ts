import type { Bot } from '../../lib/index.js';

/**
 * Waits until the instrument has a whole book with both sides.
 *
 * @throws Error when there is none within `timeoutMs` by the bot's clock.
 */
export function waitForBook(bot: Bot, asset: number, timeoutMs = 10_000): void {
  const endNs = bot.monotonicNs() + timeoutMs * 1e6;
  const depth = bot.depth(asset);
  while (!(depth.synced && depth.bestBid < depth.bestAsk)) {
    if (bot.monotonicNs() > endNs || bot.ended) throw new Error('there is no book');
    bot.waitBatch(50_000_000);
  }
}
