//! Numbers of what this venue tells beside the venue's own codes, which are passed on as they are.

/// The venue ended the order before it was open; the text is its reason.
pub const VENUE_REJECTED: i64 = 3201;
/// The venue ended an open order by itself; the text is its reason.
pub const VENUE_ENDED: i64 = 3202;
/// The order was sent, its fate was unknown, and the venue does not have it.
pub const NEVER_ARRIVED: i64 = 3203;
/// An open order is not at the venue any more, and its end is not told anywhere.
pub const LOST: i64 = 3204;
/// A cancellation or amendment may not have arrived; the order is open as before.
pub const REQUEST_UNCERTAIN: i64 = 3205;
/// The rate limit would delay the request past its deadline; it was not sent.
pub const RATE_LIMITED: i64 = 3206;
/// There is no trade connection; the request was not sent.
pub const NOT_CONNECTED: i64 = 3207;
/// Open orders and positions are being compared with the venue; the request was not sent.
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
/// An execution came after the end of its order was told; the position is right.
pub const LATE_FILL: i64 = 3214;
/// An order of this type or time in force cannot be sent to this venue.
pub const UNSUPPORTED: i64 = 3215;
/// An order of an earlier run is left alone, as `on_connect` asks.
pub const UNFOLLOWED_ORDER: i64 = 3216;
/// An order of an earlier run is cancelled, as `on_connect` asks.
pub const EARLIER_CANCELLED: i64 = 3217;
/// A list of the account is longer than what is read of it; the text says which.
pub const LIST_CUT: i64 = 3218;
/// The venue's gate refused a request or this address (HTTP 401, 403, 404).
pub const GATE_REFUSED: i64 = 3219;
