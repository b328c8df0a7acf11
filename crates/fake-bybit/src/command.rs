//! Commands to a running venue.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    category::Category,
    fault::{CutPoint, End, ReplyRule, Socket},
    garble::Garble,
    listing::Listing,
};

/// Owner of an order that a command places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// The client's account: a foreign order, seen on the private socket and over REST.
    Account,
    /// Another account: seen in the book and in trades only.
    #[default]
    Other,
}

/// A command; the JSON form is `{"cmd":"cut","socket":"private"}` and the like. Fields that name a
/// market are `category` (default linear) and `symbol`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(
    tag = "cmd",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Command {
    /// Everything below `truth`, without books: orders, positions, executions, wallet.
    Truth,
    /// The record that tests compare with, free of all faults: `{requests, orders, logins, nowUs}`. Every
    /// order request with its time, arguments and true code; every order with each state and the time of
    /// its end (`endedUs`, null while it is open); every private and trade connection from its login to
    /// its end (`untilUs`, null while it is open). Times are Unix µs of this machine.
    Journal,
    /// The book as the exchange has it now: `{bids:[[px,qty]…],asks,seq}`, best first.
    Book {
        #[serde(default = "linear")]
        category: Category,
        symbol: String,
        /// Levels of each side; 0: all.
        #[serde(default)]
        depth: usize,
    },
    /// The book as last published on the stream of a depth, with its `u`.
    Published {
        #[serde(default = "linear")]
        category: Category,
        symbol: String,
        /// 1, 50, 200 or 1000.
        depth: usize,
    },
    /// Open connections, with login state and topics.
    Connections,
    /// What was counted since the start: connects, logins, subscribes, pings, orders, REST calls.
    Counters,
    /// Switches and faults as they are.
    State,
    /// Changes the named [`Settings`](crate::Settings).
    Set { settings: Map<String, Value> },
    /// Changes the named [`Faults`](crate::Faults) of a kind of socket.
    Faults {
        socket: Socket,
        faults: Map<String, Value>,
    },
    /// Ends all faults, waiting cuts, reply rules and garbled fields; settings and listings stay.
    ClearFaults,
    /// Ends open connections now.
    Cut {
        /// Kind of socket; `None`: all.
        #[serde(default)]
        socket: Option<Socket>,
        #[serde(default)]
        end: End,
    },
    /// Adds a cut that waits for its point.
    CutAt(CutPoint),
    /// Adds a rule that falsifies answers.
    Reply(ReplyRule),
    /// Adds a field that is replaced in private items as they are sent.
    Garble(Garble),
    /// Changes how the venue lists an instrument.
    Listing {
        #[serde(default = "linear")]
        category: Category,
        symbol: String,
        /// The new listing; absent fields are as configured.
        listing: Listing,
    },
    /// Sends a frame to every open connection of a kind, as it is.
    Inject {
        socket: Socket,
        /// The text. With `hex` or `size`, not used.
        #[serde(default)]
        text: String,
        /// Payload bytes in hex, which need not be UTF-8.
        #[serde(default)]
        hex: Option<String>,
        /// Sends a JSON string of about this many bytes.
        #[serde(default)]
        size: Option<usize>,
        /// As a binary frame.
        #[serde(default)]
        binary: bool,
    },
    /// Loses this many of the next deltas of a book topic; `u` goes on.
    Gap {
        #[serde(default = "linear")]
        category: Category,
        symbol: String,
        depth: usize,
        #[serde(default = "one")]
        count: u32,
    },
    /// Service restart: a snapshot with `u` = 1 on all book topics of a symbol, or on one.
    Restart {
        #[serde(default = "linear")]
        category: Category,
        symbol: String,
        /// `None`: topics of every depth.
        #[serde(default)]
        depth: Option<usize>,
        /// The frame says `delta` (its data is complete all the same).
        #[serde(default)]
        as_delta: bool,
    },
    /// A snapshot in the middle of the stream.
    Snapshot {
        #[serde(default = "linear")]
        category: Category,
        symbol: String,
        depth: usize,
    },
    /// A delta that crosses the book: a bid two ticks above the best ask. `u` is right; only a
    /// snapshot repairs it.
    Cross {
        #[serde(default = "linear")]
        category: Category,
        symbol: String,
        depth: usize,
    },
    /// A delta that deletes a level that does not exist.
    DeleteAbsent {
        #[serde(default = "linear")]
        category: Category,
        symbol: String,
        depth: usize,
    },
    /// Places an order that the client did not send; answers `{orderId}`.
    Place {
        #[serde(default = "linear")]
        category: Category,
        symbol: String,
        /// `Buy` or `Sell`.
        side: String,
        qty: String,
        /// Price; `None`: a market order.
        #[serde(default)]
        price: Option<String>,
        /// `GTC`, `IOC`, `FOK` or `PostOnly`.
        #[serde(default = "gtc")]
        time_in_force: String,
        #[serde(default)]
        owner: Owner,
        /// Only for an order of owner `account`.
        #[serde(default)]
        order_link_id: String,
        /// 0, 1 or 2 (owner `account`).
        #[serde(default)]
        position_idx: u8,
    },
    /// Cancels an order of the account as if another client of the account had sent the request.
    CancelOrder {
        /// `orderId` or `orderLinkId`.
        id: String,
    },
    /// Cancels what `place` has put in the book for others.
    CancelOthers,
    /// Others trade through to an open order of the account and fill it.
    Fill {
        /// `orderId` or `orderLinkId`.
        id: String,
        /// Quantity; `None`: all that is open.
        #[serde(default)]
        qty: Option<String>,
    },
    /// A funding payment for the position of a symbol: an `execution` that touches no order.
    Funding {
        symbol: String,
        /// Rate, a fraction of the value; positive: longs pay.
        rate: f64,
    },
    /// Sends old private messages again: the last `count` of a topic.
    Replay {
        /// `order`, `execution`, `position` or `wallet`.
        topic: String,
        #[serde(default = "one")]
        count: u32,
    },
}

const fn linear() -> Category {
    Category::Linear
}

const fn one() -> u32 {
    1
}

fn gtc() -> String {
    "GTC".into()
}
