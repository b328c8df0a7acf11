import { checkBoolean } from './arguments.js';
import { invalid } from './invalid.js';
import { checkKeys, knownKeys } from './known-keys.js';

/**
 * How a bot waits for shared memory.
 * - `spin`: lowest latency, a whole core.
 * - `yield`: gives its core to others that want it, a whole core otherwise.
 * - `adaptive` (default): spins, then yields, then parks; stays awake, with about a whole core where no other thread
 *   wants it, while the connector sends something every 3 ms or more often, and takes little below that (docs/guide/waiting.md).
 *   Parks at once for a while (20 ms to 1 s) when giving the core away cost it more than 1 ms twice within 10 ms:
 *   another thread computes there.
 * - `park`: sleeps until the connector's doorbell; least CPU.
 */
export type WaitStrategy = 'spin' | 'yield' | 'adaptive' | 'park';

/** How a bot waits, in detail; the name of a strategy alone takes the defaults. */
export interface WaitOptions {
  /** Default `adaptive`. */
  readonly strategy?: WaitStrategy;
  /**
   * Adaptive: how long to spin before yielding, ns. Default 20 000. `LiveClient` does not spin: its
   * bot gives the core to the thread that it works for.
   */
  readonly spinNs?: number;
  /** Adaptive: how long to yield before parking when little comes, ns. Default 100 000. */
  readonly yieldNs?: number;
  /**
   * Adaptive: the mean pause between events, ns, up to which the bot stays awake (and uses the time of its core that no
   * other thread wants); pauses within `spinNs` + `yieldNs` do not count. It begins to stay awake at seven eighths of
   * that, and ends at nine eighths, or after a pause four times as long. 0 turns this off. Default 3 000 000.
   */
  readonly yieldMaxNs?: number;
  /** Longest sleep while parked without a doorbell (upstream connector), ns. Default 50 000. */
  readonly parkNs?: number;
  /**
   * While parked, the thread allows itself only the core from which the connector's doorbell woke it
   * the last two times, unless the connector had slept itself: to be switched to there takes a few
   * microseconds, to wake an idle core tens of them. As soon as it is awake it may run where it
   * could before. It does not do so where it had a single core (`taskset`), when a wake-up came more
   * than 200 µs late (not for the next second), when its handlers took longer than 200 µs (not for
   * the next sleep), while `adaptive` stays awake between events, or when the connector has a
   * real-time policy. Linux only. `false` leaves all of it to the kernel. Default `true`.
   */
  readonly shareCore?: boolean;
}

const KEYS = knownKeys<WaitOptions>({
  strategy: true,
  spinNs: true,
  yieldNs: true,
  yieldMaxNs: true,
  parkNs: true,
  shareCore: true,
});
const STRATEGIES: readonly string[] = ['spin', 'yield', 'adaptive', 'park'];

function durationNs(value: number | undefined, preset: number, name: string): number {
  if (value === undefined) return preset;
  if (!Number.isSafeInteger(value) || value < 0 || value > 1e9) {
    invalid(`wait.${name}`, value, 'must be a whole number of ns from 0 to 1e9');
  }
  return value;
}

function flag(value: boolean | undefined, preset: boolean, name: string): boolean {
  return value === undefined ? preset : checkBoolean(value, `wait.${name}`);
}

/**
 * Wait options with the defaults filled in.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong value, or an unknown name.
 */
export function resolveWait(wait: WaitOptions | WaitStrategy = {}): Required<WaitOptions> {
  const options = typeof wait === 'string' ? { strategy: wait } : checkKeys(wait, KEYS, 'wait');
  const strategy = options.strategy ?? 'adaptive';
  if (!STRATEGIES.includes(strategy)) {
    invalid('wait.strategy', strategy, `must be one of ${STRATEGIES.join(', ')}`);
  }
  return {
    strategy,
    spinNs: durationNs(options.spinNs, 20_000, 'spinNs'),
    yieldNs: durationNs(options.yieldNs, 100_000, 'yieldNs'),
    yieldMaxNs: durationNs(options.yieldMaxNs, 3_000_000, 'yieldMaxNs'),
    parkNs: durationNs(options.parkNs, 50_000, 'parkNs'),
    shareCore: flag(options.shareCore, true, 'shareCore'),
  };
}
