import { HftError } from '../models/hft-error.js';
import type { ClientOrder } from '../orders/client-order.js';
import { isTerminal } from '../orders/order-state.js';

interface Watcher {
  look(order: ClientOrder): void;
  fail(error: Error): void;
}

/** Who waits for an order to reach a state. */
export class OrderWatchers {
  readonly #byOrder = new Map<bigint, Set<Watcher>>();

  /** Resolves once `until` holds, at once when it does already. @throws HftError `ERR_TIMEOUT`. */
  wait(
    order: ClientOrder,
    until: 'terminal' | ((order: ClientOrder) => boolean),
    timeoutMs: number,
  ): Promise<ClientOrder> {
    const holds =
      until === 'terminal' ? (now: ClientOrder): boolean => isTerminal(now.state) : until;
    if (holds(order)) return Promise.resolve(order);
    const { orderId } = order;
    return new Promise((resolve, reject) => {
      let last = order;
      const watchers = this.#byOrder.get(orderId) ?? new Set();
      this.#byOrder.set(orderId, watchers);
      const done = (): void => {
        clearTimeout(timer);
        watchers.delete(watcher);
        if (watchers.size === 0) this.#byOrder.delete(orderId);
      };
      const watcher: Watcher = {
        look: (now) => {
          last = now;
          if (!holds(now)) return;
          done();
          resolve(now);
        },
        fail: (error) => {
          done();
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        const text = `order ${String(orderId)} is still ${last.state} after ${String(timeoutMs)} ms.`;
        const remedy = 'Look at getOrder(id) before you send anything again, or wait for longer.';
        watcher.fail(new HftError('ERR_TIMEOUT', text, { remedy }));
      }, timeoutMs);
      watchers.add(watcher);
    });
  }

  /** An order changed. */
  look(order: ClientOrder): void {
    for (const watcher of [...(this.#byOrder.get(order.orderId) ?? [])]) watcher.look(order);
  }

  failAll(error: Error): void {
    for (const watcher of [...this.#byOrder.values()].flatMap((all) => [...all]))
      watcher.fail(error);
  }
}
