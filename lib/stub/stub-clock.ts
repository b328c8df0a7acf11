import { monotonicNowNs } from '../models/monotonic-clock.js';

/** Longest sleep at once: `worker.terminate()` and a stop are never held up longer. */
const SLEEP_MS_MAX = 100;

/**
 * The stub's time: real, or virtual time that only moves during a wait. Both start at 0.
 */
export class StubClock {
  private readonly real: boolean;
  private readonly originNs: number;
  private readonly originUnixNs: bigint;
  private readonly stop: Int32Array;
  private virtualNs = 0;

  /**
   * @param stop - A word in shared memory; once it is not 0, sleeps end at once.
   */
  constructor(pace: 'realtime' | 'asap', startTsNs: bigint | undefined, stop: Int32Array) {
    this.real = pace === 'realtime';
    this.originNs = this.real ? monotonicNowNs() : 0;
    const preset = this.real ? BigInt(Date.now()) * 1_000_000n : 1_700_000_000_000_000_000n;
    this.originUnixNs = startTsNs ?? preset;
    this.stop = stop;
  }

  get isReal(): boolean {
    return this.real;
  }

  get stopped(): boolean {
    return Atomics.load(this.stop, 0) !== 0;
  }

  /** Since the start, ns. */
  nowNs(): number {
    return this.real ? monotonicNowNs() - this.originNs : this.virtualNs;
  }

  /** The clock of `sentMonoNs`: CLOCK_MONOTONIC, or virtual time. */
  monotonicNs(): number {
    return this.real ? monotonicNowNs() : this.virtualNs;
  }

  unixNs(elapsedNs: number): bigint {
    return this.originUnixNs + BigInt(Math.round(elapsedNs));
  }

  /** Sleeps until then at most; virtual time jumps there. */
  sleepUntil(elapsedNs: number): void {
    if (!this.real) {
      if (elapsedNs > this.virtualNs) this.virtualNs = elapsedNs;
      return;
    }
    const ms = (elapsedNs - this.nowNs()) / 1e6;
    if (ms > 0) Atomics.wait(this.stop, 0, 0, Math.min(ms, SLEEP_MS_MAX));
  }
}
