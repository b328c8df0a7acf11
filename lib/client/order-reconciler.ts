/** Pauses before it is asked again, ms; after the last the bot goes on asking by itself. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000];

/**
 * Finds out what became of orders whose answer did not come: has the bot ask the connector for each
 * until none is unconfirmed. It only asks; nothing is ever sent again, and no order ends because an
 * answer does not name it.
 */
export class OrderReconciler {
  readonly #ask: (asset: number) => boolean;
  readonly #timers = new Map<number, NodeJS.Timeout>();

  /** `ask` has the unconfirmed orders of an instrument asked for; false when there is none. */
  constructor(ask: (asset: number) => boolean) {
    this.#ask = ask;
  }

  /** An order of the instrument became unconfirmed while the link is up. */
  onUnconfirmed(asset: number): void {
    if (!this.#timers.has(asset)) this.#try(asset, 0);
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #try(asset: number, attempt: number): void {
    this.#timers.delete(asset);
    if (!this.#ask(asset)) return;
    const pauseMs = PAUSES_MS[attempt];
    if (pauseMs === undefined) return;
    const timer = setTimeout(() => {
      this.#try(asset, attempt + 1);
    }, pauseMs);
    this.#timers.set(asset, timer.unref());
  }
}
