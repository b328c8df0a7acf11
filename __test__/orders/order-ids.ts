/** Ids of a plan's orders count from here. */
const FIRST_ID = 1_000n;

/** The id of a plan's order. */
export function idOf(order: number): bigint {
  return FIRST_ID + BigInt(order);
}
