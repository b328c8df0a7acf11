//! A venue with faults on command, for tests under a virtual clock.
//!
//! What the venue does is as without the fault: only its events come late or not at all, and requests do not
//! reach it. Events of one order, and positions, keep their order.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::os::fd::RawFd;
use std::rc::Rc;

use hbl_wire::Fault;
use hftbacktest::types::Event;

use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::order_rules::OrderRules;
use crate::kit::venue::{
    Amendment, Balance, MarketData, NewOrder, OrderReport, Reject, Sought, Venue, VenueEvent,
    VenueSocket, Wake,
};

const DISCONNECTED: &str = "the connections with the venue are lost, as the test asks";
const SOCKETS: [VenueSocket; 3] = [
    VenueSocket::Public,
    VenueSocket::Private,
    VenueSocket::Trade,
];

/// Faults that were asked for and that the venue has not taken.
#[derive(Debug, Default)]
pub struct VenueFaults(RefCell<VecDeque<Fault>>);

impl VenueFaults {
    /// Asks for a fault, from the venue's next call on.
    pub fn ask(&self, fault: Fault) {
        self.0.borrow_mut().push_back(fault);
    }
}

/// A feed without events.
struct SilentFeed {
    until_ns: u64,
    /// The book as bots have it.
    book: Vec<Event>,
    /// It was reported as stale.
    is_stale: bool,
}

/// An event that is reported late.
struct HeldEvent {
    due_ns: u64,
    event: VenueEvent,
}

/// A venue with faults. Times are monotonic.
pub struct FaultyVenue {
    venue: Box<dyn Venue>,
    asked: Rc<VenueFaults>,
    symbols: BTreeMap<String, u32>,
    silent: BTreeMap<u32, SilentFeed>,
    down_until_ns: Option<u64>,
    rejects: VecDeque<Reject>,
    silences: VecDeque<u64>,
    fill_delays: VecDeque<u64>,
    /// Orders whose reports are held, and until when.
    withheld: BTreeMap<u64, u64>,
    held: Vec<HeldEvent>,
    own: Vec<VenueEvent>,
    events: Vec<VenueEvent>,
}

