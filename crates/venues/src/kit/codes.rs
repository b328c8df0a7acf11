//! Numbers of rejects and notices of this crate. The exchange's own begin at 1001, see
//! `hbl_exchange::Reject`. A venue's own codes are passed on as they are; numbers of one venue only
//! stand in its folder.

/// True for what hinders a request now and not for long: the same request may be taken a moment later.
#[must_use]
pub const fn is_passing(code: i64) -> bool {
    matches!(
        code,
        REQUEST_UNCONFIRMED | RATE_LIMITED | NOT_CONNECTED | NOT_READY | CLOCK_OFF | GATE_REFUSED
    )
}

/// The symbol was not registered by this bot, or is not known.
pub const SYMBOL_UNKNOWN: i64 = 3001;
/// Tick or lot size differ from those of the symbol.
pub const SIZE_MISMATCH: i64 = 3002;
/// A tick or lot size that is not a positive number.
pub const SIZE_INVALID: i64 = 3003;
/// Side, type or time in force that hftbacktest marks as unsupported.
pub const ORDER_UNSUPPORTED: i64 = 3004;
/// The bot has an open order of this id.
pub const ORDER_ID_EXISTS: i64 = 3005;
/// No order of this bot has this id.
pub const ORDER_UNKNOWN: i64 = 3006;
/// The order has ended.
pub const ORDER_ENDED: i64 = 3007;
/// Notice: the recording is at its end.
pub const END_OF_DATA: i64 = 3101;
/// Notice: depth messages are missing in the recording.
pub const FEED_GAP: i64 = 3102;
/// Notice: a recording starts again.
pub const RESTARTED: i64 = 3103;
/// Notice: a part of a recording cannot be read.
pub const UNREADABLE: i64 = 3130;
/// Notice: some recorded quantities are finer than the lot size of the bot.
pub const FINER_THAN_LOT: i64 = 3131;
/// Notice: the connector stops.
pub const STOPPING: i64 = 3104;
/// Notice: more arrived from the network than could be taken in; a connection was given up.
pub const INBOX_OVERFLOW: i64 = 3105;
/// This connector takes no orders: paper trading is not there for this venue, or there is no key.
pub const ORDERS_OFF: i64 = 3106;
/// A command line of the standard input cannot be understood.
pub const COMMAND_UNREADABLE: i64 = 3107;
/// More symbols wait for the venue's instruments than are kept.
pub const TOO_MANY_WAITING: i64 = 3108;
/// Notice: the book of a symbol is not synced yet; the symbol is marked stale.
pub const BOOK_MISSING: i64 = 3109;
/// The state of an order is unknown: the connector does not know the account's orders. Bots report it
/// as a notice about their open orders.
pub const ORDERS_UNKNOWN: i64 = 3110;
/// The connector stops: the order or amendment was not sent.
pub const STOPS: i64 = 3120;
/// Notice: the connector ends, and the order stays open at the venue.
pub const LEFT_OPEN: i64 = 3121;
/// The order was still waiting to be sent when its cancellation came: it was not sent, and will not be.
pub const CANCELLED_UNSENT: i64 = 3122;
/// The deadline of the order or change was over before it could be sent.
pub const TOO_LATE: i64 = 3123;
/// The bot is read-only and may not trade.
pub const READ_ONLY: i64 = 3124;
/// The order was meant for another destination than this connector's: the bot began on paper, for
/// instance, and orders are real here.
pub const ELSEWHERE: i64 = 3111;
/// Orders are real here, and whether the upstream bot that sent this one was started for real orders of
/// this venue is not known; it was not sent.
pub const BOT_NOT_MET: i64 = 3114;
/// The book of the symbol is not live, which the upstream bot that sent the order cannot see; it was not
/// sent.
pub const BOOK_NOT_LIVE: i64 = 3115;
/// The position in the symbol is not known to the upstream bot that sent the order; it was not sent.
pub const POSITION_NOT_SENT: i64 = 3116;
/// The venue ended the order before it was open; the text is its reason.
pub const VENUE_REJECTED: i64 = 3201;
/// The venue ended an open order by itself; the text is its reason.
pub const VENUE_ENDED: i64 = 3202;
/// The order was sent, its fate was unknown, and the venue does not have it.
pub const NEVER_ARRIVED: i64 = 3203;
/// An open order is not at the venue any more, and nothing at the venue reports its end.
pub const LOST: i64 = 3204;
/// A cancellation or amendment may not have arrived; the order is open as before.
pub const REQUEST_UNCONFIRMED: i64 = 3205;
/// The rate limit would delay the request past its deadline; it was not sent.
pub const RATE_LIMITED: i64 = 3206;
/// There is no trade connection; the request was not sent.
pub const NOT_CONNECTED: i64 = 3207;
/// The venue is not known well enough yet: open orders and positions are being compared with it, or it
/// could not judge a registration in time. The request was not sent; it may be sent again.
pub const NOT_READY: i64 = 3208;
/// The clock differs too much from the venue's, or is not compared yet; the request was not sent.
pub const CLOCK_OFF: i64 = 3209;
/// Price or quantity cannot be written on the instrument's grid.
pub const OFF_GRID: i64 = 3210;
/// The venue refused a topic.
pub const TOPIC_REFUSED: i64 = 3211;
/// A message could not be read.
pub const FRAME_UNREADABLE: i64 = 3212;
/// The venue refused the key. Unless the text says otherwise there is public data only until it is
/// tried again.
pub const AUTH_REFUSED: i64 = 3213;
/// An execution came after the end of its order was reported; the position is right.
pub const LATE_FILL: i64 = 3214;
/// An order of this type or time in force cannot be sent to this venue.
pub const UNSUPPORTED: i64 = 3215;
/// An order of a previous session is left alone, as `on_connect` asks.
pub const UNFOLLOWED_ORDER: i64 = 3216;
/// An order of a previous session is cancelled, as `on_connect` asks.
pub const EARLIER_CANCELLED: i64 = 3217;
/// A list of the account is longer than what is read of it; the text says which.
pub const LIST_CUT: i64 = 3218;
/// The venue's gate refused a request or this address (HTTP 401, 403, 404).
pub const GATE_REFUSED: i64 = 3219;
/// The venue has changed an instrument: new orders of it are rejected until it is registered with what
/// it is now. Sent as a notice, and as the reason of each order that is rejected.
pub const INSTRUMENT_CHANGED: i64 = 3220;
/// The instrument is again as it was registered: orders are accepted.
pub const INSTRUMENT_AS_BEFORE: i64 = 3221;
/// A position is not known; the last position that bots got may be out of date.
pub const POSITION_UNKNOWN: i64 = 3222;
/// An execution lies between two ticks of its order, which was made with another tick; it is reported at
/// the nearest one.
pub const PRICE_ROUNDED: i64 = 3223;
/// Notice: another connector that runs now uses this order prefix on this account.
pub const PREFIX_SHARED: i64 = 3224;
/// Another connector that runs now uses this order prefix on this account: new orders and changes are not
/// sent, nor are cancellations of its orders. Also the notice that this machine has such a connector.
pub const ACCOUNT_SHARED: i64 = 3225;
/// Notice: an order is of a run that is not known to be over; it is followed and not cancelled.
pub const RUN_UNKNOWN: i64 = 3226;
/// Notice: it could not be written down that this run is one of this machine.
pub const RUN_UNRECORDED: i64 = 3227;
