//! The dispatcher: passes requests of bots to the venue, and events of the venue to bots.
//!
//! One dispatcher serves one venue, on the bus thread. Invariants: a report of an order goes to its owner
//! only (to all bots for an upstream one), in the order of the venue's events; an order without a
//! report of the venue is never reported as ended; each request is answered or followed.

mod cancels;
mod left_order;
mod named_order;
mod orders;
mod publish;
mod registration;
mod stopping;
pub(crate) mod timeliness;
mod upstream_bots;
mod upstream_orders;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use hbl_wire::{
    Asked, Balance, ConnectorPort, ControlEvent, Request, TO_ALL, VenueSocket, WireError,
};
use hftbacktest::types::{Event, LiveError};
use tracing::warn;

use self::cancels::Cancels;
pub use self::left_order::LeftOrder;
use self::named_order::NamedOrder;
use self::upstream_bots::UpstreamBots;
use crate::kit::bot_publisher::{BotMessage, BotPublisher};
use crate::kit::clock::Now;
use crate::kit::notice::Notice;
use crate::kit::order_registry::{OrderRegistry, OwnerState};
use crate::kit::registrations::Registrations;
use crate::kit::venue::{Amendment, Reject, Venue, VenueEvent};

/// How long a registration waits for the venue to be able to judge it.
const REGISTER_WAIT_NS: u64 = 30_000_000_000;

/// How long the answer to a registration waits for the first synced book of its symbol. The answer
/// names the bot's orders too, so it does not wait for ever.
const BOOK_WAIT_NS: u64 = 5_000_000_000;

/// How long an order of a bot that names no deadline is good for, where the configuration says nothing.
const ORDER_DEADLINE_NS: u64 = 5_000_000_000;

/// A symbol that some bot registered.
struct Instrument {
    name: String,
    tick_size: f64,
    lot_size: f64,
    /// Until when answers wait for the first synced book, monotonic; `None`: they do not any more.
    book_wait_ns: Option<u64>,
}

/// Current faults, for bots that register later.
#[derive(Default)]
struct Trouble {
    /// Why the venue is down.
    down: Option<String>,
    /// The last reported state of each connection with the venue: why it is lost, `None` when it is up.
    sockets: BTreeMap<VenueSocket, Option<String>>,
    /// Symbols whose feed is stale.
    stale: BTreeSet<u32>,
    /// Symbols whose new orders are rejected, and why.
    suspended: BTreeMap<u32, Reject>,
    /// Why the login at the venue fails.
    login: Option<Notice>,
}

/// Connects a venue with the bots, without any waiting of its own.
pub struct Dispatcher<V: ?Sized> {
    venue: Box<V>,
    registry: OrderRegistry,
    /// By the venue's index.
    instruments: HashMap<u32, Instrument>,
    by_name: HashMap<String, u32>,
    bots: HashSet<u64>,
    /// Registered bots and symbols.
    registered: HashSet<(u64, u32)>,
    waiting: Registrations,
    register_wait_ns: u64,
    events: Vec<VenueEvent>,
    levels: Vec<Event>,
    balances: Vec<Balance>,
    trouble: Trouble,
    /// The venue did not know the account's orders when it was looked at last.
    orders_unknown: bool,
    cancels: Cancels,
    upstream: UpstreamBots,
    order_deadline_ns: u64,
    send_errors: u64,
}

impl<V: Venue + ?Sized> Dispatcher<V> {
    /// Starts without any bot.
    pub fn new(venue: V) -> Self
    where
        V: Sized,
    {
        Self::of(Box::new(venue))
    }

    /// Starts without any bot, on a venue in a box, whose type need not be known.
    pub fn of(venue: Box<V>) -> Self {
        Self {
            venue,
            registry: OrderRegistry::default(),
            instruments: HashMap::new(),
            by_name: HashMap::new(),
            bots: HashSet::new(),
            registered: HashSet::new(),
            waiting: Registrations::default(),
            register_wait_ns: REGISTER_WAIT_NS,
            events: Vec::with_capacity(4096),
            levels: Vec::new(),
            balances: Vec::new(),
            trouble: Trouble::default(),
            orders_unknown: false,
            cancels: Cancels::default(),
            upstream: UpstreamBots::default(),
            order_deadline_ns: ORDER_DEADLINE_NS,
            send_errors: 0,
        }
    }

    /// Changes how long a registration waits until the venue can judge it. Default 30 s.
    pub fn wait_for_registrations(&mut self, wait_ns: u64) {
        self.register_wait_ns = wait_ns;
    }

    /// The venue.
    pub fn venue(&self) -> &V {
        &self.venue
    }

    /// The venue.
    pub fn venue_mut(&mut self) -> &mut V {
        &mut self.venue
    }

    /// Messages that could not be sent, since the start.
    pub fn send_errors(&self) -> u64 {
        self.send_errors
    }

