/**
 * hftbacktest's `StateValues`. Live only the position is known: the other values are `null`,
 * where hftbacktest says 0. The stub knows them all.
 */
export interface StateValues {
  /** Signed quantity, NaN while it is not known. */
  readonly position: number;
  readonly balance: number | null;
  readonly fee: number | null;
  readonly numTrades: number | null;
  readonly tradingVolume: number | null;
  readonly tradingValue: number | null;
}
