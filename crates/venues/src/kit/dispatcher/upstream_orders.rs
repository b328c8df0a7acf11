//! Orders of hftbacktest's own bots that are not sent because of what these bots cannot see: where orders
//! go, whether the book is live, and whether the position is known. Cancellations always pass.

use hbl_wire::VenueSocket;

use super::Dispatcher;
use crate::kit::bot_publisher::{BotMessage, BotPublisher};
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::order_registry::OwnerState;
use crate::kit::venue::Venue;

impl<V: Venue + ?Sized> Dispatcher<V> {
    /// Changes whether orders of upstream bots are refused while the book is not live. Default true. Other
    /// bots see the state of the book and judge for themselves.
    pub fn require_live_book(&mut self, is_required: bool) {
        self.upstream.needs_live_book = is_required;
    }

    /// A bot is served a symbol and has no position of it yet.
    pub(super) fn owe_position<O: BotPublisher>(&mut self, bot: u64, index: u32, out: &O) {
        if self.venue.keeps_orders() && out.owner_state(bot) == OwnerState::Upstream {
            self.upstream.without_position.insert((bot, index));
        }
    }

    /// A bot was sent the position of a symbol.
    pub(super) fn position_sent(&mut self, bot: u64, index: u32) {
        self.upstream.without_position.remove(&(bot, index));
    }

    /// All bots were sent the position of a symbol.
    pub(super) fn position_sent_to_all(&mut self, index: u32) {
        self.upstream
            .without_position
            .retain(|(_, symbol)| *symbol != index);
    }

    /// Sends positions that were not known when their bots registered.
    pub(super) fn send_owed_positions<O: BotPublisher>(&mut self, now: Now, out: &mut O) {
        if self.upstream.without_position.is_empty() || self.venue.orders_unknown().is_some() {
            return;
        }
        let venue = &self.venue;
        let owed = self.upstream.without_position.iter().copied();
        let owed = owed.filter_map(|(bot, index)| Some((bot, index, venue.position(index)?)));
        let owed: Vec<_> = owed.collect();
        for (bot, index, position) in owed {
            let name = self.name(index);
            // The answer to its registration has the position.
            if !self.waiting.has(bot, &name) {
                self.position_sent(bot, index);
                self.send(bot, BotMessage::Position(&name, position, now.unix_ns), out);
            }
        }
    }

    /// Why an order of this bot for this symbol is not sent; `None`: it is, or the bot is none of
    /// hftbacktest's.
    pub(super) fn blindness<O: BotPublisher>(
        &self,
        bot: u64,
        index: u32,
        out: &O,
    ) -> Option<(i64, String)> {
        if out.owner_state(bot) != OwnerState::Upstream {
            return None;
        }
        let name = self.name(index);
        if self.upstream.needs_live_book
            && let Some(why) = self.not_live(index)
        {
            let text = format!(
                "not sent: the book of {name} is not live ({why}); send it again when it is"
            );
            return Some((codes::BOOK_NOT_LIVE, text));
        }
        let is_unanswered =
            !self.registered.contains(&(bot, index)) || self.waiting.has(bot, &name);
        let is_unsent = is_unanswered || self.upstream.without_position.contains(&(bot, index));
        if self.venue.keeps_orders() && (is_unsent || self.venue.position(index).is_none()) {
            let text = format!(
                "not sent: the position in {name} is not known, and this bot would read 0 or an old one; it is sent to the bot once it is known"
            );
            return Some((codes::POSITION_NOT_SENT, text));
        }
        None
    }

    /// Why the book of a symbol cannot be relied on; `None`: it can.
    fn not_live(&self, index: u32) -> Option<&'static str> {
        let lost = self.trouble.sockets.get(&VenueSocket::Public);
        if lost.is_some_and(Option::is_some) {
            Some("the connection for market data is lost")
        } else if self.trouble.stale.contains(&index) {
            Some("its feed is stale")
        } else if !self.venue.is_book_synced(index) {
            Some("it is not whole yet")
        } else {
            None
        }
    }
}
