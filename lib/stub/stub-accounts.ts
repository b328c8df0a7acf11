import type { InstrumentSpec } from '../models/live-instrument.js';
import { RecordKind } from '../models/record-layout.js';
import type { RecordFields } from '../models/record-writer.js';
import type { StubAccount } from './stub-account.js';
import type { StubBook } from './stub-book.js';
import { stubMargin, stubRefusal, type Holding, type StubRefusal } from './stub-limits.js';
import type { ResolvedStubOptions } from './stub-options.js';
import type { StubOrder } from './stub-order.js';

/** What an account consists of, by asset number. */
interface AccountPart {
  readonly instrument: InstrumentSpec;
  readonly book: StubBook;
  readonly account: StubAccount;
}

/** The accounts of the stub: all instruments of a connector trade on one. */
export class StubAccounts {
  private readonly parts: readonly AccountPart[];
  private readonly options: Pick<ResolvedStubOptions, 'initialBalance' | 'limits' | 'coin'>;
  private readonly ordersOf: (asset: number) => ReadonlyMap<bigint, StubOrder>;

  constructor(
    parts: readonly AccountPart[],
    options: Pick<ResolvedStubOptions, 'initialBalance' | 'limits' | 'coin'>,
    ordersOf: (asset: number) => ReadonlyMap<bigint, StubOrder>,
  ) {
    this.parts = parts;
    this.options = options;
    this.ordersOf = ordersOf;
  }

  /** Why the order's account does not get it with these terms; `undefined`: it does. */
  refusal(order: StubOrder): StubRefusal | undefined {
    const connector = this.parts[order.asset]?.instrument.connector ?? '';
    const { walletBalance, unrealisedPnl } = this.money(connector);
    const equity = walletBalance + unrealisedPnl;
    return stubRefusal(order, this.holdings(connector), equity, this.options.limits);
  }

  /** The record that reports the balance of a connector's account. */
  balance(connector: string, exchTsNs: bigint): RecordFields {
    const { walletBalance, unrealisedPnl } = this.money(connector);
    const equity = walletBalance + unrealisedPnl;
    const margin = stubMargin(this.holdings(connector), this.options.limits);
    return {
      kind: RecordKind.Balance,
      asset: this.parts.findIndex(({ instrument }) => instrument.connector === connector),
      px: equity,
      qty: walletBalance,
      leavesQty: Math.max(equity - margin, 0),
      execQty: margin,
      extra: unrealisedPnl,
      exchTsNs,
      text: this.options.coin,
    };
  }

  private money(connector: string): { walletBalance: number; unrealisedPnl: number } {
    let walletBalance = this.options.initialBalance;
    let unrealisedPnl = 0;
    for (const { instrument, account, book } of this.parts) {
      if (instrument.connector !== connector) continue;
      walletBalance += account.realised;
      unrealisedPnl += account.unrealised((book.bestBid + book.bestAsk) / 2);
    }
    return { walletBalance, unrealisedPnl };
  }

  private holdings(connector: string): Holding[] {
    return [...this.parts.entries()]
      .filter(([, { instrument }]) => instrument.connector === connector)
      .map(([asset, { instrument, account, book }]) => ({
        asset,
        instrument,
        position: account.position,
        mid: (book.bestBid + book.bestAsk) / 2,
        orders: [...this.ordersOf(asset).values()],
      }));
  }
}
