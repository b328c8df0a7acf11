import type { ClientEventName } from '../client/client-event.js';
import type { ClientHandler } from '../client/event-hub.js';
import type { LiveClient } from '../client/live-client.js';

/** What happened in one instrument since the tally was made. */
export interface SymbolCounts {
  trades: number;
  fills: number;
  /** Orders that the connector or the venue rejected. */
  rejects: number;
  /** Orders that were not sent, because this side refused them. */
  denied: number;
}

/** Counts what a client does in each of its instruments. Listens only. */
export class SymbolTally {
  readonly #client: LiveClient;
  readonly #counts: readonly SymbolCounts[];
  readonly #takeOff: (() => void)[] = [];

  constructor(client: LiveClient) {
    this.#client = client;
    this.#counts = client.instruments.map(() => ({ trades: 0, fills: 0, rejects: 0, denied: 0 }));
    this.#on('trade', ({ asset }) => {
      this.#add(asset, 'trades');
    });
    this.#on('orderUpdate', ({ order, current, fill }) => {
      if (fill !== undefined) this.#add(order.asset, 'fills');
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

  #add(asset: number, what: keyof SymbolCounts): void {
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
