/**
 * Connector or venue did not do what was asked for about an order, or an order ended by its own terms.
 * Immutable. The outcome of a request, no error of the connector.
 */
export interface OrderReject {
  readonly type: 'reject';
  /** The order; `undefined` for a cancel-all of the instrument that could not be done. */
  readonly orderId: bigint | undefined;
  /** Index of the instrument in the bot. */
  readonly asset: number;
  readonly symbol: string;
  /** Number of the venue or connector; below 0 for what the bot itself concluded. */
  readonly code: number;
  /** In words, '' when there are none. */
  readonly text: string;
  /**
   * True for an order that ended by its own terms: post-only that would have taken, IOC or FOK remainder.
   * It was not refused.
   */
  readonly ownEnd: boolean;
}
