import type { MarketView } from './live-view.js';

/**
 * Index of the instrument that a page asks for: `market=BTCUSDT@bybit`, `market=BTCUSDT` or
 * `instrument=0`. A market that is not there is the first one: an address that was kept still opens, and
 * the page says so. `undefined` for an index that is none.
 */
export function askedInstrument(
  query: URLSearchParams,
  markets: readonly MarketView[],
): number | undefined {
  const market = query.get('market');
  if (market === null) {
    const index = Number(query.get('instrument') ?? 0);
    return index in markets ? index : undefined;
  }
  const found = markets.findIndex(({ symbol, connector }) => `${symbol}@${connector}` === market);
  if (found >= 0) return found;
  return Math.max(
    0,
    markets.findIndex(({ symbol }) => symbol === market),
  );
}
