/**
 * What an event of the public API reports. The `type` field of every event object holds one of
 * these strings, so a `switch` over it narrows the type. It is also the name that `client.on` takes,
 * and with `on` before it the handler of a strategy: `trade`, `on('trade', …)`, `onTrade`.
 */
export const EventType = {
  /** A {@link Trade} on the venue. hftbacktest: `LOCAL_{BUY,SELL}_TRADE_EVENT` (kind 2). */
  Trade: 'trade',
  /** A {@link BookUpdate}: all levels of a book that one batch changed. */
  BookUpdate: 'bookUpdate',
  /** A {@link LevelUpdate}: one level changed. hftbacktest: `LOCAL_{BID,ASK}_DEPTH_EVENT` (kind 1). */
  Level: 'level',
  /** A {@link DepthSnapshot}: the book as it stands. */
  Snapshot: 'snapshot',
  /** An {@link OrderResponse}: the state of an own order as venue or connector reported it. */
  ExecutionReport: 'executionReport',
  /** An `OrderUpdate`: what client or strategy made of reports, with the fill that one brought. */
  OrderUpdate: 'orderUpdate',
  /** A {@link PositionChange}. */
  Position: 'position',
  /** A {@link ConnectorError}. */
  Error: 'error',
  /** An {@link OrderReject}, of a low-level bot: what was asked for about an order was not done. */
  Reject: 'reject',
  /** A {@link LinkChange}: a connector came, went or restarted. */
  Link: 'link',
  /** A {@link BalanceChange}. */
  Balance: 'balance',
  /** A {@link ConnectorNotice}. */
  Notice: 'notice',
  /** A {@link GapNotice}: messages were lost. */
  Gap: 'gap',
  /** The book is cleared and not synced until `bookReady`. */
  BookReset: 'bookReset',
  /** A whole book was applied. */
  BookReady: 'bookReady',
  /** A {@link BookStateChange}: the book can be traded on from now on, or cannot any more. */
  BookState: 'bookState',
  /** A `ConnectionChange`: a connector, or its link with the venue, is gone. */
  ConnectionLost: 'connectionLost',
  /** A `ConnectionChange`: it is back. */
  ConnectionRestored: 'connectionRestored',
  /** A `ConnectorDeath`: the connector that the client started ended by itself. */
  ConnectorDied: 'connectorDied',
  /** A `ConnectorRestarted`: it runs again. */
  ConnectorRestarted: 'connectorRestarted',
  /** A `DroppedNotice`: events went unread. */
  Dropped: 'dropped',
  /** A `QueueAlarm`: a queue that may not drop holds more than its capacity. */
  Alarm: 'alarm',
  /** A `ThreadBlocked`: a handler, or other code of the program, did not return for long. */
  Blocked: 'blocked',
  /** A `HealthEvent`: periodic health. */
  Health: 'health',
  /** A `ClientStateChange`: the client's life went on. */
  State: 'state',
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];
