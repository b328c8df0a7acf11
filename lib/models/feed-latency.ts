/** Times of the last feed event of an instrument, Unix ns. */
export interface FeedLatency {
  readonly exchTsNs: bigint;
  /** When the connector received it. */
  readonly localTsNs: bigint;
}

/** Times of the last order response of an instrument, Unix ns. */
export interface OrderLatency {
  /** When the request was made. */
  readonly reqTsNs: bigint;
  readonly exchTsNs: bigint;
  /** When the bot received the response. */
  readonly respTsNs: bigint;
}
