import type { EventView } from '../models/event-view.js';

/** What the venue says of an execution beside quantity and price; `undefined` where it says nothing. */
export interface ExecutionDetails {
  readonly fee: number | undefined;
  readonly feeCoin: string | undefined;
  readonly tradeId: string | undefined;
}

/** Nothing is known of an execution. */
export const NO_DETAILS: ExecutionDetails = Object.freeze({
  fee: undefined,
  feeCoin: undefined,
  tradeId: undefined,
});

/** Keeps an `Execution` record for the `Order` record that it belongs to. */
export class NextExecution {
  #orderId = 0n;
  #details: ExecutionDetails | undefined;

  /** An `Execution` record came. */
  keep(view: EventView): void {
    const [feeCoin = '', tradeId = ''] = view.text().split('\n');
    const fee = view.price;
    this.#orderId = view.orderId;
    this.#details = {
      fee: Number.isNaN(fee) ? undefined : fee,
      feeCoin: feeCoin === '' ? undefined : feeCoin,
      tradeId: tradeId === '' ? undefined : tradeId,
    };
  }

  /** An `Order` record came: what the record before it says of its execution. */
  take(orderId: bigint): ExecutionDetails {
    const details = this.#details;
    if (details === undefined) return NO_DETAILS;
    this.#details = undefined;
    return this.#orderId === orderId ? details : NO_DETAILS;
  }
}
