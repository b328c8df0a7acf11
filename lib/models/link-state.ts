/** What happened to the link with a connector; `LinkStatus` as text. */
export const LinkState = {
  /** The connector has not been seen yet. */
  Waiting: 'waiting',
  Connected: 'connected',
  /** The connector died, stopped or went silent. */
  Lost: 'lost',
  /** Another run of the connector took over; the instruments were registered again. */
  Restarted: 'restarted',
  /** The connector's own link with its venue is down. */
  VenueDown: 'venue_down',
  VenueUp: 'venue_up',
  /** The venue's feed of the instrument is stale. */
  FeedStale: 'feed_stale',
  FeedLive: 'feed_live',
  /** One of the connector's connections with its venue is lost; `LinkChange.socket` says which. */
  SocketDown: 'socket_down',
  /** That connection can be used again. */
  SocketUp: 'socket_up',
} as const;
export type LinkState = (typeof LinkState)[keyof typeof LinkState];

const BY_CODE: readonly LinkState[] = [
  'waiting',
  'connected',
  'lost',
  'restarted',
  'venue_down',
  'venue_up',
  'feed_stale',
  'feed_live',
  'socket_down',
  'socket_up',
];

/** State of a `LinkStatus` number; `waiting` for numbers it does not know. */
export function linkStateFromCode(code: number): LinkState {
  return BY_CODE[code] ?? 'waiting';
}

/** True when the connector is there: connected, restarted, or only its venue has trouble. */
export function isLinkUp(state: LinkState): boolean {
  return state !== 'waiting' && state !== 'lost';
}
