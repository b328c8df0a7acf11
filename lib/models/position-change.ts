/** The position changed, or was reported by the connector. Immutable. */
export interface PositionChange {
  readonly type: 'position';
  /** Index of the instrument in the bot. */
  readonly asset: number;
  readonly symbol: string;
  /** Signed: above 0 long, below 0 short. NaN: it is not known any more. */
  readonly qty: number;
  /** Exchange time, Unix ns; 0n when the connector does not report it. */
  readonly exchTsNs: bigint;
}
