/**
 * Numbers that say how an order ended by its own terms, without having been refused. 2001 to 2005 are the
 * exchange's (post-only that would take, FOK, IOC, self-trade), 3202 those of a venue that ends an
 * order by itself.
 */
const OWN_ENDS: ReadonlySet<number> = new Set([2001, 2002, 2003, 2004, 2005, 3202]);

/** Whether an order that comes with this number expired, rather than being refused. */
export function isOwnEnd(code: number): boolean {
  return OWN_ENDS.has(code);
}
