/**
 * Money of a connector's account: of one coin, or of the account as a whole. Immutable.
 *
 * Amounts are in units of the coin; of the whole account in the currency that the venue accounts
 * in (US dollars at Bybit). `null` is what the venue does not tell.
 */
export interface BalanceChange {
  readonly type: 'balance';
  readonly connector: string;
  /** Name of the coin, `null` for the account as a whole. */
  readonly coin: string | null;
  /** Wallet balance and unrealised profit. */
  readonly equity: number | null;
  /** Deposits, realised profit and fees. */
  readonly walletBalance: number | null;
  /** What new orders can be backed with. */
  readonly available: number | null;
  /** Held for positions and open orders. */
  readonly initialMargin: number | null;
  /** Below this equity the venue closes positions. */
  readonly maintenanceMargin: number | null;
  /** Profit of open positions at the mark price, below 0 a loss. As old as `exchTsNs`. */
  readonly unrealisedPnl: number | null;
  /** When it was so at the venue, Unix ns. */
  readonly exchTsNs: bigint;
}
