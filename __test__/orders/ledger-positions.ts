import type { Journal } from './journal.js';

/** Signed quantity of each symbol by the executions at the venue, whoever of the account sent the order. */
export function ledgerPositions({ orders }: Journal): Map<string, number> {
  const positions = new Map<string, number>();
  for (const { symbol, side, steps } of orders)
    for (const { fill } of steps) {
      if (fill === null) continue;
      const qty = side === 'Buy' ? Number(fill.qty) : -Number(fill.qty);
      positions.set(symbol, (positions.get(symbol) ?? 0) + qty);
    }
  return positions;
}
