import { HftError } from '../models/hft-error.js';
import { invalid } from '../models/invalid.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { COMPOSITE_NAMES } from './composite-feed.js';
import type { Feed } from './feed.js';
import type { FeedMember, RelayedNotice } from './feed-member.js';
import type { FeedEventMap } from './feed-notice.js';
import {
  SwitchableFeed,
  type SwitchableFeedOptions,
  type SwitchOptions,
} from './switchable-feed.js';

/** When `FailoverFeed` switches; every figure is a part of its hysteresis. */
export interface FailoverOptions extends SwitchableFeedOptions {
  /** How long the active feed must be disconnected or stale before another takes over. Default 3 000. */
  readonly failAfterMs?: number;
  /** How long a better one must be well without a break before it takes over again. Default 30 000. */
  readonly recoverAfterMs?: number;
  /** Shortest time between two switches. Default 10 000. */
  readonly minDwellMs?: number;
  /** How often health is looked at. Default 250. */
  readonly checkIntervalMs?: number;
  /** Pause before a feed that gave up is started again. Default 30 000. */
  readonly restartAfterMs?: number;
}

const KEYS = knownKeys<FailoverOptions>({
  ...COMPOSITE_NAMES,
  failAfterMs: true,
  recoverAfterMs: true,
  minDwellMs: true,
  checkIntervalMs: true,
  restartAfterMs: true,
});

const SWITCH_KEYS = knownKeys<Pick<SwitchOptions, 'reason'>>(
  { reason: true },
  { keep: 'All feeds of a FailoverFeed stay.' },
);

interface Watch {
  /** Since when it is well, or is not; ms of `performance.now()`. */
  sinceMs: number;
  well: boolean;
  restartAtMs: number;
}

/**
 * A primary feed and its backups, best first, all of them connected. When the active one is
 * disconnected or stale for `failAfterMs` the best one that is well takes over; a better one takes
 * over again once it was well for `recoverAfterMs`. A feed is stale by its own `staleAfterMs`: set
 * that near `failAfterMs` on lively symbols.
 */
export class FailoverFeed extends SwitchableFeed {
  readonly #limits: Required<Omit<FailoverOptions, keyof SwitchableFeedOptions>>;
  /** Best first: the order in which they were given. */
  readonly #ranked: readonly FeedMember[];
  readonly #watches = new Map<FeedMember, Watch>();
  #timer: NodeJS.Timeout | undefined;
  #switchedAtMs = -Infinity;
  #failovers = 0;

  /** @throws HftError `ERR_INVALID_ARGUMENT` for no backup, two of one name, or a wrong option. */
  constructor(primary: Feed, backups: readonly Feed[], options: FailoverOptions = {}) {
    super([primary, ...backups], { ...options, name: options.name ?? 'failover' }, KEYS);
    if (backups.length === 0)
      throw new HftError('ERR_INVALID_ARGUMENT', 'backups: give at least one feed.');
    this.#limits = {
      failAfterMs: options.failAfterMs ?? 3_000,
      recoverAfterMs: options.recoverAfterMs ?? 30_000,
      minDwellMs: options.minDwellMs ?? 10_000,
      checkIntervalMs: options.checkIntervalMs ?? 250,
      restartAfterMs: options.restartAfterMs ?? 30_000,
    };
    for (const [name, value] of Object.entries(this.#limits)) {
      if (!(value >= 0 && value < 2 ** 31))
        invalid(name, value, 'must be a number of ms from 0 on');
    }
    this.#ranked = this.members;
  }

  /** How often another feed took over because the active one was not well. */
  get failovers(): number {
    return this.#failovers;
  }

  /**
   * Makes one of its feeds the active one by hand; all stay. The rules go on from there.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` for a feed that is none of its own, or an unknown option.
   */
  override async switchTo(next: Feed, options: Pick<SwitchOptions, 'reason'> = {}): Promise<void> {
    checkKeys(options, SWITCH_KEYS, '');
    if (!this.feeds.includes(next))
      throw new HftError('ERR_INVALID_ARGUMENT', `feed: ${next.name} is none of ${this.name}.`);
    await super.switchTo(next, { ...options, keep: true });
    this.#switchedAtMs = performance.now();
  }

  /** @internal */
  override onNotice<K extends RelayedNotice>(
    name: K,
    notice: FeedEventMap[K],
    member: FeedMember,
  ): void {
    super.onNotice(name, notice, member);
    if (this.#timer !== undefined && name !== 'error') this.#look();
  }

  /** @internal */
  protected override onStart(): void {
    super.onStart();
    const nowMs = performance.now();
    for (const member of this.#ranked)
      this.#watches.set(member, { sinceMs: nowMs, well: false, restartAtMs: Infinity });
    clearInterval(this.#timer);
    this.#timer = setInterval(
      () => {
        this.#look();
      },
      Math.max(1, this.#limits.checkIntervalMs),
    );
  }

  /** @internal */
  protected override onStop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const nowMs = performance.now();
    for (const member of this.#ranked) this.#update(member, nowMs);
    if (nowMs - this.#switchedAtMs < this.#limits.minDwellMs) return;
    const { activeMember } = this;
    const active = this.#watches.get(activeMember);
    if (active === undefined) return;
    const isFailed = !active.well && nowMs - active.sinceMs >= this.#limits.failAfterMs;
    const better = this.#ranked.slice(0, this.#ranked.indexOf(activeMember));
    const candidates = isFailed ? this.#ranked.filter((one) => one !== activeMember) : better;
    const neededMs = isFailed ? 0 : this.#limits.recoverAfterMs;
    const next = candidates.find((member) => {
      const watch = this.#watches.get(member);
      return watch?.well === true && nowMs - watch.sinceMs >= neededMs;
    });
    if (next === undefined) return;
    this.#switchedAtMs = nowMs;
    if (isFailed) this.#failovers += 1;
    const why = activeMember.feed.health.connected ? 'stale' : 'disconnected';
    const from = activeMember.feed.name;
    this.activate(next, isFailed ? `${from} is ${why}` : `${next.feed.name} is well again`);
  }

  #update(member: FeedMember, nowMs: number): void {
    const watch = this.#watches.get(member);
    if (watch === undefined) return;
    const { connected, stale, state } = member.feed.health;
    const well = connected && !stale;
    if (well !== watch.well) {
      watch.well = well;
      watch.sinceMs = nowMs;
    }
    if (state !== 'failed') {
      watch.restartAtMs = Infinity;
      return;
    }
    if (watch.restartAtMs === Infinity) watch.restartAtMs = nowMs + this.#limits.restartAfterMs;
    if (nowMs < watch.restartAtMs) return;
    watch.restartAtMs = Infinity;
    // It reports its own failure by its notices.
    member.feed.start().catch(() => undefined);
  }
}
