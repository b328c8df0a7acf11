/** Pauses before the state is asked for again, ms; after the last it is left to the next event. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000];

export interface OrderReconcilerOptions {
  /** Asks the connector for the instrument's orders, position and book. */
  readonly resync: (asset: number) => void;
  readonly hasUncertain: (asset: number) => boolean;
  /** The answer is complete: what it did not list is no longer open. */
  readonly onSnapshot: (asset: number) => void;
  readonly isLinkUp: (asset: number) => boolean;
}

/**
 * Finds out what became of orders whose answer did not come: asks for the instrument's state until
 * none is uncertain. It only asks; nothing is ever sent again.
 */
export class OrderReconciler {
  readonly #options: OrderReconcilerOptions;
  readonly #asked = new Set<number>();
  readonly #timers = new Map<number, NodeJS.Timeout>();

  constructor(options: OrderReconcilerOptions) {
    this.#options = options;
  }

  /** An order of the instrument became uncertain while the link is up. */
  onUncertain(asset: number): void {
    if (!this.#timers.has(asset)) this.#ask(asset, 0);
  }

  /** The link went: its return brings a snapshot without being asked. */
  onLinkLost(asset: number): void {
    this.#asked.add(asset);
  }

  /** A whole snapshot of the instrument was read. */
  onBookReady(asset: number): void {
    if (this.#asked.delete(asset)) this.#options.onSnapshot(asset);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #ask(asset: number, attempt: number): void {
    this.#timers.delete(asset);
    if (!this.#options.hasUncertain(asset)) return;
    if (this.#options.isLinkUp(asset)) {
      this.#asked.add(asset);
      this.#options.resync(asset);
    }
    const pauseMs = PAUSES_MS[attempt];
    if (pauseMs === undefined) return;
    const timer = setTimeout(() => {
      this.#ask(asset, attempt + 1);
    }, pauseMs);
    this.#timers.set(asset, timer.unref());
  }
}
