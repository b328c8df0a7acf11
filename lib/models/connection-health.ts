import type { LinkState } from './link-state.js';

/** State of one connector as a bot sees it. Immutable. */
export interface ConnectionHealth {
  readonly connector: string;
  readonly state: LinkState;
  /** True when the connector is there; its venue may still be down. */
  readonly connected: boolean;
  /** True when it offers amend, cancel-all, heartbeat and doorbell. */
  readonly sideChannel: boolean;
  /** True when it tells the account's balances. */
  readonly balances: boolean;
  /** Boot epoch of the connector's run, 0n when unknown. */
  readonly epoch: bigint;
  /** Process id of the connector, `null` when unknown. */
  readonly pid: number | null;
  /** Version text of the connector, '' when unknown. */
  readonly version: string;
  /** Age of its last heartbeat in ms, `null` when it has none. */
  readonly heartbeatAgeMs: number | null;
}