impl FaultyVenue {
    /// A venue without a fault so far.
    pub fn new(venue: Box<dyn Venue>) -> Self {
        Self {
            venue,
            asked: Rc::default(),
            symbols: BTreeMap::new(),
            silent: BTreeMap::new(),
            down_until_ns: None,
            rejects: VecDeque::new(),
            silences: VecDeque::new(),
            fill_delays: VecDeque::new(),
            withheld: BTreeMap::new(),
            held: Vec::new(),
            own: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Where its faults are asked for.
    pub fn faults(&self) -> Rc<VenueFaults> {
        self.asked.clone()
    }

    fn take_asked(&mut self, now: Now) {
        let asked = std::mem::take(&mut *self.asked.0.borrow_mut());
        for fault in asked {
            self.take(now, fault);
        }
    }

    fn take(&mut self, now: Now, fault: Fault) {
        let until = |for_ns: u64| now.mono_ns.saturating_add(for_ns);
        match fault {
            // On the way to the bot, not at the venue.
            Fault::Gap => {}
            Fault::Stale { symbol, for_ns } => {
                if let Some(symbol) = self.symbols.get(&symbol).copied() {
                    self.silence(now, symbol, until(for_ns), true);
                    self.own.push(VenueEvent::FeedStale { symbol });
                }
            }
            Fault::RejectNext { code, text } => self.rejects.push_back(Reject { code, text }),
            Fault::SilenceNext { for_ns } => self.silences.push_back(for_ns),
            Fault::DelayNextFill { for_ns } => self.fill_delays.push_back(for_ns),
            Fault::Disconnect { for_ns } => {
                let until_ns = self.down_until_ns.unwrap_or(0).max(until(for_ns));
                if self.down_until_ns.replace(until_ns).is_none() {
                    let lost = |socket| VenueEvent::Socket {
                        socket,
                        up: false,
                        text: DISCONNECTED.to_owned(),
                    };
                    self.own.extend(SOCKETS.map(lost));
                    self.own.push(VenueEvent::Down(DISCONNECTED.to_owned()));
                }
                let symbols: Vec<u32> = self.symbols.values().copied().collect();
                for symbol in symbols {
                    self.silence(now, symbol, until_ns, false);
                }
            }
        }
    }

    fn silence(&mut self, now: Now, symbol: u32, until_ns: u64, is_stale: bool) {
        let mut book = Vec::new();
        if !self.silent.contains_key(&symbol) {
            self.venue.book(now, symbol, &mut book);
        }
        let feed = self.silent.entry(symbol).or_insert(SilentFeed {
            until_ns,
            book,
            is_stale: false,
        });
        feed.until_ns = feed.until_ns.max(until_ns);
        feed.is_stale |= is_stale;
    }

    /// Ends the faults whose time is over.
    fn end_due(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        let is_over = |feed: &SilentFeed| feed.until_ns <= now.mono_ns;
        while let Some((symbol, _)) = self.silent.iter().find(|(_, feed)| is_over(feed)) {
            let symbol = *symbol;
            if let Some(feed) = self.silent.remove(&symbol) {
                self.publish_book(now, symbol, &feed, out);
            }
        }
        if self.down_until_ns.is_some_and(|until| until <= now.mono_ns) {
            self.down_until_ns = None;
            let found = |socket| VenueEvent::Socket {
                socket,
                up: true,
                text: String::new(),
            };
            out.extend(SOCKETS.map(found));
            out.push(VenueEvent::Up);
        }
        self.withheld.retain(|_, until| *until > now.mono_ns);
        let is_due = |held: &mut HeldEvent| held.due_ns <= now.mono_ns;
        out.extend(self.held.extract_if(.., is_due).map(|held| held.event));
    }

    /// The book as it is now, beside what bots have of it.
    fn publish_book(&self, now: Now, symbol: u32, feed: &SilentFeed, out: &mut Vec<VenueEvent>) {
        let mut book = Vec::new();
        self.venue.book(now, symbol, &mut book);
        let is_same = |one: &Event, other: &Event| {
            one.ev == other.ev && one.px.to_bits() == other.px.to_bits()
        };
        let is_gone = |old: &&Event| !book.iter().any(|new| is_same(old, new));
        let gone = feed.book.iter().filter(is_gone).map(|old| Event {
            qty: 0.0,
            exch_ts: now.unix_ns,
            local_ts: now.unix_ns,
            ..old.clone()
        });
        let gone: Vec<Event> = gone.collect();
        out.push(VenueEvent::FeedBatchStart { symbol });
        let levels = gone.into_iter().chain(book);
        out.extend(levels.map(|event| VenueEvent::Feed { symbol, event }));
        out.push(VenueEvent::FeedBatchEnd { symbol });
        if feed.is_stale {
            out.push(VenueEvent::FeedLive { symbol });
        }
    }

    /// Passes an event of the venue on, now, later or never.
    fn pass(&mut self, now: Now, event: VenueEvent, out: &mut Vec<VenueEvent>) {
        let down_ns = self.down_until_ns;
        let due_ns = match &event {
            VenueEvent::Feed { symbol, .. }
            | VenueEvent::FeedBatchStart { symbol }
            | VenueEvent::FeedBatchEnd { symbol }
            | VenueEvent::FeedLive { symbol }
            | VenueEvent::FeedStale { symbol } => {
                if !self.silent.contains_key(symbol) {
                    out.push(event);
                }
                return;
            }
            VenueEvent::Order(report) => down_ns.max(self.withhold(now, report)),
            VenueEvent::RequestReject { handle, .. } => {
                down_ns.max(self.withheld.get(handle).copied())
            }
            VenueEvent::Position { .. } => down_ns.max(self.withheld.values().copied().max()),
            VenueEvent::Balance(_) => down_ns,
            _ => None,
        };
        match due_ns {
            Some(due_ns) => self.held.push(HeldEvent { due_ns, event }),
            None => out.push(event),
        }
    }

    /// Until when a report of an order is held.
    fn withhold(&mut self, now: Now, report: &OrderReport) -> Option<u64> {
        if let Some(until_ns) = self.withheld.get(&report.handle) {
            return Some(*until_ns);
        }
        if report.exec_qty > 0.0
            && let Some(for_ns) = self.fill_delays.pop_front()
        {
            let until_ns = now.mono_ns.saturating_add(for_ns);
            self.withheld.insert(report.handle, until_ns);
            return Some(until_ns);
        }
        None
    }

    /// The reject of a request while there is no connection.
    fn unsent(&self) -> Option<Reject> {
        self.down_until_ns.map(|_| Reject {
            code: codes::NOT_CONNECTED,
            text: DISCONNECTED.to_owned(),
        })
    }
}

impl MarketData for FaultyVenue {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        let index = self.venue.register(now, symbol, tick, lot)?;
        self.symbols.insert(symbol.to_owned(), index);
        if let Some(until_ns) = self.down_until_ns {
            self.silence(now, index, until_ns, false);
        }
        Ok(index)
    }

    fn pending_reason(&self, symbol: &str) -> Option<String> {
        self.venue.pending_reason(symbol)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        self.venue.sizes(symbol)
    }

    fn order_rules(&self, symbol: &str) -> Option<OrderRules> {
        self.venue.order_rules(symbol)
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        self.take_asked(now);
        out.append(&mut self.own);
        self.end_due(now, out);
        let mut events = std::mem::take(&mut self.events);
        self.venue.poll(now, &mut events);
        for event in events.drain(..) {
            self.pass(now, event, out);
        }
        self.events = events;
    }

    fn next_due_ns(&self) -> Option<u64> {
        let feeds = self.silent.values().map(|feed| feed.until_ns);
        let held = self.held.iter().map(|held| held.due_ns);
        let own = feeds.chain(held).chain(self.down_until_ns);
        own.chain(self.venue.next_due_ns()).min()
    }

    fn has_arrivals(&self) -> bool {
        !self.own.is_empty() || self.venue.has_arrivals()
    }

    fn wake_with(&mut self, wake: Wake) {
        self.venue.wake_with(wake);
    }

    fn take_sockets(&mut self) -> Option<RawFd> {
        self.venue.take_sockets()
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        match self.silent.get(&symbol) {
            Some(feed) => out.extend(feed.book.iter().cloned()),
            None => self.venue.book(now, symbol, out),
        }
    }

    fn is_book_synced(&self, symbol: u32) -> bool {
        self.venue.is_book_synced(symbol)
    }

    fn step(&mut self) {
        self.venue.step();
    }

    fn is_finished(&self) -> bool {
        self.venue.is_finished()
    }

    fn unread(&self) -> Option<String> {
        self.venue.unread()
    }
}

impl Venue for FaultyVenue {
    fn keeps_orders(&self) -> bool {
        self.venue.keeps_orders()
    }

