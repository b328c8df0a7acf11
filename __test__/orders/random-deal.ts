import type { Random } from '../../lib/stub/random.js';
import type { Deal } from './plan.js';
import { PRICES } from './symbols.js';

/** Share of prices that lie off the grid: they must be denied, never rounded. */
const OFF_GRID = 0.03;
/** Most cancels and changes are of the newest orders: older ones have ended for the most part. */
const NEWEST = 6;

/**
 * One thing that a bot does, or that others do to its orders.
 *
 * @param orders - Symbol of each order so far; a new one is added.
 */
export function randomDeal(random: Random, symbols: readonly string[], orders: string[]): Deal {
  const pick = <T>(of: readonly T[]): T => of[random.whole(0, of.length - 1)] as T;
  const symbol = pick(symbols);
  const qty = random.whole(20, 90) / 10;
  const kind = random.next();
  if (kind < 0.5 || orders.length === 0) {
    orders.push(symbol);
    const side = random.chance(0.5) ? 'buy' : 'sell';
    const timeInForce = pick(['GTC', 'GTC', 'GTC', 'GTX', 'IOC', 'FOK'] as const);
    const price = priceOf(symbol, random, true);
    const terms = { symbol, side, price, qty, timeInForce } as const;
    return { do: 'submit', order: orders.length - 1, terms };
  }
  const first = random.chance(0.8) ? Math.max(0, orders.length - NEWEST) : 0;
  const order = random.whole(first, orders.length - 1);
  if (kind < 0.66) return { do: 'cancel', order };
  if (kind < 0.72) return { do: 'cancelAll', symbol: random.chance(0.5) ? symbol : undefined };
  if (kind < 0.82)
    return { do: 'modify', order, price: priceOf(orders[order] as string, random, true), qty };
  if (kind < 0.87) return { do: 'resync', symbol };
  if (kind < 0.89) return { do: 'look', symbol };
  const side = random.chance(0.5) ? 'Buy' : 'Sell';
  const price = priceOf(symbol, random, false).toFixed(4);
  const taker = { symbol, side, price, qty: qty.toFixed(1), timeInForce: 'IOC' };
  return { do: 'venue', command: { cmd: 'place', owner: 'other', ...taker } };
}

/** Between the two resting levels or a little beyond. */
function priceOf(symbol: string, random: Random, mayBeOff: boolean): number {
  const { middle, tick, around } = PRICES[symbol] as (typeof PRICES)[string];
  const ticks = Math.round(middle / tick) + random.whole(-around, around);
  const off = mayBeOff && random.chance(OFF_GRID) ? 0.4 : 0;
  return Number(((ticks + off) * tick).toFixed(5));
}
