import type { OrdersKind } from '../../models/orders-kind.js';
import type { StateLine } from './state-line.js';

/** A connection of a connector with its venue. */
export interface SocketView extends StateLine {
  /** `public` (market data), `private` (the account), `trade` (order requests), or a source's own word. */
  readonly name: string;
}

/** One connector, or another source of data. */
export interface ConnectorView extends StateLine {
  readonly name: string;
  /** `undefined` when unknown. */
  readonly pid: number | undefined;
  /** Age of its last sign of life in ms, `undefined` when it gives none. */
  readonly heartbeatAgeMs: number | undefined;
  /** What becomes of orders there; `unknown` when it does not say, `none` for market data only. */
  readonly orders: OrdersKind;
  /** The venue's environment that orders are for; '' where there is none. */
  readonly environment: string;
  /** Its version, '' when unknown. */
  readonly version: string;
  /** Its connections with the venue, as far as it has reported any. */
  readonly sockets: readonly SocketView[];
  /** Restarts since the program was started. */
  readonly restarts: number;
  /** When it was restarted last, Unix ms; `undefined` when it was not. */
  readonly lastRestartMs: number | undefined;
}
