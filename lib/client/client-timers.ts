import type { ClientCore } from './client-core.js';
import type { ClientHealth } from './client-health.js';
import type { InstrumentState } from './instrument-state.js';

/** How often the thread is looked at, and how late such a look is when it was blocked. */
const LOOK_MS = 250;
const BLOCKED_MS = 1_000;

/** Periodic work of a running client: health, rates, snapshots of books that changed, a thread that was blocked. */
export class ClientTimers {
  readonly #core: ClientCore;
  #timers: NodeJS.Timeout[] = [];
  #isRef = true;

  constructor(core: ClientCore) {
    this.#core = core;
  }

  start(health: () => ClientHealth): void {
    const { healthIntervalMs, snapshotIntervalMs } = this.#core.options;
    const ticks = setInterval(() => {
      this.#core.tick(health);
    }, healthIntervalMs);
    const emitted = new Map<InstrumentState, bigint>();
    const snapshots = setInterval(() => {
      this.#emitSnapshots(emitted);
    }, snapshotIntervalMs);
    snapshots.unref();
    let lookedMs = performance.now();
    const looks = setInterval(() => {
      const nowMs = performance.now();
      const lateMs = nowMs - lookedMs - LOOK_MS;
      lookedMs = nowMs;
      if (lateMs < BLOCKED_MS) return;
      const durationMs = Math.round(lateMs);
      this.#core.hub.emit('blocked', Object.freeze({ type: 'blocked', durationMs }));
    }, LOOK_MS);
    looks.unref();
    // The first is the one that keeps the process alive.
    this.#timers = [ticks, snapshots, looks];
    if (!this.#isRef) ticks.unref();
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  ref(): void {
    this.#isRef = true;
    this.#timers[0]?.ref();
  }

  unref(): void {
    this.#isRef = false;
    for (const timer of this.#timers) timer.unref();
  }

  #emitSnapshots(emitted: Map<InstrumentState, bigint>): void {
    const { hub, instruments, options } = this.#core;
    if (!hub.wants('snapshot')) return;
    for (const instrument of instruments) {
      if (!instrument.book.synced || emitted.get(instrument) === instrument.book.exchTsNs) continue;
      emitted.set(instrument, instrument.book.exchTsNs);
      hub.emit('snapshot', instrument.snapshot(options.snapshotLevels));
    }
  }
}
