import type { LinkState } from './link-state.js';

/** The link with a connector changed. Immutable. */
export interface LinkChange {
  readonly type: 'link';
  readonly state: LinkState;
  /** Index of the connector's first instrument, or of the one whose feed is meant. */
  readonly asset: number;
  readonly symbol: string;
  readonly connector: string;
  /** Boot epoch of the connector's run, 0n when unknown. */
  readonly epoch: bigint;
}
