import type { EventView } from '../models/event-view.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { OrderResponse } from '../models/order-response.js';
import { isFinalStatus } from '../models/order-status.js';
import { RecordKind } from '../models/record-layout.js';
import { WireStatus } from '../models/wire-status.js';
import { isAt } from '../orders/is-at.js';

interface Change {
  readonly asset: number;
  readonly price: number;
  readonly qty: number;
}

/**
 * The changes of orders that a native bot has sent and has no answer to. hftbacktest's bot does not know them:
 * it marks an order as having a request under way when it sends a new order or a cancel only.
 */
export class PendingChanges {
  readonly #instruments: readonly InstrumentSpec[];
  readonly #changes = new Map<bigint, Change>();

  constructor(instruments: readonly InstrumentSpec[]) {
    this.#instruments = instruments;
  }

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  has(orderId: bigint): boolean {
    return this.#changes.has(orderId);
  }

  sent(asset: number, orderId: bigint, price: number, qty: number): void {
    this.#changes.set(orderId, { asset, price, qty });
  }

  /** The order with its change, if one is under way. It can be cancelled all the same. */
  shown(order: OrderResponse): OrderResponse {
    if (order.pending !== 'none' || !this.#changes.has(order.orderId)) return order;
    return Object.freeze({ ...order, pending: 'replaced' });
  }

  /** A record came: it may be the answer. */
  look(view: EventView): void {
    const { kind, orderId } = view;
    if (kind === RecordKind.Link) {
      if (view.linkState === 'lost' || view.linkState === 'restarted') this.#forget(view.asset);
      return;
    }
    const change = this.#changes.get(orderId);
    if (change === undefined) return;
    if (kind === RecordKind.Reject || (kind === RecordKind.Order && isAnswer(view, change)))
      this.#changes.delete(orderId);
  }

  /** What was under way to the connector of an instrument will not be answered. */
  #forget(asset: number): void {
    const connector = this.#instruments[asset]?.connector;
    for (const [orderId, change] of this.#changes)
      if (this.#instruments[change.asset]?.connector === connector) this.#changes.delete(orderId);
  }
}

/** True for an `Order` record that answers a change of its order. */
function isAnswer(view: EventView, change: Change): boolean {
  // The state after a loss: whether an answer was lost is not known, and none may come any more.
  if (view.isSnapshot || isFinalStatus(view.orderStatus)) return true;
  return view.statusCode === WireStatus.Replaced || isAt(view, change);
}