    /// True when a bot has ever registered.
    pub fn has_bots(&self) -> bool {
        !self.bots.is_empty()
    }

    /// Serves a request of a bot that was sent just now.
    pub fn handle<O: BotPublisher>(&mut self, now: Now, request: Request, out: &mut O) {
        self.handle_asked(now, request, Asked::received_at(now.mono_ns), out);
    }

    /// Serves one request of a bot. Orders and amendments past their deadline are rejected.
    pub fn handle_asked<O: BotPublisher>(
        &mut self,
        now: Now,
        request: Request,
        asked: Asked,
        out: &mut O,
    ) {
        match request {
            Request::Register {
                bot,
                symbol,
                tick_size,
                lot_size,
            } => {
                self.register(now, bot, &symbol, (tick_size, lot_size), out);
            }
            Request::Submit { bot, symbol, order } => {
                let deadline_ns = self.order_deadline(now, bot, &order, asked, out);
                self.submit(now, bot, &symbol, (&order, deadline_ns), out);
            }
            Request::Cancel {
                bot,
                symbol,
                order_id,
                held,
            } => {
                let named = NamedOrder::new(bot, &symbol, order_id, held.as_deref());
                if let Some((index, handle)) = self.open_order(now, &named, out) {
                    self.registry.ask_terms(handle, None);
                    self.cancels.requested(&[handle]);
                    self.venue.cancel(now, index, handle);
                }
            }
            Request::Amend {
                bot,
                symbol,
                order_id,
                price_tick,
                qty,
            } => {
                let deadline_ns = self.deadline(asked);
                let named = NamedOrder::new(bot, &symbol, order_id, None);
                if let Some((code, text)) = self.hindrance(now, bot, deadline_ns, out) {
                    self.send_reject(bot, &symbol, order_id, code, &text, true, out);
                } else if let Some((index, handle)) = self.open_order(now, &named, out) {
                    let change = Amendment {
                        handle,
                        price_tick,
                        qty,
                        deadline_ns,
                    };
                    self.amend(now, index, &change, out);
                }
            }
            Request::Elsewhere {
                bot,
                symbol,
                order_id,
                order,
            } => self.reject_elsewhere(now, bot, &symbol, order_id, order, out),
            Request::CancelAll { bot, symbol } => {
                self.cancel_all(now, bot, &symbol, out);
            }
            Request::AskOrder {
                bot,
                symbol,
                order_id,
                sent_ts,
                to_this_run,
            } => {
                let named = NamedOrder::new(bot, &symbol, order_id, None);
                self.answer_fate(now, &named, (sent_ts, to_this_run), out);
            }
        }
    }

    /// Sends what has happened at the venue up to now. Returns how many events there were.
    pub fn poll<O: BotPublisher>(&mut self, now: Now, out: &mut O) -> usize {
        let mut events = std::mem::take(&mut self.events);
        self.venue.poll(now, &mut events);
        let count = events.len();
        for event in events.drain(..) {
            self.publish(now, event, out);
        }
        self.events = events;
        self.cancel_again(now);
        let is_unknown = self.venue.orders_unknown().is_some();
        if std::mem::replace(&mut self.orders_unknown, is_unknown) && !is_unknown {
            self.send_control(TO_ALL, ControlEvent::OrdersKnown, out);
        }
        self.judge_waiting(now, out);
        self.send_owed_positions(now, out);
        count
    }

    /// Sends upstream bots as an error what other bots get on the control channel.
    fn send_upstream_error<O: BotPublisher>(&mut self, to: u64, error: &LiveError, out: &mut O) {
        if to == TO_ALL || out.owner_state(to) == OwnerState::Upstream {
            self.send(to, BotMessage::Error(error), out);
        }
    }

    fn send_control<O: BotPublisher>(&mut self, to: u64, event: ControlEvent, out: &mut O) {
        self.send(to, BotMessage::Side(&event), out);
    }

    fn send<O: BotPublisher>(&mut self, to: u64, message: BotMessage<'_>, out: &mut O) {
        let sent = out.send(to, message);
        self.count(sent);
    }

    /// Lets go what was sent since the last time, and wakes the bots.
    pub fn flush(&mut self, port: &mut ConnectorPort) {
        let flushed = port.flush();
        self.count(flushed);
    }

    fn count(&mut self, sent: Result<(), WireError>) {
        if let Err(error) = sent {
            self.send_errors += 1;
            // The first one and every thousandth, to keep the log readable.
            if self.send_errors % 1000 == 1 {
                warn!(%error, count = self.send_errors, "a message could not be sent");
            }
        }
    }

    fn name(&self, symbol: u32) -> String {
        self.instruments
            .get(&symbol)
            .map_or_else(String::new, |known| known.name.clone())
    }
}

#[cfg(test)]
mod tests;
