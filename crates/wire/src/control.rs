//! The control channel: what hftbacktest's protocol has no message for.

use bincode::{Decode, Encode};

use crate::{Capabilities, codec::clip};

/// From a bot to our connector.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum ControlRequest {
    /// Change price and quantity of an open order.
    Amend {
        symbol: String,
        order_id: u64,
        /// New price in ticks.
        price_tick: i64,
        /// New total quantity, what was filled included.
        qty: f64,
    },
    /// Cancel every open order of this bot on a symbol.
    CancelAll { symbol: String },
    /// Report what has become of an order. The bot asks when the answer to a registration did not name it,
    /// or when the connector did not know it in a request. The connector answers with the state of the order
    /// on the main services, or with [`ControlEvent::OrderFate`].
    AskOrder {
        symbol: String,
        order_id: u64,
        /// When the bot sent the order, Unix nanoseconds; 0 when the order was reported since.
        sent_ts: i64,
        /// The bot sent the order to this run of the connector, before this question.
        to_this_run: bool,
    },
}

impl ControlRequest {
    /// The capability that a connector needs for it, and what it is in words.
    pub(crate) const fn needs(&self) -> (Capabilities, &'static str) {
        match self {
            Self::Amend { .. } => (Capabilities::AMEND, "modify"),
            Self::CancelAll { .. } => (Capabilities::CANCEL_ALL, "cancel-all"),
            Self::AskOrder { .. } => (Capabilities::ASK_ORDER, "questions about orders"),
        }
    }
}

/// Money of the connector's account: one coin of it, or the account as a whole.
///
/// Amounts are in units of the coin, or for the whole account in the currency that the venue
/// accounts in (US dollars at Bybit); NaN for what the venue does not report.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Balance {
    /// Name of the coin, at most [`COIN_BYTES_MAX`] bytes; empty for the account as a whole.
    pub coin: String,
    /// Wallet balance and unrealised profit.
    pub equity: f64,
    /// Deposits, realised profit and fees.
    pub wallet_balance: f64,
    /// What new orders can be backed with.
    pub available: f64,
    /// Held for positions and open orders.
    pub initial_margin: f64,
    /// Below this equity the venue closes positions.
    pub maintenance_margin: f64,
    /// Profit of open positions at the mark price, negative is a loss.
    pub unrealised_pnl: f64,
    /// When the amounts were so, exchange time, Unix nanoseconds.
    pub exch_ts: i64,
}

/// A connection of the connector with its venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[repr(u8)]
pub enum VenueSocket {
    /// Market data.
    Public = 1,
    /// The account: orders, executions, positions, wallet.
    Private = 2,
    /// Order entry.
    Trade = 3,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[repr(u8)]
pub enum Severity {
    /// Nothing is wrong.
    Info = 0,
    /// Something is not as it should be, and is being dealt with.
    Warning = 1,
    /// Something does not work and will not by itself. It is sent as an error too.
    Error = 2,
}

/// What a connector can say of an order of which it has no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[repr(u8)]
pub enum OrderFate {
    /// The connector follows it, and the venue has not answered yet.
    Pending = 0,
    /// It never reached this run of the connector, to which the bot sent it: it was not sent to the venue.
    NotReceived = 1,
    /// It is not open and cannot reach the venue any more; how it ended is not known.
    Gone = 2,
    /// The connector does not know it, and it may be open all the same.
    Unknown = 3,
    /// It is known, with executions that the bot may have missed: the answer to the next registration
    /// reports them in their order.
    Found = 4,
}

/// From our connector to bots. What explains an order update is sent before it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum ControlEvent {
    /// A request about an order was refused.
    Reject {
        symbol: String,
        order_id: u64,
        /// The venue's or the exchange's code.
        code: i64,
        /// What the code means, in words.
        text: String,
    },
    /// The connector lost its venue.
    VenueDown {
        /// The reason in words.
        text: String,
    },
    /// The connector has its venue again.
    VenueUp,
    /// The venue's feed of a symbol is stale: silent, broken or unreadable.
    FeedStale { symbol: String },
    /// The venue's feed of a symbol is live again.
    FeedLive { symbol: String },
    /// A registration was refused (unknown symbol, wrong tick or lot size).
    RegisterRefused {
        symbol: String,
        /// A stable number: docs/guide/connector-reference.md lists them.
        code: i64,
        /// What is wrong, in words.
        text: String,
        /// Tick and lot size that the symbol has, where the connector knows them.
        sizes: Option<(f64, f64)>,
    },
    /// What a bot must know that no other event carries.
    Notice {
        severity: Severity,
        /// A stable number: docs/guide/connector-reference.md lists them.
        code: i64,
        /// Symbol of the order that it concerns; empty when it concerns none.
        symbol: String,
        /// The order that it concerns; meaningless without a symbol.
        order_id: u64,
        /// What is the matter, in words.
        text: String,
    },
    /// A balance of the account, when it changed and with the answer to a registration.
    Balance(Balance),
    /// A connection with the venue was lost, or can be used again.
    Socket {
        socket: VenueSocket,
        /// True when it can be used.
        up: bool,
        /// Why it was lost, empty when it is up.
        text: String,
    },
    /// The connector does not know the orders and the position of the account: what the answer to a
    /// registration does not name may be open all the same. Sent before such an answer.
    OrdersUnknown {
        /// Why, and what to do.
        text: String,
    },
    /// The connector knows the orders and the position of the account. Sent before answers, and to all bots
    /// when it is so again.
    OrdersKnown,
    /// What is known of an order of which the connector has no state to report: the answer to
    /// [`ControlRequest::AskOrder`]. Before the answer to a registration it names each order of the bot that
    /// is [`OrderFate::Pending`].
    OrderFate {
        symbol: String,
        order_id: u64,
        fate: OrderFate,
        /// Why, and what to do; empty where the fate says it all.
        text: String,
    },
}

