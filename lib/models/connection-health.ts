import type { LinkState } from './link-state.js';
import type { OrdersKind } from './orders-kind.js';

/** State of one connector as a bot sees it. Immutable. */
export interface ConnectionHealth {
  readonly connector: string;
  readonly state: LinkState;
  /** True when the connector is there; its venue may still be down. */
  readonly connected: boolean;
  /** True when it has a control channel: amend, cancel-all, heartbeat and doorbell. */
  readonly controlChannel: boolean;
  /** True when it reports the account's balances. */
  readonly balances: boolean;
  /** Boot epoch of the connector's run, 0n when unknown. Decimal text in JSON. */
  readonly epoch: bigint;
  /** Process id of the connector, `undefined` when unknown. */
  readonly pid: number | undefined;
  /** Version text of the connector, '' when unknown. */
  readonly version: string;
  /** Age of its last heartbeat in ms, `undefined` when it has none. */
  readonly heartbeatAgeMs: number | undefined;
  /** What becomes of orders there; `unknown` when it does not say. */
  readonly orders: OrdersKind;
  /**
   * The venue's environment that orders are for: `mainnet`, `testnet`, `demo`, `custom` (addresses
   * of one's own), `simulated`, `recorded`; `unknown` when it does not say.
   */
  readonly environment: string;
  /**
   * False while orders would go elsewhere than at first: they are denied until the program agrees
   * (`agreeOrders`).
   */
  readonly ordersAgreed: boolean;
}
