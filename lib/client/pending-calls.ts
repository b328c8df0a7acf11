import type { LatencyHistogram } from '../models/latency-histogram.js';

interface Call<T> {
  readonly resolve: (outcome: T) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

interface Entry<T> {
  calls: Call<T>[];
  readonly sentNs: bigint;
  measured: boolean;
}

/** Calls that wait for an answer about an order, each with a time-out of its own. */
export class PendingCalls<T> {
  readonly #byOrder = new Map<bigint, Entry<T>>();

  get size(): number {
    return this.#byOrder.size;
  }

  /** Waits for `settle` or `fail`; after `timeoutMs` the call resolves with what `onTimeout` gives. */
  add(orderId: bigint, timeoutMs: number, onTimeout: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const entry = this.#byOrder.get(orderId) ?? {
        calls: [],
        sentNs: process.hrtime.bigint(),
        measured: false,
      };
      this.#byOrder.set(orderId, entry);
      const call: Call<T> = {
        resolve,
        reject,
        timer: setTimeout(() => {
          entry.calls = entry.calls.filter((other) => other !== call);
          if (entry.calls.length === 0) this.#byOrder.delete(orderId);
          resolve(onTimeout());
        }, timeoutMs),
      };
      entry.calls.push(call);
    });
  }

  /** Records the time from the request to now, once per request. */
  measure(orderId: bigint, latency: LatencyHistogram): void {
    const entry = this.#byOrder.get(orderId);
    if (entry === undefined || entry.measured) return;
    entry.measured = true;
    latency.record(Number(process.hrtime.bigint() - entry.sentNs));
  }

  /** False when no call waits. */
  settle(orderId: bigint, outcome: T): boolean {
    const calls = this.#take(orderId);
    for (const call of calls) call.resolve(outcome);
    return calls.length > 0;
  }

  fail(orderId: bigint, error: Error): boolean {
    const calls = this.#take(orderId);
    for (const call of calls) call.reject(error);
    return calls.length > 0;
  }

  #take(orderId: bigint): Call<T>[] {
    const calls = this.#byOrder.get(orderId)?.calls ?? [];
    this.#byOrder.delete(orderId);
    for (const call of calls) clearTimeout(call.timer);
    return calls;
  }
}
