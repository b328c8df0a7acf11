/** Messages were lost between a connector and the bot. Immutable. */
export interface GapNotice {
  readonly type: 'gap';
  /** Index of an instrument of the connector. */
  readonly asset: number;
  readonly symbol: string;
  /** How many messages were lost. */
  readonly lost: number;
}
