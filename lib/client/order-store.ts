import type { ClientOrder } from './client-order.js';
import { isTerminal } from './order-state.js';

/**
 * The orders of a client by id. Orders that ended are kept up to a bound, the oldest go first, so
 * that nothing grows over a long run; open orders are never forgotten.
 */
export class OrderStore {
  readonly #keepTerminal: number;
  readonly #orders = new Map<bigint, ClientOrder>();
  /** Ids of orders that ended, oldest first. */
  readonly #ended = new Set<bigint>();

  constructor(keepTerminal: number) {
    this.#keepTerminal = keepTerminal;
  }

  get(orderId: bigint): ClientOrder | undefined {
    return this.#orders.get(orderId);
  }

  put(order: ClientOrder): void {
    this.#orders.set(order.orderId, order);
    if (!isTerminal(order.state)) {
      this.#ended.delete(order.orderId);
      return;
    }
    this.#ended.add(order.orderId);
    if (this.#ended.size <= this.#keepTerminal) return;
    const [oldest] = this.#ended;
    if (oldest === undefined) return;
    this.#ended.delete(oldest);
    this.#orders.delete(oldest);
  }

  all(): IterableIterator<ClientOrder> {
    return this.#orders.values();
  }

  open(asset?: number): ClientOrder[] {
    return [...this.#orders.values()].filter(
      (order) => !isTerminal(order.state) && (asset === undefined || order.asset === asset),
    );
  }
}
