import type { MarketView } from '../../live-view.js';

/** `BTCUSDT@bybit`; the symbol alone where the source has no connectors. */
export function marketKey({ symbol, connector }: MarketView): string {
  return connector === '' ? symbol : `${symbol}@${connector}`;
}

/** Symbols as people choose them: with the connector where a symbol is there twice. */
export function marketNames(markets: readonly MarketView[]): string[] {
  const count = new Map<string, number>();
  for (const { symbol } of markets) count.set(symbol, (count.get(symbol) ?? 0) + 1);
  return markets.map(({ symbol, connector }) =>
    (count.get(symbol) ?? 0) > 1 && connector !== '' ? `${symbol} · ${connector}` : symbol,
  );
}

/** The market that the address names after `#`, '' for none. */
export function addressedMarket(hash: string): string {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return '';
  }
}

/** The part of an address that names a market. */
export function marketHash(key: string): string {
  return `#${encodeURIComponent(key).replace(/%40/g, '@')}`;
}
