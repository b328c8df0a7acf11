/** Notes when a connected feed has been silent for too long, and when it goes on. */
export class StalenessWatch {
  readonly #staleAfterMs: number;
  readonly #onChange: (stale: boolean, silentMs: number) => void;
  #stale = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param staleAfterMs - 0: a feed is never stale. */
  constructor(staleAfterMs: number, onChange: (stale: boolean, silentMs: number) => void) {
    this.#staleAfterMs = staleAfterMs;
    this.#onChange = onChange;
  }

  get stale(): boolean {
    return this.#stale;
  }

  /** A connection begins. `silentMs`: time since its last event, or its start. */
  start(silentMs: () => number): void {
    this.stop();
    this.#note(0);
    if (this.#staleAfterMs === 0) return;
    this.#timer = setInterval(
      () => {
        this.#note(silentMs());
      },
      Math.max(1, this.#staleAfterMs / 4),
    );
    this.#timer.unref();
  }

  /** The connection ended; what was noted last stays. */
  stop(): void {
    clearInterval(this.#timer);
  }

  onEvent(): void {
    if (this.#stale) this.#note(0);
  }

  #note(silentMs: number): void {
    const stale = this.#staleAfterMs > 0 && silentMs >= this.#staleAfterMs;
    if (stale === this.#stale) return;
    this.#stale = stale;
    this.#onChange(stale, silentMs);
  }
}
