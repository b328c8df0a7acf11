import { ownerOf, type Journal } from './journal.js';
import { hasEnded } from './has-ended.js';
import type { ClientView } from './story.js';

const CLOSE = 1e-9;

/** In what client and venue do not agree, now that the world is calm; nothing when they do. */
export function disagreements(
  view: ClientView,
  journal: Journal,
  positions: Readonly<Record<string, number>>,
  botId: bigint,
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
    if (order.unconfirmed) differs.push(`${name} is unconfirmed`);
    else if (order.state === 'pending_new') differs.push(`${name} is ${order.state}`);
    else if (real === undefined)
      differs.push(`${name} is ${order.state} and not open at the venue`);
    else if (
      Math.abs(Number(real.filledQty) - order.filledQty) > CLOSE ||
      Math.abs(Number(real.price) - order.price) > CLOSE ||
      Math.abs(Number(real.qty) - order.qty) > CLOSE
    )
      differs.push(`${name} has other terms or fills at the venue`);
  }
  for (const orderId of open.keys())
    differs.push(`order ${String(orderId)} is open at the venue and the client does not show it`);
  for (const [symbol, qty] of Object.entries(view.positions))
    // One that is not known (NaN) agrees with none.
    if (!(Math.abs(qty - (positions[symbol] ?? 0)) <= CLOSE))
      differs.push(`position of ${symbol}: ${String(qty)}, the venue has ${String(positions[symbol] ?? 0)}`); // prettier-ignore
  return differs;
}
