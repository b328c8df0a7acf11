//! What a bot asks of a connector, whichever channel it came on.

use hftbacktest::types::{LiveRequest, Order, Status};

use crate::ControlRequest;

/// What a bot asks of a connector.
#[derive(Clone, Debug)]
pub enum Request {
    /// Send the state of a symbol, and its events from now on.
    Register {
        bot: u64,
        symbol: String,
        /// The step of prices that the bot assumes.
        tick_size: f64,
        /// The step of quantities that the bot assumes.
        lot_size: f64,
    },
    /// Open an order.
    Submit {
        bot: u64,
        symbol: String,
        /// The order as the bot holds it.
        order: Order,
    },
    /// Cancel an order.
    Cancel {
        bot: u64,
        symbol: String,
        order_id: u64,
        /// The order as the bot holds it, with this request pending; `None` where the bot did not send it.
        held: Option<Box<Order>>,
    },
    /// Change an order's price and total quantity.
    Amend {
        bot: u64,
        symbol: String,
        order_id: u64,
        /// New price in ticks.
        price_tick: i64,
        /// New total quantity, what was filled included.
        qty: f64,
    },
    /// Cancel all of the bot's orders on a symbol.
    CancelAll { bot: u64, symbol: String },
    /// Report what has become of an order, see [`ControlRequest::AskOrder`].
    AskOrder {
        bot: u64,
        symbol: String,
        order_id: u64,
        /// When the bot sent the order, Unix nanoseconds; 0 when the order was reported since.
        sent_ts: i64,
        /// The bot sent the order to this run of the connector.
        to_this_run: bool,
    },
    /// A new or changed order that was meant for another [`Destination`](crate::Destination) than this
    /// connector's.
    Elsewhere {
        bot: u64,
        symbol: String,
        order_id: u64,
        /// The order as the bot holds it; `None` for an amendment.
        order: Option<Order>,
    },
}

impl Request {
    /// A request of hftbacktest's protocol; `None` for an order without a request to open or cancel it.
    pub(crate) fn of_main(bot: u64, request: LiveRequest) -> Option<Self> {
        Some(match request {
            LiveRequest::Order { symbol, order } => match order.req {
                Status::New => Self::Submit { bot, symbol, order },
                Status::Canceled => Self::Cancel {
                    bot,
                    symbol,
                    order_id: order.order_id,
                    held: Some(Box::new(order)),
                },
                _ => return None,
            },
            LiveRequest::RegisterInstrument {
                symbol,
                tick_size,
                lot_size,
            } => Self::Register {
                bot,
                symbol,
                tick_size,
                lot_size,
            },
        })
    }

    /// A request of the control channel.
    pub(crate) fn of_control(bot: u64, request: ControlRequest) -> Self {
        match request {
            ControlRequest::Amend {
                symbol,
                order_id,
                price_tick,
                qty,
            } => Self::Amend {
                bot,
                symbol,
                order_id,
                price_tick,
                qty,
            },
            ControlRequest::CancelAll { symbol } => Self::CancelAll { bot, symbol },
            ControlRequest::AskOrder {
                symbol,
                order_id,
                sent_ts,
                to_this_run,
            } => Self::AskOrder {
                bot,
                symbol,
                order_id,
                sent_ts,
                to_this_run,
            },
        }
    }

    /// The request of a bot that meant another destination: new and changed orders become
    /// [`Request::Elsewhere`]; whatever else it asks for is safe, and stays.
    pub(crate) fn meant_elsewhere(self) -> Self {
        match self {
            Self::Submit { bot, symbol, order } => Self::Elsewhere {
                bot,
                symbol,
                order_id: order.order_id,
                order: Some(order),
            },
            Self::Amend {
                bot,
                symbol,
                order_id,
                ..
            } => Self::Elsewhere {
                bot,
                symbol,
                order_id,
                order: None,
            },
            other => other,
        }
    }
}
