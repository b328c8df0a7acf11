import type { NoticeSeverity } from './notice-severity.js';

/**
 * What a connector reports that no other event carries: a fill that came late, a message that could
 * not be read, a refused key. The numbers are in `docs/guide/connector-reference.md`. Immutable.
 */
export interface ConnectorNotice {
  readonly type: 'notice';
  readonly severity: NoticeSeverity;
  /** Number of the connector, or of the venue where it passes on the venue's words. */
  readonly code: number;
  /** What is the matter, in words. */
  readonly text: string;
  readonly connector: string;
  /** Index of the order's instrument; without an order an instrument of the connector. */
  readonly asset: number;
  readonly symbol: string;
  /** The order that it concerns, `undefined` when it concerns none. */
  readonly orderId: bigint | undefined;
}
