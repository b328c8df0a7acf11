import type { RingConsumer } from '../models/ring.js';
import type { RecordRouter } from './record-router.js';

/** Records per turn of the event loop: a few hundred µs, then others have their turn. */
const TURN_RECORDS = 2_048;

/** Drains the ring on the main thread, a bounded part per turn. */
export class RingPump {
  readonly #ring: RingConsumer;
  readonly #router: RecordRouter;
  readonly #onError: (error: unknown) => void;
  readonly #afterTurn: () => void;
  #scheduled: NodeJS.Immediate | undefined;
  #stopped = false;

  constructor(
    ring: RingConsumer,
    router: RecordRouter,
    hooks: { onError: (error: unknown) => void; afterTurn: () => void },
  ) {
    this.#ring = ring;
    this.#router = router;
    this.#onError = hooks.onError;
    this.#afterTurn = hooks.afterTurn;
  }

  /** Called by the producer's wake-up; never throws, for native code calls it. */
  readonly wake = (): void => {
    if (this.#scheduled === undefined && !this.#stopped) this.#turn();
  };

  /** Reads everything that is there now: before an end, when nothing more will wake. */
  drainAll(): void {
    while (this.#ring.pending > 0 && this.#read(this.#ring.pending) > 0);
  }

  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
  }

  #turn(): void {
    this.#scheduled = undefined;
    if (this.#stopped) return;
    this.#read(TURN_RECORDS);
    // A handler may have stopped the pump.
    if ((this.#stopped as boolean) || this.#ring.sleep()) return;
    this.#scheduled = setImmediate(() => {
      this.#turn();
    });
  }

  #read(limit: number): number {
    this.#router.beginTurn();
    let done = 0;
    try {
      done = this.#ring.drain(limit, this.#router.handle);
      this.#router.endTurn();
      this.#afterTurn();
    } catch (error) {
      this.#onError(error);
      done = Math.max(1, done);
    }
    return done;
  }
}
