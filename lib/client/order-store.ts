import type { OrderRecord } from '../orders/order-record.js';
import { isTerminal } from '../orders/order-state.js';

/**
 * The orders of a client by id. Orders that ended are kept up to a bound, the oldest go first, so
 * that nothing grows over a long run; open orders are never forgotten.
 */
export class OrderStore {
  readonly #keepTerminal: number;
  readonly #records = new Map<bigint, OrderRecord>();
  /** Ids of orders that ended, oldest first. */
  readonly #ended = new Set<bigint>();

  constructor(keepTerminal: number) {
    this.#keepTerminal = keepTerminal;
  }

  get(orderId: bigint): OrderRecord | undefined {
    return this.#records.get(orderId);
  }

  /** The record's order is new here, or has changed. */
  put(record: OrderRecord): void {
    const { orderId, state } = record.order;
    this.#records.set(orderId, record);
    if (!isTerminal(state)) {
      this.#ended.delete(orderId);
      return;
    }
    this.#ended.add(orderId);
    if (this.#ended.size <= this.#keepTerminal) return;
    const [oldest] = this.#ended;
    if (oldest === undefined) return;
    this.#ended.delete(oldest);
    this.#records.delete(oldest);
  }

  all(): IterableIterator<OrderRecord> {
    return this.#records.values();
  }

  /** Open orders, first seen first. */
  open(asset?: number): OrderRecord[] {
    return [...this.#records.values()].filter(
      ({ order }) => !isTerminal(order.state) && (asset === undefined || order.asset === asset),
    );
  }
}
