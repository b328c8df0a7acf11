import { ownerOf, type Journal } from './journal.js';
import { hasEnded } from './has-ended.js';
import { isUnreadable } from './is-unreadable.js';
import { ledgerPositions } from './ledger-positions.js';
import type { ClientView, Reported } from './story.js';

const CLOSE = 1e-9;

/**
 * In what client and venue do not agree, now that the world is calm; nothing when they do.
 *
 * @param mayDoubt - Items cannot be read: the client may say of orders and positions that it does not know
 * them, and may show an order as it was known before the notice about it.
 */
export function disagreements(
  view: ClientView,
  journal: Journal,
  botId: bigint,
  mayDoubt: boolean,
  reported: readonly Reported[] = [],
): string[] {
  const differs: string[] = [];
  const open = new Map(
    journal.orders
      .filter(({ endedUs }) => endedUs === null)
      .map((order) => [ownerOf(order.orderLinkId), order] as const)
      .flatMap(([owner, order]) =>
        owner?.botId === botId ? [[owner.orderId, order] as const] : [],
      ),
  );
  for (const order of view.orders) {
    if (hasEnded(order.state)) continue;
    const name = `order ${String(order.orderId)}`;
    const real = open.get(order.orderId);
    open.delete(order.orderId);
    if (mayDoubt && (order.unconfirmed || isUnreadable(order.orderId, reported))) continue;
    if (order.unconfirmed) differs.push(`${name} is unconfirmed`);
    else if (order.state === 'pending_new') differs.push(`${name} is ${order.state}`);
    else if (real === undefined)
      differs.push(`${name} is ${order.state} and not open at the venue`);
    else if (
      Math.abs(Number(real.filledQty) - order.filledQty) > CLOSE ||
      Math.abs(Number(real.price) - order.price) > CLOSE ||
      Math.abs(Number(real.qty) - order.qty) > CLOSE
    )
      differs.push(`${name} is ${String(order.price)} x ${String(order.qty)}, filled ${String(order.filledQty)}; at the venue ${real.price} x ${real.qty}, filled ${real.filledQty}`); // prettier-ignore
  }
  for (const orderId of open.keys())
    if (!(mayDoubt && isUnreadable(orderId, reported)))
      differs.push(`order ${String(orderId)} is open at the venue and the client does not show it`);
  const ledger = ledgerPositions(journal);
  for (const [symbol, qty] of Object.entries(view.positions)) {
    const real = ledger.get(symbol) ?? 0;
    // One that is not known (NaN) agrees with none.
    if (Math.abs(qty - real) <= CLOSE || (mayDoubt && Number.isNaN(qty))) continue;
    differs.push(`position of ${symbol}: ${String(qty)}, the executions at the venue sum up to ${String(real)}`); // prettier-ignore
  }
  return differs;
}
