/** The position changed, or was told by the connector. Immutable. */
export interface PositionChange {
  readonly type: 'position';
  /** Index of the instrument in the bot. */
  readonly asset: number;
  readonly symbol: string;
  /** Signed: above 0 long, below 0 short. */
  readonly qty: number;
  /** Exchange time, Unix ns; 0n when the connector does not tell it. */
  readonly exchTsNs: bigint;
}
