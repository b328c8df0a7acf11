import { ownerOf, type Journal, type VenueOrder } from './journal.js';

/** The bot's orders as they were at the venue, by the bot's own id; more than one was sent twice. */
export function livesOf(journal: Journal, botId: bigint): Map<bigint, VenueOrder[]> {
  const lives = new Map<bigint, VenueOrder[]>();
  for (const order of journal.orders) {
    const owner = ownerOf(order.orderLinkId);
    if (owner?.botId !== botId) continue;
    const known = lives.get(owner.orderId);
    if (known === undefined) lives.set(owner.orderId, [order]);
    else known.push(order);
  }
  return lives;
}
