/** A price level. Immutable. */
export interface BookLevel {
  readonly price: number;
  /** Quantity at the price; 0 when the level is gone. */
  readonly qty: number;
}
