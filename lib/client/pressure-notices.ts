import type { DroppedNotice } from './client-event.js';

const INTERVAL_MS = 1_000;

/** Counts losses by queue and reports each queue's at most once per second. */
export class PressureNotices {
  readonly #emit: (notice: DroppedNotice) => void;
  readonly #nowMs: () => number;
  readonly #counts = new Map<string, { since: number; total: number; reportedMs: number }>();
  #total = 0;

  constructor(
    emit: (notice: DroppedNotice) => void,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#emit = emit;
    this.#nowMs = nowMs;
  }

  /** Losses of all queues. */
  get total(): number {
    return this.#total;
  }

  add(queue: string, count: number): void {
    const entry = this.#counts.get(queue) ?? { since: 0, total: 0, reportedMs: -Infinity };
    this.#counts.set(queue, entry);
    entry.since += count;
    entry.total += count;
    this.#total += count;
    this.#report(queue, entry, this.#nowMs());
  }

  /** Reports what the last second held back. */
  tick(): void {
    const now = this.#nowMs();
    for (const [queue, entry] of this.#counts) this.#report(queue, entry, now);
  }

  #report(
    queue: string,
    entry: { since: number; total: number; reportedMs: number },
    now: number,
  ): void {
    if (entry.since === 0 || now - entry.reportedMs < INTERVAL_MS) return;
    const count = entry.since;
    entry.since = 0;
    entry.reportedMs = now;
    this.#emit(Object.freeze({ type: 'dropped', queue, count, total: entry.total }));
  }
}
