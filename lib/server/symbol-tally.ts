import type { ClientEventName } from '../client/client-event.js';
import type { ClientHandler } from '../client/event-hub.js';
import type { LiveClient } from '../client/live-client.js';
import type { Side } from '../models/side.js';
import type { Fill } from '../orders/order-state.js';

/** What happened in one instrument since the tally was made. */
export interface SymbolCounts {
  trades: number;
  fills: number;
  /** Orders that the connector or the venue rejected. */
  rejects: number;
  /** Orders that were not sent, because this side refused them. */
  denied: number;
  /** Cash that own fills brought, in the currency of prices, before fees; NaN once the price of one was lost. */
  cash: number;
  /** What own fills bought and did not sell again. */
  bought: number;
  /** What own fills cost, by coin, rebates below 0; of those whose fee was reported. */
  readonly fees: Map<string, number>;
  /** False once the fee of a fill was not reported: no sum is whole any more, whichever its coin was. */
  areFeesKnown: boolean;
}

/** Figures of {@link SymbolCounts} that count one by one. */
type Count = 'trades' | 'fills' | 'rejects' | 'denied';

/** Adds an execution of an own order. */
function addFill(counts: SymbolCounts, side: Side, fill: Fill): void {
  const { qty, price, fee, feeCoin, inferred } = fill;
  const signed = side === 'buy' ? qty : -qty;
  counts.fills += 1;
  counts.bought += signed;
  counts.cash -= inferred ? NaN : signed * price;
  if (fee === undefined || feeCoin === undefined) counts.areFeesKnown = false;
  else counts.fees.set(feeCoin, (counts.fees.get(feeCoin) ?? 0) + fee);
}

/** Counts what a client does in each of its instruments. Listens only. */
export class SymbolTally {
  readonly #client: LiveClient;
  readonly #counts: readonly SymbolCounts[];
  readonly #takeOff: (() => void)[] = [];

  constructor(client: LiveClient) {
    this.#client = client;
    this.#counts = client.instruments.map(() => ({
      ...{ trades: 0, fills: 0, rejects: 0, denied: 0 },
      ...{ cash: 0, bought: 0, fees: new Map<string, number>(), areFeesKnown: true },
    }));
    this.#on('trade', ({ asset }) => {
      this.#add(asset, 'trades');
    });
    this.#on('orderUpdate', ({ order, current, fill }) => {
      const counts = this.#counts[order.asset];
      if (fill !== undefined && counts !== undefined) addFill(counts, order.side, fill);
      if (current === 'rejected') this.#add(order.asset, 'rejects');
      else if (current === 'denied') this.#add(order.asset, 'denied');
    });
  }

  /** Of an instrument, by its number. */
  of(asset: number): Readonly<SymbolCounts> | undefined {
    return this.#counts[asset];
  }

  /** Listens no more. */
  close(): void {
    for (const off of this.#takeOff.splice(0)) off();
  }

  #add(asset: number, what: Count): void {
    const counts = this.#counts[asset];
    if (counts !== undefined) counts[what] += 1;
  }

  #on<K extends ClientEventName>(name: K, handler: ClientHandler<K>): void {
    this.#client.on(name, handler);
    this.#takeOff.push(() => {
      this.#client.off(name, handler);
    });
  }
}
