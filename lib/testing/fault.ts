/** A fault of the connector, its venue or the clock, from a moment of a test on. Made by {@link faults}. */
export type Fault =
  | { readonly kind: 'gap' }
  | { readonly kind: 'stale'; readonly forMs: number; readonly symbol: string | undefined }
  | { readonly kind: 'reject'; readonly code: number; readonly text: string }
  | { readonly kind: 'unknown'; readonly forMs: number }
  | { readonly kind: 'late_fill'; readonly forMs: number }
  | { readonly kind: 'disconnect'; readonly forMs: number }
  | { readonly kind: 'clock_jump'; readonly byMs: number };

/** Code of the exchange for "busy, try again". */
const SYSTEM_BUSY = 9001;

/** Faults on command, for {@link TestKit.at} and {@link TestKit.onOrder}. */
export const faults = Object.freeze({
  /**
   * The next messages of the connector are lost: the book is `gapped` and fetched again, with positions and
   * open orders.
   */
  gap: (): Fault => ({ kind: 'gap' }),
  /**
   * The venue's feed is silent and the book `stale`, so that orders are denied.
   *
   * @param forMs - How long, virtual ms.
   * @param symbol - Default: the first instrument.
   */
  stale: (forMs: number, symbol?: string): Fault => ({ kind: 'stale', forMs, symbol }),
  /**
   * The venue rejects the next new order.
   *
   * @param code - Default: that of a busy exchange.
   */
  reject: (code: number = SYSTEM_BUSY, text = 'the test rejects this order'): Fault => ({
    kind: 'reject',
    code,
    text,
  }),
  /**
   * The next new order reaches the venue, but no report of it comes: neither that it rests, nor its fills,
   * nor a position. Then everything is reported.
   *
   * @param forMs - How long, virtual ms.
   */
  unknown: (forMs: number): Fault => ({ kind: 'unknown', forMs }),
  /**
   * The next fill of any order is reported late, with its position and what follows of that order.
   *
   * @param forMs - How late, virtual ms.
   */
  lateFill: (forMs: number): Fault => ({ kind: 'late_fill', forMs }),
  /**
   * The connections with the venue are lost and come back: books are `disconnected`, new orders denied,
   * cancels and changes rejected (3207). Open orders go on at the venue; what happened to them is reported
   * afterwards.
   *
   * @param forMs - How long, virtual ms.
   */
  disconnect: (forMs: number): Fault => ({ kind: 'disconnect', forMs }),
  /**
   * The wall clock is set: `ctx.nowNs` and the times of events jump. Waits, timers and latencies do not
   * notice.
   *
   * @param byMs - Below 0: back.
   */
  clockJump: (byMs: number): Fault => ({ kind: 'clock_jump', byMs }),
});
