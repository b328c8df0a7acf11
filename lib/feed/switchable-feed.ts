import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys, type KnownKeys } from '../models/known-keys.js';
import { BookMirror } from './book-mirror.js';
import { COMPOSITE_NAMES, CompositeFeed, type CompositeOptions } from './composite-feed.js';
import type { Feed } from './feed.js';
import type { FeedEvent } from './feed-event.js';
import { FeedMember, type RelayedNotice } from './feed-member.js';
import type { FeedEventMap } from './feed-notice.js';

/** Options of `SwitchableFeed`. */
export type SwitchableFeedOptions = CompositeOptions;

/** How `switchTo` exchanges the source. */
export interface SwitchOptions {
  /** The present one stands by instead of being stopped. Default false. */
  readonly keep?: boolean;
  /** Stands in the `source` notice. Default `switchTo`. */
  readonly reason?: string;
}

const KEYS = knownKeys(COMPOSITE_NAMES);
const SWITCH_KEYS = knownKeys<SwitchOptions>({ keep: true, reason: true });

/**
 * A feed whose source can be exchanged while it runs: consumers keep their handlers and queues, get
 * a `source` notice, and each book whole (`snapshot: true`) before its changes. Around a switch
 * trades may be missing or, where two sources are the same venue, be reported twice.
 */
export class SwitchableFeed extends CompositeFeed {
  readonly #mirrors = new Map<FeedMember, BookMirror>();
  #active: FeedMember;

  /**
   * @param feeds - The first one is active; the others stand by, connected.
   * @param known - Names that a class on top of this one has besides.
   * @throws HftError `ERR_INVALID_ARGUMENT` for no feed, two of one name, or an unknown option.
   */
  constructor(
    feeds: readonly Feed[],
    options: SwitchableFeedOptions = {},
    known: KnownKeys = KEYS,
  ) {
    super('switchable', feeds, checkKeys(options, known, ''));
    this.#active = this.members[0] as FeedMember;
  }

  /** The feed that feeds the consumers now. */
  get active(): Feed {
    return this.#active.feed;
  }

  /**
   * Exchanges the source. The new feed is started first; when it cannot be, the present one goes on.
   *
   * @param next - A feed, also one that stands by.
   * @throws HftError as `next.start()`; `ERR_INVALID_ARGUMENT` for another feed of a name in use.
   */
  async switchTo(next: Feed, options: SwitchOptions = {}): Promise<void> {
    checkKeys(options, SWITCH_KEYS, '');
    const known = this.members.find(({ feed }) => feed === next);
    if (known === this.#active) return;
    if (known === undefined && this.feeds.some(({ name }) => name === next.name))
      throw new HftError('ERR_INVALID_ARGUMENT', `feed: another one is named ${next.name}.`);
    const member = known ?? new FeedMember(next, this);
    this.members = [...this.members.filter((one) => one !== member), member];
    const isRunning = ['connecting', 'connected', 'reconnecting'].includes(this.state);
    try {
      if (isRunning) await next.start();
    } catch (error) {
      if (known === undefined) this.#remove(member);
      throw error;
    }
    const previous = this.#active;
    this.activate(member, options.reason ?? 'switchTo');
    if (options.keep === true) return;
    this.#remove(previous);
    await previous.feed.stop();
  }

  /** @internal */
  override onEvent(event: FeedEvent, member: FeedMember): void {
    if (event.type === 'depth') this.#mirror(member).apply(event);
    if (member === this.#active) this.pass(event);
  }

  /** @internal */
  override room(member: FeedMember): Promise<void> | undefined {
    return member === this.#active ? this.hub.room() : undefined;
  }

  /** @internal */
  override onNotice<K extends RelayedNotice>(
    name: K,
    notice: FeedEventMap[K],
    member: FeedMember,
  ): void {
    // The next connection reports every book whole.
    if (name === 'disconnected') this.#mirror(member).clear();
    super.onNotice(name, notice, member);
  }

  /** @internal */
  protected get activeMember(): FeedMember {
    return this.#active;
  }

  /** @internal */
  protected activate(member: FeedMember, reason: string): void {
    const previous = this.#active;
    if (member === previous) return;
    this.#active = member;
    const [from, to] = [previous.feed.name, member.feed.name];
    this.log.note('feed_source_changed', { previous: from, current: to, reason });
    this.emit('source', Object.freeze({ type: 'source', previous: from, current: to, reason }));
    this.refreshState();
    for (const book of this.#mirror(member).snapshots()) this.pass(book);
  }

  /** @internal */
  protected override onStart(): void {
    const current = this.active.name;
    this.emit(
      'source',
      Object.freeze({ type: 'source', previous: undefined, current, reason: 'start' }),
    );
  }

  /** @internal */
  protected override summary(): ReturnType<CompositeFeed['summary']> {
    return this.active.health;
  }

  #mirror(member: FeedMember): BookMirror {
    let mirror = this.#mirrors.get(member);
    if (mirror === undefined) {
      mirror = new BookMirror();
      this.#mirrors.set(member, mirror);
    }
    return mirror;
  }

  #remove(member: FeedMember): void {
    member.detach();
    this.#mirrors.delete(member);
    this.members = this.members.filter((one) => one !== member);
  }
}
