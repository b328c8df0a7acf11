/** Code of the bot's own conclusion that an order is proven to have ended, and how is not known. */
export const BOT_GONE = -1;
/** Code of the bot's own conclusion that the order's state cannot be known (yet): it may be open. */
export const BOT_CANNOT_TELL = -2;
/** Code of the bot's own conclusion that the order was never sent to the venue. */
export const BOT_NOT_SENT = -3;

/** Codes of a connector that does not know an order, or the account's orders: about a request. */
export const NOT_KNOWN: ReadonlySet<number> = new Set([3006, 3110]);