    fn look_for(&mut self, now: Now, symbol: u32, owner: u64, order_id: u64) -> Sought {
        self.venue.look_for(now, symbol, owner, order_id)
    }

    fn orders_unknown(&self) -> Option<&str> {
        self.venue.orders_unknown()
    }

    fn meet_upstream_bot(&mut self, owner: u64) {
        self.venue.meet_upstream_bot(owner);
    }

    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        self.take_asked(now);
        if let Some(reject) = self.unsent().or_else(|| self.rejects.pop_front()) {
            let report = OrderReport::rejected(order, now.unix_ns, reject);
            self.own.push(VenueEvent::Order(report));
            return;
        }
        if let Some(for_ns) = self.silences.pop_front() {
            let until_ns = now.mono_ns.saturating_add(for_ns);
            self.withheld.insert(order.handle, until_ns);
        }
        self.venue.submit(now, symbol, order);
    }

    fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.take_asked(now);
        match self.unsent() {
            Some(reject) => self.own.push(VenueEvent::RequestReject { handle, reject }),
            None => self.venue.cancel(now, symbol, handle),
        }
    }

    fn has_requests_under_way(&self) -> bool {
        !self.own.is_empty() || !self.held.is_empty() || self.venue.has_requests_under_way()
    }

    fn amend(&mut self, now: Now, symbol: u32, change: &Amendment) {
        self.take_asked(now);
        match self.unsent() {
            Some(reject) => self.own.push(VenueEvent::RequestReject {
                handle: change.handle,
                reject,
            }),
            None => self.venue.amend(now, symbol, change),
        }
    }

    fn position(&self, symbol: u32) -> Option<f64> {
        self.venue.position(symbol)
    }

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        self.venue.balances(now, out);
    }
}

#[cfg(test)]
mod tests;
