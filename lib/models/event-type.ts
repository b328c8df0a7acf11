/**
 * What an event of the public API tells. The `type` field of every event object holds one of
 * these strings, so a `switch` over it narrows the type.
 */
export const EventType = {
  /** A {@link Trade} on the venue. hftbacktest: `LOCAL_{BUY,SELL}_TRADE_EVENT` (kind 2). */
  Trade: 'trade',
  /** A {@link BookUpdate}: one level changed. hftbacktest: `LOCAL_{BID,ASK}_DEPTH_EVENT` (kind 1). */
  BookUpdate: 'book_update',
  /** A {@link DepthSnapshot}: the book as it stands. */
  Snapshot: 'snapshot',
  /** An {@link OrderResponse}: the state of an own order. */
  Order: 'order',
  /** A {@link PositionChange}. */
  Position: 'position',
  /** A {@link ConnectorError}. */
  Error: 'error',
  /** A {@link LinkChange}: a connector came, went or restarted. */
  Link: 'link',
  /** A {@link BalanceChange}. */
  Balance: 'balance',
  /** A {@link ConnectorNotice}. */
  Notice: 'notice',
  /** A {@link GapNotice}: messages were lost. */
  Gap: 'gap',
  /** The book is cleared and not trusted until `book_ready`. */
  BookReset: 'book_reset',
  /** A whole book was applied. */
  BookReady: 'book_ready',
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];
