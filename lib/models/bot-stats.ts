/** Counters of a bot since its construction. Immutable. */
export interface BotStats {
  /** Messages received for this bot. */
  readonly received: number;
  /** Messages lost between connectors and this bot. */
  readonly lost: number;
  /** Occasions on which messages were lost. */
  readonly gaps: number;
  /** Messages that could not be decoded (foreign or damaged bytes). */
  readonly decodeErrors: number;
  /** Messages for a symbol that this bot did not register. */
  readonly unknownSymbols: number;
  /** Records of market data that did not fit into the batch buffer and were dropped from it. */
  readonly tapOverflow: number;
  /** Re-registrations after a loss or a restart. */
  readonly resyncs: number;
  /** Times the bot slept in the kernel. */
  readonly parks: number;
}
