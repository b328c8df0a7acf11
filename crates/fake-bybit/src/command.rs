//! What can be asked of a running venue.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    category::Category,
    fault::{CutPoint, End, ReplyRule, Socket},
};

/// Whose order a placed order is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// The client's account: a foreign order, seen on the private socket and over REST.
    Account,
    /// Somebody else: seen in the book and in trades only.
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
    /// The book as the exchange has it now: `{bids:[[px,qty]…],asks,seq}`, best first.
    Book {
        /// Category.
        #[serde(default = "linear")]
        category: Category,
        /// Symbol.
        symbol: String,
        /// Levels of each side; 0: all.
        #[serde(default)]
        depth: usize,
    },
    /// The book as the stream of a depth has told it last, with its `u`.
    Published {
        /// Category.
        #[serde(default = "linear")]
        category: Category,
        /// Symbol.
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
    Set {
        /// Field to value.
        settings: Map<String, Value>,
    },
    /// Changes the named [`Faults`](crate::Faults) of a kind of socket.
    Faults {
        /// Kind of socket.
        socket: Socket,
        /// Field to value.
        faults: Map<String, Value>,
    },
    /// Ends all faults, waiting cuts and reply rules; settings stay.
    ClearFaults,
    /// Ends open connections now.
    Cut {
        /// Kind of socket; `None`: all.
        #[serde(default)]
        socket: Option<Socket>,
        /// How.
        #[serde(default)]
        end: End,
    },
    /// Adds a cut that waits for its point.
    CutAt(CutPoint),
    /// Adds an answer that is not what it should be.
    Reply(ReplyRule),
    /// Sends a frame to every open connection of a kind, as it is.
    Inject {
        /// Kind of socket.
        socket: Socket,
        /// The text. With `hex` or `size`, not used.
        #[serde(default)]
        text: String,
        /// Payload bytes in hex, which need not be UTF-8.
        #[serde(default)]
        hex: Option<String>,
        /// A JSON string of about so many bytes.
        #[serde(default)]
        size: Option<usize>,
        /// As a binary frame.
        #[serde(default)]
        binary: bool,
    },
    /// Loses so many next deltas of a book topic (`u` goes on).
    Gap {
        /// Category.
        #[serde(default = "linear")]
        category: Category,
        /// Symbol.
        symbol: String,
        /// Depth of the topic.
        depth: usize,
        /// How many.
        #[serde(default = "one")]
        count: u32,
    },
    /// Service restart: a snapshot with `u` = 1 on all book topics of a symbol, or on one.
    Restart {
        /// Category.
        #[serde(default = "linear")]
        category: Category,
        /// Symbol.
        symbol: String,
        /// Depth; `None`: all.
        #[serde(default)]
        depth: Option<usize>,
        /// The frame says `delta` (its data is complete all the same).
        #[serde(default)]
        as_delta: bool,
    },
    /// A snapshot in the middle of the stream.
    Snapshot {
        /// Category.
        #[serde(default = "linear")]
        category: Category,
        /// Symbol.
        symbol: String,
        /// Depth of the topic.
        depth: usize,
    },
    /// A delta that crosses the book: a bid two ticks above the best ask. `u` is right; only a
    /// snapshot repairs it.
    Cross {
        /// Category.
        #[serde(default = "linear")]
        category: Category,
        /// Symbol.
        symbol: String,
        /// Depth of the topic.
        depth: usize,
    },
    /// A delta that deletes a level that does not exist.
    DeleteAbsent {
        /// Category.
        #[serde(default = "linear")]
        category: Category,
        /// Symbol.
        symbol: String,
        /// Depth of the topic.
        depth: usize,
    },
    /// Places an order that the client did not send; answers `{orderId}`.
    Place {
        /// Category.
        #[serde(default = "linear")]
        category: Category,
        /// Symbol.
        symbol: String,
        /// `Buy` or `Sell`.
        side: String,
        /// Quantity.
        qty: String,
        /// Price; `None`: a market order.
        #[serde(default)]
        price: Option<String>,
        /// `GTC`, `IOC`, `FOK` or `PostOnly`.
        #[serde(default = "gtc")]
        time_in_force: String,
        /// Whose.
        #[serde(default)]
        owner: Owner,
        /// Link id (owner `account`).
        #[serde(default)]
        order_link_id: String,
        /// 0, 1 or 2 (owner `account`).
        #[serde(default)]
        position_idx: u8,
    },
    /// Cancels an order of the account as if somebody else had asked for it.
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
        /// Symbol.
        symbol: String,
        /// Rate, a fraction of the value; positive: longs pay.
        rate: f64,
    },
    /// Sends old private messages again: the last `count` of a topic.
    Replay {
        /// `order`, `execution`, `position` or `wallet`.
        topic: String,
        /// How many.
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
