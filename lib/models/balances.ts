import type { BalanceChange } from './balance-change.js';

/** The newest balance of each coin and connector. */
export class Balances {
  private readonly byConnector = new Map<string, Map<string | undefined, BalanceChange>>();

  /** Keeps a balance in place of the one before. */
  keep(balance: BalanceChange): void {
    let coins = this.byConnector.get(balance.connector);
    if (coins === undefined) {
      coins = new Map();
      this.byConnector.set(balance.connector, coins);
    }
    coins.set(balance.coin, balance);
  }

  /** Forgets the balances of a connector: another run of it may have another account. */
  forget(connector: string): void {
    this.byConnector.delete(connector);
  }

  /**
   * The balance of a coin. Without a coin that of the account as a whole, where the venue reports
   * one, else that of the only coin. `undefined` when nothing of the kind was reported.
   */
  get(connector: string, coin?: string): BalanceChange | undefined {
    const coins = this.byConnector.get(connector);
    if (coin !== undefined) return coins?.get(coin);
    const whole = coins?.get(undefined);
    if (whole !== undefined || coins?.size !== 1) return whole;
    return coins.values().next().value;
  }

  /** All balances of a connector, the account as a whole included. */
  of(connector: string): BalanceChange[] {
    return [...(this.byConnector.get(connector)?.values() ?? [])];
  }
}
