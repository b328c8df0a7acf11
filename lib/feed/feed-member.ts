import type { Feed } from './feed.js';
import type { FeedEvent } from './feed-event.js';
import type { FeedEventMap, FeedHandler } from './feed-notice.js';

/** Notices of a member that its owner passes on. */
export type RelayedNotice =
  'connected' | 'disconnected' | 'reconnecting' | 'error' | 'stale' | 'live' | 'state';

const RELAYED: readonly RelayedNotice[] = [
  ...(['connected', 'disconnected', 'reconnecting'] as const),
  ...(['error', 'stale', 'live', 'state'] as const),
];

/** What the owner of a member does with what comes from it. */
export interface MemberOwner {
  onEvent(event: FeedEvent, member: FeedMember): void;
  onNotice<K extends RelayedNotice>(name: K, notice: FeedEventMap[K], member: FeedMember): void;
  /** Makes the member wait while a consumer of the owner blocks. */
  room(member: FeedMember): Promise<void> | undefined;
}

/** A feed behind another one, read by handlers. */
export class FeedMember {
  readonly feed: Feed;
  readonly #owner: MemberOwner;
  readonly #notices: readonly [RelayedNotice, FeedHandler<RelayedNotice>][];
  readonly #onEvent = (event: FeedEvent): void => {
    this.#owner.onEvent(event, this);
  };
  readonly #gate = (): Promise<void> | undefined => this.#owner.room(this);

  constructor(feed: Feed, owner: MemberOwner) {
    this.feed = feed;
    this.#owner = owner;
    this.#notices = RELAYED.map((name) => [
      name,
      (notice): void => {
        owner.onNotice(name, notice, this);
      },
    ]);
    feed.on('trade', this.#onEvent).on('depth', this.#onEvent);
    for (const [name, handler] of this.#notices) feed.on(name, handler);
    feed.hub.addGate(this.#gate);
  }

  /** Nothing comes from it any more. */
  detach(): void {
    this.feed.off('trade', this.#onEvent).off('depth', this.#onEvent);
    for (const [name, handler] of this.#notices) this.feed.off(name, handler);
    this.feed.hub.removeGate(this.#gate);
  }
}
