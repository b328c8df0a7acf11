import { invalid } from '../models/invalid.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { COMPOSITE_NAMES, CompositeFeed, type CompositeOptions } from './composite-feed.js';
import type { Feed } from './feed.js';
import type { FeedEvent } from './feed-event.js';
import type { FeedConnectorHealth } from './feed-health.js';
import type { FeedMember, RelayedNotice } from './feed-member.js';
import type { FeedEventMap } from './feed-notice.js';
import { ReorderBuffer, type ReorderCounts } from './reorder-buffer.js';

/** Options of `MergedFeed`. */
export interface MergedFeedOptions extends CompositeOptions {
  /**
   * Longest time that an event is held for an earlier one of another source, ms. Default 50; 0
   * passes each event at once.
   */
  readonly windowMs?: number;
  /** Most events held. Default 65 536. */
  readonly maxHeld?: number;
}

const KEYS = knownKeys<MergedFeedOptions>({ ...COMPOSITE_NAMES, windowMs: true, maxHeld: true });

/**
 * Several feeds as one, in the order of the exchange times. `source` names on each event where it
 * came from, and each source's books are books of their own.
 *
 * An event waits until every connected source has reported something later, and `windowMs` at most. What
 * comes later than that is reported at once, out of order, and counted: `order.late`. The venues'
 * clocks are taken as they are.
 */
export class MergedFeed extends CompositeFeed {
  readonly #buffer: ReorderBuffer;
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = Infinity;

  /** @throws HftError `ERR_INVALID_ARGUMENT` for no feed, two of one name, or a wrong option. */
  constructor(feeds: readonly Feed[], options: MergedFeedOptions = {}) {
    super('merged', feeds, checkKeys(options, KEYS, ''));
    const { windowMs = 50, maxHeld = 65_536 } = options;
    if (!(windowMs >= 0 && windowMs <= 60_000))
      invalid('windowMs', windowMs, 'must be from 0 to 60000');
    if (!Number.isInteger(maxHeld) || maxHeld < 1)
      invalid('maxHeld', maxHeld, 'must be a whole number from 1 on');
    this.#buffer = new ReorderBuffer({ windowMs, maxHeld }, (event) => {
      this.pass(event);
    });
  }

  /** What the reordering did so far. */
  get order(): ReorderCounts {
    return this.#buffer.counts;
  }

  /** @internal */
  override onEvent(event: FeedEvent, member: FeedMember): void {
    this.#buffer.push(event, this.members.indexOf(member), performance.now());
    this.#schedule();
  }

  /** @internal */
  override room(): Promise<void> | undefined {
    return this.hub.room();
  }

  /** @internal */
  override onNotice<K extends RelayedNotice>(
    name: K,
    notice: FeedEventMap[K],
    member: FeedMember,
  ): void {
    const source = this.members.indexOf(member);
    if (name === 'connected') this.#buffer.join(source);
    if (name === 'disconnected') this.#buffer.leave(source, performance.now());
    super.onNotice(name, notice, member);
  }

  /** @internal */
  protected override onStop(): void {
    clearTimeout(this.#timer);
    this.#timerDueMs = Infinity;
    this.#buffer.flush();
  }

  /** @internal */
  protected override summary(): ReturnType<CompositeFeed['summary']> {
    const healths = this.feeds.map((feed) => feed.health);
    const all = healths.map((health) => health.connectorHealth);
    const union = (pick: (of: FeedConnectorHealth) => readonly string[]): string[] => [
      ...new Set(all.flatMap(pick)),
    ];
    const sum = (pick: (of: FeedConnectorHealth) => number): number =>
      all.reduce((total, of) => total + pick(of), 0);
    return {
      connected: healths.some(({ connected }) => connected),
      stale: healths.every(({ stale, connected }) => stale || !connected),
      reconnectionAttempts: Math.max(...healths.map((of) => of.reconnectionAttempts)),
      lastError: healths.map(({ lastError }) => lastError).find((text) => text !== '') ?? '',
      connectorHealth: Object.freeze({
        connected: all.some(({ connected }) => connected),
        subscribedTrades: union((of) => of.subscribedTrades),
        subscribedDepth: union((of) => of.subscribedDepth),
        eventCounter: sum((of) => of.eventCounter),
        queueSize: sum((of) => of.queueSize) + this.#buffer.counts.held,
        dropped: sum((of) => of.dropped),
        details: { ...this.#buffer.counts },
      }),
    };
  }

  #schedule(): void {
    const dueMs = this.#buffer.nextDueMs;
    if (dueMs === undefined || dueMs >= this.#timerDueMs) return;
    clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(
      () => {
        this.#timerDueMs = Infinity;
        this.#buffer.release(performance.now());
        this.#schedule();
      },
      Math.max(0, Math.ceil(dueMs - performance.now())),
    );
  }
}
