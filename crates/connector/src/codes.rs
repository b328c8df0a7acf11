//! Numbers of what the connector itself refuses or tells. The exchange's own begin at 1001, see
//! `hbl_exchange::Reject`.

use hbl_wire::Severity;

use crate::venues::binancefutures::codes as binance;
use crate::venues::bybit::codes as bybit;

/// How much a notice of this number matters; what is not listed is a warning.
#[must_use]
pub const fn severity(code: i64) -> Severity {
    match code {
        binance::CONFIG_IGNORED => Severity::Info,
        END_OF_DATA | RESTARTED | STOPPING => Severity::Info,
        bybit::EARLIER_CANCELLED => Severity::Info,
        bybit::AUTH_REFUSED | bybit::TOPIC_REFUSED | binance::STREAM_REFUSED => Severity::Error,
        _ => Severity::Warning,
    }
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
/// Notice: the venue has not sent the whole book of a symbol yet; the symbol is marked stale.
pub const BOOK_MISSING: i64 = 3109;
/// The state of an order is unknown: the connector does not know the account's orders. Bots tell it
/// as a notice about their open orders.
pub const ORDERS_UNKNOWN: i64 = 3110;
/// The venue could not judge the registration in time; register again.
pub const NOT_READY: i64 = 3208;
