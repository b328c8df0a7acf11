/**
 * Money of a connector's account: of one coin, or of the account as a whole. Immutable.
 *
 * Amounts are in units of the coin; of the whole account in the currency that the venue accounts
 * in (US dollars at Bybit). `undefined` is what the venue does not report.
 */
export interface BalanceChange {
  readonly type: 'balance';
  readonly connector: string;
  /** Name of the coin, `undefined` for the account as a whole. */
  readonly coin: string | undefined;
  /** Wallet balance and unrealised profit. */
  readonly equity: number | undefined;
  /** Deposits, realised profit and fees. */
  readonly walletBalance: number | undefined;
  /** What new orders can be backed with. */
  readonly available: number | undefined;
  /** Held for positions and open orders. */
  readonly initialMargin: number | undefined;
  /** Below this equity the venue closes positions. */
  readonly maintenanceMargin: number | undefined;
  /** Profit of open positions at the mark price, below 0 a loss. As old as `exchTsNs`. */
  readonly unrealisedPnl: number | undefined;
  /** When it was so at the venue, Unix ns. */
  readonly exchTsNs: bigint;
}
