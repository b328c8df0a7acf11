//! What stands between the bots and the venue: who asked, who is told, and in which order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use hbl_wire::{Balance, Request, Severity, SideEvent, TO_ALL, VenueSocket, WireError};
use hftbacktest::types::{
    ErrorKind, Event, LiveError, OrdType, Order, Side, Status, TimeInForce, Value,
};
use tracing::{info, warn};

use crate::clock::Now;
use crate::codes;
use crate::order_router::{OrderRouter, OwnerState, is_final};
use crate::outlet::{Outgoing, Outlet};
use crate::registrations::{Registrations, Waiting};
use crate::venue::{Adopted, NewOrder, OrderReport, Refusal, Venue, VenueEvent};
use crate::venues::bybit::codes as bybit_codes;

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

    /// Answers the registrations that waited, as far as the venue can judge them now.
    fn judge_waiting<O: Outlet>(&mut self, now: Now, out: &mut O) {
        if self.waiting.is_empty() {
            return;
        }
        let (venue, by_name, instruments) = (&self.venue, &self.by_name, &self.instruments);
        let can_be_judged = |symbol: &str| match by_name.get(symbol) {
            Some(index) => {
                let waits = instruments.get(index).and_then(|known| known.book_wait_ns);
                venue.has_whole_book(*index) || waits.is_none_or(|until| now.mono_ns >= until)
            }
            None => venue.not_yet(symbol).is_none(),
        };
        let due = self.waiting.take_due(now.mono_ns, can_be_judged);
        for Waiting {
            bot, symbol, sizes, ..
        } in due
        {
            let is_known = self.by_name.contains_key(&symbol);
            match self.venue.not_yet(&symbol).filter(|_| !is_known) {
                None => self.register(now, bot, &symbol, sizes, out),
                // To serve a bot without saying which of its orders live would end them at the bot.
                Some(reason) if self.venue.keeps_orders() => {
                    let until_ns = now.mono_ns + self.register_wait_ns;
                    let text = format!(
                        "the registration of {symbol} waits: {reason}; market data comes with its answer, which has to say which of the bot's orders live"
                    );
                    warn!(bot, symbol, reason, "the registration still waits");
                    let code = codes::NOT_READY;
                    let notice = Refusal { code, text };
                    self.tell_notice(bot, notice, (String::new(), 0), out);
                    self.waiting.keep(Waiting {
                        bot,
                        symbol,
                        sizes,
                        until_ns,
                    });
                }
                Some(reason) => {
                    let seconds = self.register_wait_ns / 1_000_000_000;
                    let text = format!(
                        "{symbol} could not be registered within {seconds} s: {reason}; register again"
                    );
                    let code = codes::NOT_READY;
                    self.refuse_registration(bot, &symbol, Refusal { code, text }, out);
                }
            }
        }
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

    fn register<O: Outlet>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        sizes: (f64, f64),
        out: &mut O,
    ) {
        if !self.by_name.contains_key(symbol)
            && let Some(reason) = self.venue.not_yet(symbol)
        {
            let waiting = Waiting {
                bot,
                symbol: symbol.to_owned(),
                sizes,
                until_ns: now.mono_ns + self.register_wait_ns,
            };
            if self.waiting.keep(waiting) {
                info!(bot, symbol, reason, "the registration waits");
                return;
            }
        }
        let index = match self.accept(now, symbol, sizes) {
            Ok(index) => index,
            Err(refusal) => {
                self.refuse_registration(bot, symbol, refusal, out);
                return;
            }
        };
        if self.waits_for_book(now, index) {
            let waiting = Waiting {
                bot,
                symbol: symbol.to_owned(),
                sizes,
                until_ns: now.mono_ns + BOOK_WAIT_NS,
            };
            if self.waiting.keep(waiting) {
                return;
            }
        }
        if self.bots.insert(bot) {
            info!(bot, symbol, state = ?out.owner_state(bot), "bot registered");
        }
        let orders = self.router.orders_for(bot, index, |id| out.owner_state(id));
        let unknown = self.venue.orders_unknown().map(str::to_owned);
        let is_unknown = unknown.is_some();
        match unknown {
            Some(text) => self.side(bot, SideEvent::OrdersUnknown { text }, out),
            None if self.venue.keeps_orders() => self.side(bot, SideEvent::OrdersKnown, out),
            None => {}
        }
        self.send(bot, Outgoing::BatchStart, out);
        for order in &orders {
            self.send(bot, Outgoing::Order(symbol, order), out);
        }
        // Bots of ours know by now that it means nothing when the account is not known.
        if !is_unknown || out.owner_state(bot) != OwnerState::Stock {
            let position = self.venue.position(index);
            self.send(bot, Outgoing::Position(symbol, position, now.unix_ns), out);
        }
        let mut levels = std::mem::take(&mut self.levels);
        self.venue.book(now, index, &mut levels);
        for level in levels.drain(..) {
            self.send(bot, Outgoing::Feed(symbol, &level), out);
        }
        self.levels = levels;
        self.tell_state(now, bot, index, out);
        self.send(bot, Outgoing::BatchEnd, out);
    }

    /// True while the first whole book of a symbol is waited for.
    fn waits_for_book(&mut self, now: Now, index: u32) -> bool {
        let Some(known) = self.instruments.get_mut(&index) else {
            return false;
        };
        let is_whole = self.venue.has_whole_book(index);
        let is_over = known
            .book_wait_ns
            .is_none_or(|until| now.mono_ns >= until || is_whole);
        if is_over {
            known.book_wait_ns = None;
        }
        !is_over
    }

    /// What a bot that comes later has missed on the side channel.
    fn tell_state<O: Outlet>(&mut self, now: Now, bot: u64, index: u32, out: &mut O) {
        let mut missed = Vec::new();
        for (socket, lost) in &self.trouble.sockets {
            if let Some(text) = lost {
                missed.push(SideEvent::Socket {
                    socket: *socket,
                    up: false,
                    text: text.clone(),
                });
            }
        }
        if let Some(text) = &self.trouble.down {
            missed.push(SideEvent::VenueDown { text: text.clone() });
        }
        let has_book = self.venue.has_whole_book(index);
        if !has_book || self.trouble.stale.contains(&index) {
            missed.push(SideEvent::FeedStale {
                symbol: self.name(index),
            });
        }
        if !has_book {
            let text = format!(
                "the venue's book of {} is not whole yet: it is marked stale until it is",
                self.name(index)
            );
            let code = codes::BOOK_MISSING;
            warn!(bot, code, "{text}");
            self.tell_notice(bot, Refusal { code, text }, (String::new(), 0), out);
        }
        if let Some(notice) = self.trouble.login.clone() {
            self.tell_notice(bot, notice, (String::new(), 0), out);
        }
        self.venue.balances(now, &mut self.balances);
        missed.extend(self.balances.drain(..).map(SideEvent::Balance));
        for event in missed {
            self.side(bot, event, out);
        }
    }

    fn refuse_registration<O: Outlet>(
        &mut self,
        bot: u64,
        symbol: &str,
        refusal: Refusal,
        out: &mut O,
    ) {
        warn!(bot, symbol, code = refusal.code, reason = %refusal.text, "registration refused");
        let Refusal { code, text } = refusal;
        let side = SideEvent::RegisterRefused {
            symbol: symbol.to_owned(),
            code,
            text: text.clone(),
        };
        self.side(bot, side, out);
        let error = LiveError::with(ErrorKind::Custom(code), Value::String(text));
        self.tell_stock(bot, &error, out);
    }

    fn accept(&mut self, now: Now, symbol: &str, (tick, lot): (f64, f64)) -> Result<u32, Refusal> {
        for (what, size) in [("tick", tick), ("lot", lot)] {
            if !(size.is_finite() && size > 0.0) {
                let text = format!("{what} size {size} of {symbol} is not a positive number");
                return Err(Refusal {
                    code: codes::SIZE_INVALID,
                    text,
                });
            }
        }
        if let Some(index) = self.by_name.get(symbol)
            && let Some(known) = self.instruments.get(index)
        {
            let same = |a: f64, b: f64| (a - b).abs() <= b * 1e-9;
            if same(tick, known.tick_size) && same(lot, known.lot_size) {
                return Ok(*index);
            }
            let text = format!(
                "{symbol} has tick size {} and lot size {} here, not {tick} and {lot}",
                known.tick_size, known.lot_size
            );
            return Err(Refusal {
                code: codes::SIZE_MISMATCH,
                text,
            });
        }
        let index = self.venue.register(now, symbol, tick, lot)?;
        let name = symbol.to_owned();
        self.by_name.insert(name.clone(), index);
        self.instruments.insert(
            index,
            Instrument {
                name,
                tick_size: tick,
                lot_size: lot,
                book_wait_ns: Some(now.mono_ns.saturating_add(BOOK_WAIT_NS)),
            },
        );
        Ok(index)
    }

    fn submit<O: Outlet>(&mut self, now: Now, bot: u64, symbol: &str, order: &Order, out: &mut O) {
        let state = out.owner_state(bot);
        let Some(index) = self.by_name.get(symbol).copied() else {
            let why = if self.waiting.has(bot, symbol) {
                let text = format!("the registration of {symbol} waits for the venue");
                (codes::NOT_READY, text)
            } else {
                let text = format!("{symbol} is not registered with this connector");
                (codes::SYMBOL_UNKNOWN, text)
            };
            self.refuse_untracked(now, bot, symbol, order, why, out);
            return;
        };
        let tick_size = self
            .instruments
            .get(&index)
            .map_or(0.0, |known| known.tick_size);
        if let Some((code, text)) = unsupported(order, tick_size) {
            self.refuse_untracked(now, bot, symbol, order, (code, text), out);
            return;
        }
        let Some(handle) = self.router.submit(bot, state, index, order) else {
            // The order of this id goes on: no update that would end it at the bot.
            let text = format!("order id {} is in use by an open order", order.order_id);
            self.tell_refusal(
                bot,
                symbol,
                order.order_id,
                codes::ORDER_ID_EXISTS,
                &text,
                true,
                out,
            );
            return;
        };
        let new = NewOrder {
            handle,
            owner: bot,
            order_id: order.order_id,
            price_tick: order.price_tick,
            qty: order.qty,
            side: order.side,
            order_type: order.order_type,
            time_in_force: order.time_in_force,
        };
        self.venue.submit(now, index, &new);
    }

    /// The open order that a bot means; when there is none, the bot is told what became of it.
    fn open_order<O: Outlet>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        order_id: u64,
        out: &mut O,
    ) -> Option<(u32, u64)> {
        let state = out.owner_state(bot);
        let index = self.by_name.get(symbol).copied();
        let handle = index.and_then(|index| self.router.find(bot, state, index, order_id));
        let (Some(index), Some(handle)) = (index, handle) else {
            if let Some(why) = self.venue.orders_unknown() {
                // It may be open: no update that would end it at the bot.
                let text = format!("the state of this order is unknown: {why}");
                let code = codes::ORDERS_UNKNOWN;
                self.tell_refusal(bot, symbol, order_id, code, &text, true, out);
                return None;
            }
            let text = format!("no order {order_id} of this bot is known");
            let mut order = Order::new(
                order_id,
                0,
                0.0,
                0.0,
                Side::None,
                OrdType::Limit,
                TimeInForce::GTC,
            );
            order.tick_size = index
                .and_then(|index| self.instruments.get(&index))
                .map_or(0.0, |known| known.tick_size);
            self.refuse_untracked(now, bot, symbol, &order, (codes::ORDER_UNKNOWN, text), out);
            return None;
        };
        let status = self.router.order(handle).map(|order| order.status);
        if status.is_some_and(is_final) {
            let text = format!("order {order_id} has ended before");
            self.tell_refusal(bot, symbol, order_id, codes::ORDER_ENDED, &text, true, out);
            self.retell(now, handle, out);
            return None;
        }
        Some((index, handle))
    }

    fn publish<O: Outlet>(&mut self, now: Now, event: VenueEvent, out: &mut O) {
        match event {
            VenueEvent::Feed { symbol, event } => {
                if let Some(instrument) = self.instruments.get(&symbol) {
                    let sent = out.send(TO_ALL, Outgoing::Feed(&instrument.name, &event));
                    self.count(sent);
                }
            }
            VenueEvent::FeedBatchStart { symbol } => {
                if self.instruments.contains_key(&symbol) {
                    self.send(TO_ALL, Outgoing::BatchStart, out);
                }
            }
            VenueEvent::FeedBatchEnd { symbol } => {
                if self.instruments.contains_key(&symbol) {
                    self.send(TO_ALL, Outgoing::BatchEnd, out);
                }
            }
            VenueEvent::Order(report) => self.publish_order(now, &report, out),
            VenueEvent::Adopted(adopted) => self.publish_adopted(&adopted, out),
            VenueEvent::RequestRefused { handle, refusal } => {
                let Some(routed) = self.router.retell(handle, now.unix_ns) else {
                    return;
                };
                if !self.instruments.contains_key(&routed.symbol) {
                    return;
                }
                let name = self.name(routed.symbol);
                let Refusal { code, text } = refusal;
                self.tell_refusal(
                    routed.to,
                    &name,
                    routed.order.order_id,
                    code,
                    &text,
                    true,
                    out,
                );
                self.send(routed.to, Outgoing::Order(&name, &routed.order), out);
            }
            VenueEvent::Position {
                symbol,
                qty,
                exch_ts,
            } => {
                if let Some(instrument) = self.instruments.get(&symbol) {
                    let sent = out.send(TO_ALL, Outgoing::Position(&instrument.name, qty, exch_ts));
                    self.count(sent);
                }
            }
            VenueEvent::Balance(balance) => self.side(TO_ALL, SideEvent::Balance(balance), out),
            VenueEvent::Socket { socket, up, text } => {
                let lost = (!up).then(|| text.clone());
                let told = self.trouble.sockets.insert(socket, lost);
                if up && socket != VenueSocket::Public {
                    self.trouble.login = None;
                }
                // A connection that cannot be made again is not lost again each time.
                if told.is_some_and(|told| told.is_none() == up) {
                    return;
                }
                match up {
                    true => info!(?socket, "connected with the venue"),
                    false => warn!(?socket, reason = %text, "a connection with the venue is lost"),
                }
                self.side(TO_ALL, SideEvent::Socket { socket, up, text }, out);
            }
            VenueEvent::Down(text) => {
                warn!(reason = %text, "the venue is down");
                self.trouble.down = Some(text.clone());
                let error = LiveError::with(
                    ErrorKind::ConnectionInterrupted,
                    Value::String(text.clone()),
                );
                self.side(TO_ALL, SideEvent::VenueDown { text }, out);
                self.send(TO_ALL, Outgoing::Error(&error), out);
            }
            VenueEvent::Up => {
                info!("the venue is up");
                self.trouble.down = None;
                self.side(TO_ALL, SideEvent::VenueUp, out);
            }
            VenueEvent::FeedStale { symbol } => {
                self.trouble.stale.insert(symbol);
                if self.instruments.contains_key(&symbol) {
                    let symbol = self.name(symbol);
                    self.side(TO_ALL, SideEvent::FeedStale { symbol }, out);
                }
            }
            VenueEvent::FeedFresh { symbol } => {
                self.trouble.stale.remove(&symbol);
                if self.instruments.contains_key(&symbol) {
                    let symbol = self.name(symbol);
                    self.side(TO_ALL, SideEvent::FeedFresh { symbol }, out);
                }
            }
            VenueEvent::Notice(notice) => {
                log_notice(&notice);
                if notice.code == bybit_codes::AUTH_REFUSED {
                    self.trouble.login = Some(notice.clone());
                }
                self.tell_notice(TO_ALL, notice, (String::new(), 0), out);
            }
            VenueEvent::OrderNotice { handle, notice } => {
                log_notice(&notice);
                let about = self.router.owner_of(handle);
                let (to, symbol, order_id) = about.unwrap_or((TO_ALL, u32::MAX, 0));
                self.tell_notice(to, notice, (self.name(symbol), order_id), out);
            }
        }
    }

    /// Tells a notice; what does not work any more is told as an error too, so that bots that take
    /// no notices, and hftbacktest's, hear of it.
    fn tell_notice<O: Outlet>(
        &mut self,
        to: u64,
        Refusal { code, text }: Refusal,
        (symbol, order_id): (String, u64),
        out: &mut O,
    ) {
        let severity = codes::severity(code);
        let notice = SideEvent::Notice {
            severity,
            code,
            symbol,
            order_id,
            text: text.clone(),
        };
        self.side(to, notice, out);
        if severity == Severity::Error {
            let value = Value::Map(HashMap::from([
                ("code".to_owned(), Value::Int(code)),
                ("msg".to_owned(), Value::String(text)),
            ]));
            let kind = match code {
                bybit_codes::AUTH_REFUSED => ErrorKind::CriticalConnectionError,
                _ => ErrorKind::Custom(code),
            };
            self.send(to, Outgoing::Error(&LiveError::with(kind, value)), out);
        }
    }

    /// An order of an earlier run. Its owner is told at once when it is open and the bot is there;
    /// otherwise its registration tells.
    fn publish_adopted<O: Outlet>(&mut self, adopted: &Adopted, out: &mut O) {
        let Some(routed) = self.router.adopt(adopted) else {
            return;
        };
        let is_served = self.instruments.contains_key(&routed.symbol);
        if is_served && self.bots.contains(&routed.to) && !is_final(routed.order.status) {
            let name = self.name(routed.symbol);
            self.send(routed.to, Outgoing::Order(&name, &routed.order), out);
        }
    }

    fn publish_order<O: Outlet>(&mut self, now: Now, report: &OrderReport, out: &mut O) {
        let stamped;
        let report = if report.exch_ts > 0 {
            report
        } else {
            stamped = OrderReport {
                exch_ts: now.unix_ns,
                ..report.clone()
            };
            &stamped
        };
        let Some(routed) = self.router.apply(report) else {
            return;
        };
        if !self.instruments.contains_key(&routed.symbol) {
            // Of an earlier run, and no bot trades the symbol yet.
            return;
        }
        let name = self.name(routed.symbol);
        if let Some(Refusal { code, text }) = &report.refusal {
            let is_error = report.status == Status::Rejected;
            self.tell_refusal(
                routed.to,
                &name,
                routed.order.order_id,
                *code,
                text,
                is_error,
                out,
            );
        }
        self.send(routed.to, Outgoing::Order(&name, &routed.order), out);
    }

    fn retell<O: Outlet>(&mut self, now: Now, handle: u64, out: &mut O) {
        if let Some(routed) = self.router.retell(handle, now.unix_ns) {
            let name = self.name(routed.symbol);
            self.send(routed.to, Outgoing::Order(&name, &routed.order), out);
        }
    }

    /// Refuses an order that is not followed: it ends as expired at the bot.
    fn refuse_untracked<O: Outlet>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        order: &Order,
        (code, text): (i64, String),
        out: &mut O,
    ) {
        let to = if out.owner_state(bot) == OwnerState::Stock {
            TO_ALL
        } else {
            bot
        };
        self.tell_refusal(to, symbol, order.order_id, code, &text, true, out);
        let mut ended = order.clone();
        ended.status = Status::Expired;
        ended.leaves_qty = 0.0;
        ended.req = Status::None;
        ended.exch_timestamp = now.unix_ns;
        self.send(to, Outgoing::Order(symbol, &ended), out);
    }

    #[expect(clippy::too_many_arguments, reason = "one message, all of its fields")]
    fn tell_refusal<O: Outlet>(
        &mut self,
        to: u64,
        symbol: &str,
        order_id: u64,
        code: i64,
        text: &str,
        is_error: bool,
        out: &mut O,
    ) {
        let side = SideEvent::Reject {
            symbol: symbol.to_owned(),
            order_id,
            code,
            text: text.to_owned(),
        };
        self.side(to, side, out);
        if is_error {
            let value = Value::Map(HashMap::from([
                ("code".to_owned(), Value::Int(code)),
                ("msg".to_owned(), Value::String(text.to_owned())),
            ]));
            let error = LiveError::with(ErrorKind::OrderError, value);
            self.tell_stock(to, &error, out);
        }
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

/// What is more than good to know may cost money and stands out in the log.
fn log_notice(Refusal { code, text }: &Refusal) {
    match codes::severity(*code) {
        Severity::Info => info!(code, "{text}"),
        Severity::Warning | Severity::Error => warn!(code, "{text}"),
    }
}

fn unsupported(order: &Order, tick_size: f64) -> Option<(i64, String)> {
    let what = if !matches!(order.side, Side::Buy | Side::Sell) {
        "side"
    } else if order.order_type == OrdType::Unsupported {
        "order type"
    } else if order.time_in_force == TimeInForce::Unsupported {
        "time in force"
    } else if (order.tick_size - tick_size).abs() > tick_size * 1e-9 {
        let text = format!(
            "the order has tick size {}, the symbol {tick_size}",
            order.tick_size
        );
        return Some((codes::SIZE_MISMATCH, text));
    } else {
        return None;
    };
    Some((
        codes::ORDER_UNSUPPORTED,
        format!("this {what} is not supported"),
    ))
}

#[cfg(test)]
#[path = "dispatcher_tests.rs"]
mod tests;
