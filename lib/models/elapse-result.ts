/**
 * Why a wait ended. hftbacktest's numbers: Ok 0, EndOfData 1, MarketFeed 2, OrderResponse 3.
 *
 * hftbacktest returns `ok` both for a time-out and for what came inside a batch, so `ok` does not
 * say that nothing happened: `Bot.waitBatch` does.
 */
export const ElapseResult = {
  /** The time is over, or a batch was applied. */
  Ok: 'ok',
  /** No more events will come: interrupted, or the stub reached its last feed. */
  EndOfData: 'end_of_data',
  /** A feed event arrived. */
  MarketFeed: 'market_feed',
  /** An order response arrived. */
  OrderResponse: 'order_response',
} as const;
export type ElapseResult = (typeof ElapseResult)[keyof typeof ElapseResult];

const BY_CODE: readonly ElapseResult[] = ['ok', 'end_of_data', 'market_feed', 'order_response'];

/** Result of hftbacktest's number; `null` when the number is an error instead. */
export function elapseResultFromCode(code: number): ElapseResult | null {
  return BY_CODE[code] ?? null;
}
