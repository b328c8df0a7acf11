import type { LinkState } from './link-state.js';
import type { VenueSocket } from './venue-socket.js';

/** The link with a connector, or one of the connector's links with its venue, changed. Immutable. */
export interface LinkChange {
  readonly type: 'link';
  readonly state: LinkState;
  /** Index of the connector's first instrument, or of the one whose feed is meant. */
  readonly asset: number;
  readonly symbol: string;
  readonly connector: string;
  /** Boot epoch of the connector's run, 0n when unknown or when the venue is meant. */
  readonly epoch: bigint;
  /** Which connection with the venue, for `socket_down` and `socket_up`; else `undefined`. */
  readonly socket: VenueSocket | undefined;
  /** Why the venue or a connection with it is down, '' where there is nothing to say. */
  readonly text: string;
}
