//! The order that a request is about, as the bot names it.

use hftbacktest::types::Order;

/// An order as a bot names it.
#[derive(Clone, Copy)]
pub(super) struct NamedOrder<'a> {
    pub(super) bot: u64,
    pub(super) symbol: &'a str,
    pub(super) order_id: u64,
    /// The bot's copy of it, where the request carries one.
    pub(super) held: Option<&'a Order>,
}

impl<'a> NamedOrder<'a> {
    pub(super) const fn new(
        bot: u64,
        symbol: &'a str,
        order_id: u64,
        held: Option<&'a Order>,
    ) -> Self {
        Self {
            bot,
            symbol,
            order_id,
            held,
        }
    }
}