/// Bytes kept of a text.
const TEXT_BYTES_MAX: usize = 200;

/// Bytes kept of a coin's name.
pub const COIN_BYTES_MAX: usize = 32;

impl ControlEvent {
    /// The event with its text cut to what a slot holds.
    pub(crate) fn clipped(&self) -> Self {
        let mut event = self.clone();
        match &mut event {
            Self::Reject { text, .. }
            | Self::VenueDown { text }
            | Self::RegisterRefused { text, .. }
            | Self::Notice { text, .. }
            | Self::Socket { text, .. }
            | Self::OrderFate { text, .. }
            | Self::OrdersUnknown { text } => {
                *text = clip(text, TEXT_BYTES_MAX).to_owned();
            }
            Self::Balance(balance) => {
                balance.coin = clip(&balance.coin, COIN_BYTES_MAX).to_owned();
            }
            Self::VenueUp | Self::FeedStale { .. } | Self::FeedLive { .. } | Self::OrdersKnown => {}
        }
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{MAX_MESSAGE_BYTES, decode_owned, encode};
    use crate::service::SLOT_BYTES;

    fn balance(coin: &str) -> ControlEvent {
        ControlEvent::Balance(Balance {
            coin: coin.to_owned(),
            equity: 9_999.96,
            wallet_balance: 9_999.88,
            available: f64::NAN,
            initial_margin: 60.2,
            maintenance_margin: 3.1,
            unrealised_pnl: -0.084,
            exch_ts: i64::MAX,
        })
    }

    #[test]
    fn the_longest_texts_fit_a_slot_once_they_are_clipped() {
        let long = "\u{e9}".repeat(400);
        let symbol = "S".repeat(128);
        let events = [
            balance(&long),
            ControlEvent::Socket {
                socket: VenueSocket::Trade,
                up: false,
                text: long.clone(),
            },
            ControlEvent::Notice {
                severity: Severity::Error,
                code: i64::MIN,
                symbol,
                order_id: u64::MAX,
                text: long.clone(),
            },
            ControlEvent::RegisterRefused {
                symbol: "S".repeat(128),
                code: i64::MIN,
                text: long.clone(),
                sizes: Some((1e-7, 1e9)),
            },
            ControlEvent::OrderFate {
                symbol: "S".repeat(128),
                order_id: u64::MAX,
                fate: OrderFate::Unknown,
                text: long,
            },
        ];
        for event in events {
            let mut slot = [0; SLOT_BYTES];
            let len = encode(&event.clipped(), &mut slot).expect("fits");
            assert!(len <= MAX_MESSAGE_BYTES, "{len} bytes: {event:?}");
            let read: ControlEvent = decode_owned(&slot, len).expect("decodes");
            // NaN differs from itself, its text does not.
            assert_eq!(format!("{read:?}"), format!("{:?}", event.clipped()));
        }
    }

    #[test]
    fn a_coin_is_cut_at_a_character_and_a_short_one_is_kept() {
        let coin_of = |event: ControlEvent| match event.clipped() {
            ControlEvent::Balance(balance) => balance.coin,
            other => panic!("{other:?}"),
        };
        assert_eq!(coin_of(balance("USDT")), "USDT");
        assert_eq!(coin_of(balance("")), "");
        assert_eq!(
            coin_of(balance(&format!("a{}", "\u{e9}".repeat(16)))).len(),
            31
        );
    }
}
