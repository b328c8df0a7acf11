//! What stands between the bots and the venue: who asked, who is told, and in which order.

mod orders;
mod publish;
mod registration;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use hbl_wire::{Balance, ConnectorPort, Request, SideEvent, TO_ALL, VenueSocket, WireError};
use hftbacktest::types::{Event, LiveError, Status};
use tracing::warn;

use crate::clock::Now;
use crate::order_router::{OrderRouter, OwnerState};
use crate::outlet::{Outgoing, Outlet};
use crate::registrations::Registrations;
use crate::venue::{OrderReport, Refusal, Venue, VenueEvent};

/// How long a registration waits for the venue to be able to judge it.
const REGISTER_WAIT_NS: u64 = 30_000_000_000;

/// How long the answer to a registration waits for the first whole book of its symbol. The answer
/// names the bot's orders too, so it does not wait for ever.
const BOOK_WAIT_NS: u64 = 5_000_000_000;

/// A symbol that some bot registered.
struct Instrument {
    name: String,
    tick_size: f64,
    lot_size: f64,
    /// Until when answers wait for the first whole book, monotonic; `None`: they do not any more.
    book_wait_ns: Option<u64>,
}

/// What does not work at the moment, for bots that come later.
#[derive(Default)]
struct Trouble {
    /// Why the venue is down.
    down: Option<String>,
    /// Connections with the venue as they were told last: why one is lost, `None` when it is up.
    sockets: BTreeMap<VenueSocket, Option<String>>,
    /// Symbols whose feed is stale.
    stale: BTreeSet<u32>,
    /// Why the venue does not let us log in.
    login: Option<Refusal>,
}

/// Connects a venue with the bots, without any waiting of its own.
pub struct Dispatcher<V> {
    venue: V,
    router: OrderRouter,
    /// By the venue's index.
    instruments: HashMap<u32, Instrument>,
    by_name: HashMap<String, u32>,
    bots: HashSet<u64>,
    waiting: Registrations,
    register_wait_ns: u64,
    events: Vec<VenueEvent>,
    levels: Vec<Event>,
    balances: Vec<Balance>,
    trouble: Trouble,
    /// The venue did not know the account's orders when it was looked at last.
    orders_unknown: bool,
    send_errors: u64,
}

impl<V: Venue> Dispatcher<V> {
    /// Starts without any bot.
    pub fn new(venue: V) -> Self {
        Self {
            venue,
            router: OrderRouter::default(),
            instruments: HashMap::new(),
            by_name: HashMap::new(),
            bots: HashSet::new(),
            waiting: Registrations::default(),
            register_wait_ns: REGISTER_WAIT_NS,
            events: Vec::with_capacity(4096),
            levels: Vec::new(),
            balances: Vec::new(),
            trouble: Trouble::default(),
            orders_unknown: false,
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

    /// Serves one request of a bot.
    pub fn handle<O: Outlet>(&mut self, now: Now, request: Request, out: &mut O) {
        match request {
            Request::Register {
                bot,
                symbol,
                tick_size,
                lot_size,
            } => {
                self.register(now, bot, &symbol, (tick_size, lot_size), out);
            }
            Request::Submit { bot, symbol, order } => self.submit(now, bot, &symbol, &order, out),
            Request::Cancel {
                bot,
                symbol,
                order_id,
            } => {
                if let Some((index, handle)) = self.open_order(now, bot, &symbol, order_id, out) {
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
                if let Some((index, handle)) = self.open_order(now, bot, &symbol, order_id, out) {
                    self.venue.amend(now, index, handle, price_tick, qty);
                }
            }
            Request::CancelAll { bot, symbol } => {
                if let Some(index) = self.by_name.get(&symbol) {
                    let handles = self.router.open_of(bot, *index);
                    self.venue.cancel_all(now, *index, &handles);
                }
            }
        }
    }

    /// Sends what has happened at the venue up to now. Returns how many events there were.
    pub fn poll<O: Outlet>(&mut self, now: Now, out: &mut O) -> usize {
        let mut events = std::mem::take(&mut self.events);
        self.venue.poll(now, &mut events);
        let count = events.len();
        for event in events.drain(..) {
            self.publish(now, event, out);
        }
        self.events = events;
        let is_unknown = self.venue.orders_unknown().is_some();
        if std::mem::replace(&mut self.orders_unknown, is_unknown) && !is_unknown {
            self.side(TO_ALL, SideEvent::OrdersKnown, out);
        }
        self.judge_waiting(now, out);
        count
    }

    /// Tells everyone that the connector stops. Open orders of venues that live in this process end
    /// with it, and their owners are told so.
    pub fn stop<O: Outlet>(&mut self, now: Now, out: &mut O) {
        let ended = if self.venue.keeps_orders() {
            Vec::new()
        } else {
            self.router.open()
        };
        for handle in ended {
            let Some(order) = self.router.order(handle) else {
                continue;
            };
            let report = OrderReport {
                handle,
                status: Status::Canceled,
                price_tick: 0,
                qty: 0.0,
                leaves_qty: order.leaves_qty,
                exec_qty: 0.0,
                exec_price_tick: 0,
                maker: false,
                exch_ts: now.unix_ns,
                refusal: None,
            };
            self.publish_order(now, &report, out);
        }
        self.side(
            TO_ALL,
            SideEvent::VenueDown {
                text: "the connector stops".into(),
            },
            out,
        );
    }

    /// What bots of ours learn from the side channel, in the words that hftbacktest's bots know.
    fn tell_stock<O: Outlet>(&mut self, to: u64, error: &LiveError, out: &mut O) {
        if to == TO_ALL || out.owner_state(to) == OwnerState::Stock {
            self.send(to, Outgoing::Error(error), out);
        }
    }

    fn side<O: Outlet>(&mut self, to: u64, event: SideEvent, out: &mut O) {
        self.send(to, Outgoing::Side(&event), out);
    }

    fn send<O: Outlet>(&mut self, to: u64, message: Outgoing<'_>, out: &mut O) {
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
            // The first one and every thousandth: a full log helps nobody.
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
#[path = "dispatcher_tests.rs"]
mod tests;
