/** Part of one core that drawing may take. The page often shares its cores with what it shows. */
const SHARE = 0.03;
/** What is seen is never older than this, however slow the machine. */
const LONGEST_MS = 500;

/**
 * Calls a drawing function in animation frames, and seldom enough: what a picture costs, style, layout and
 * paint included, is measured, and the next one waits until that was a small part of the time. On a
 * machine that draws fast every update is shown; on a slow one fewer are, never old ones. A picture may
 * take several frames, so that none of them is slow.
 */
export class Frames {
  readonly #draw: () => boolean;
  readonly #after = new MessageChannel();
  #isAsked = false;
  #hasMore = false;
  #startedMs = 0;
  #nextMs = 0;
  /** Of the picture that is being drawn, and of pictures as a rule. */
  #sumMs = 0;
  #costMs = 0;

  /** @param draw - Draws a part of the picture; true when more of it is to come. */
  constructor(draw: () => boolean) {
    this.#draw = draw;
    // A message that is posted in a frame comes after that frame was painted.
    this.#after.port1.onmessage = () => {
      const nowMs = performance.now();
      this.#sumMs += nowMs - this.#startedMs;
      if (this.#hasMore) return;
      // Slowly up: one picture that was interrupted says little about the next.
      this.#costMs += (this.#sumMs - this.#costMs) * (this.#sumMs < this.#costMs ? 0.5 : 0.2);
      this.#sumMs = 0;
      this.#nextMs = nowMs + Math.min(LONGEST_MS, this.#costMs / SHARE);
    };
  }

  /** Asks for a picture; however often, one comes. */
  ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const waitMs = this.#nextMs - performance.now();
    if (waitMs > 0) setTimeout(this.#request, waitMs);
    else this.#request();
  }

  readonly #request = (): void => {
    requestAnimationFrame(() => {
      this.#startedMs = performance.now();
      this.#after.port2.postMessage(null);
      this.#hasMore = this.#draw();
      if (this.#hasMore) this.#request();
      else this.#isAsked = false;
    });
  };
}
