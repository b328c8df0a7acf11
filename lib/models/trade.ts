import type { EventView } from './event-view.js';
import type { InstrumentSpec } from './live-instrument.js';
import type { Side } from './side.js';

/** A trade on the venue. Immutable. */
export interface Trade {
  readonly type: 'trade';
  /** Index of the instrument in the bot. */
  readonly asset: number;
  readonly symbol: string;
  readonly price: number;
  readonly qty: number;
  /** Side of the taker: `buy` took from the asks. */
  readonly side: Side;
  /** Exchange time, Unix ns. */
  readonly exchTsNs: bigint;
  /** When the connector received it, Unix ns. */
  readonly localTsNs: bigint;
  /** Exchange time, whole Unix ms. */
  readonly exchTsMs: number;
}

/** A trade of its parts; type and ms follow from them. */
export function makeTrade(parts: Omit<Trade, 'type' | 'exchTsMs'>): Trade {
  return Object.freeze({
    type: 'trade',
    ...parts,
    exchTsMs: Number(parts.exchTsNs / 1_000_000n),
  });
}

/** The trade that a `Trade` record reports, as an object that may be kept. */
export function tradeFromView(view: EventView, instruments: readonly InstrumentSpec[]): Trade {
  const asset = view.asset;
  return Object.freeze({
    type: 'trade',
    asset,
    symbol: instruments[asset]?.symbol ?? '',
    price: view.price,
    qty: view.qty,
    side: view.side ?? 'buy',
    exchTsNs: view.exchTsNs,
    localTsNs: view.localTsNs,
    exchTsMs: view.exchTsMs,
  });
}
