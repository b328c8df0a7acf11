/**
 * hftbacktest's `StateValues`. Live only the position is known: the other values are `null`,
 * where hftbacktest says 0. The stub knows them all.
 */
export interface StateValues {
  /** Signed quantity, NaN while it is not known. */
  readonly position: number;
  /** What sells brought less what buys cost, in quote currency. */
  readonly balance: number | null;
  /** Fees paid, in quote currency; the stub takes none. */
  readonly fee: number | null;
  /** Executions so far. */
  readonly numTrades: number | null;
  /** Sum of the executed quantities. */
  readonly tradingVolume: number | null;
  /** Sum of price times quantity of the executions. */
  readonly tradingValue: number | null;
}
