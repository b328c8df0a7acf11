/** hftbacktest's numbers of the states of orders, as they stand in records; see `OrderStatus`. */
export const WireStatus = {
  None: 0,
  New: 1,
  Expired: 2,
  Filled: 3,
  Canceled: 4,
  PartiallyFilled: 5,
  Rejected: 6,
  Replaced: 7,
} as const;
