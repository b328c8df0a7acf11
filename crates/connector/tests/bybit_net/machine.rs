//! Everything but shared memory in one thread: sockets, core, dispatcher and one bot. The clock of
//! the core runs faster than the real one, so that its time-outs are short and its code is the same.

use std::time::{Duration, Instant};

use hbl_fake_bybit::FakeBybit;
use hbl_venues::bybit::core::{BybitCore, CoreSettings, Urls};
use hbl_venues::bybit::options::{OnConnect, OrderEntry, PositionMode};
use hbl_venues::bybit::session::sign::Credentials;
use hbl_venues::kit::bot_publisher::{BotMessage, BotPublisher};
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::config::secret::Secret;
use hbl_venues::kit::dispatcher::Dispatcher;
use hbl_venues::kit::net::{
    Closed, HttpAnswer, NetAction, NetSettings, NetVenue, Protocol, RestFailure, SocketId,
};
use hbl_venues::kit::order_registry::OwnerState;
use hbl_venues::kit::venue::{Amendment, MarketData, NewOrder, Reject, Sought, Venue, VenueEvent};
use hbl_wire::{Balance, Request, WireError};
use hftbacktest::types::{Event, OrdType, Order, Side, Status, TimeInForce};

use super::ledger::Ledger;
use super::{KEY, PREFIX, SECRET};

/// How much faster the core's clock runs.
pub const FASTER: u64 = 20;
pub const BOT: u64 = 77;

/// The protocol on a fast clock.
pub struct Fast(BybitCore);

impl Fast {
    pub fn core(&self) -> &BybitCore {
        &self.0
    }
}

fn fast(now: Now) -> Now {
    Now {
        mono_ns: now.mono_ns * FASTER,
        unix_ns: now.unix_ns,
    }
}

impl Protocol for Fast {
    fn take_actions(&mut self, out: &mut Vec<NetAction>) {
        Protocol::take_actions(&mut self.0, out);
    }
    fn on_opened(&mut self, now: Now, socket: SocketId, conn: u64) {
        Protocol::on_opened(&mut self.0, fast(now), socket, conn);
    }
    fn on_frame(&mut self, now: Now, socket: SocketId, conn: u64, bytes: &[u8]) {
        Protocol::on_frame(&mut self.0, fast(now), socket, conn, bytes);
    }
    fn on_closed(&mut self, now: Now, socket: SocketId, conn: u64, closed: &Closed) {
        Protocol::on_closed(&mut self.0, fast(now), socket, conn, closed);
    }
    fn on_rest(&mut self, now: Now, id: u64, answer: Result<HttpAnswer<'_>, RestFailure>) {
        Protocol::on_rest(&mut self.0, fast(now), id, answer);
    }
}

impl MarketData for Fast {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        self.0.register(fast(now), symbol, tick, lot)
    }

    fn pending_reason(&self, symbol: &str) -> Option<String> {
        self.0.pending_reason(symbol)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        self.0.sizes(symbol)
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        self.0.poll(fast(now), out);
    }

    fn next_due_ns(&self) -> Option<u64> {
        self.0.next_due_ns().map(|due| due / FASTER)
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        self.0.book(fast(now), symbol, out);
    }

    fn is_book_synced(&self, symbol: u32) -> bool {
        self.0.is_book_synced(symbol)
    }
}

impl Venue for Fast {
    fn keeps_orders(&self) -> bool {
        self.0.keeps_orders()
    }

    fn meet_upstream_bot(&mut self, owner: u64) {
        self.0.meet_upstream_bot(owner);
    }

    fn look_for(&mut self, now: Now, symbol: u32, owner: u64, order_id: u64) -> Sought {
        self.0.look_for(fast(now), symbol, owner, order_id)
    }

    fn orders_unknown(&self) -> Option<&str> {
        self.0.orders_unknown()
    }

    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        let deadline_ns = order.deadline_ns.saturating_mul(FASTER);
        let order = NewOrder {
            deadline_ns,
            ..*order
        };
        self.0.submit(fast(now), symbol, &order);
    }

    fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.0.cancel(fast(now), symbol, handle);
    }

    fn amend(&mut self, now: Now, symbol: u32, change: &Amendment) {
        let deadline_ns = change.deadline_ns.saturating_mul(FASTER);
        let change = Amendment {
            deadline_ns,
            ..*change
        };
        self.0.amend(fast(now), symbol, &change);
    }

    fn cancel_all(&mut self, now: Now, symbol: u32, handles: &[u64]) {
        self.0.cancel_all(fast(now), symbol, handles);
    }

    fn position(&self, symbol: u32) -> Option<f64> {
        self.0.position(symbol)
    }

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        self.0.balances(fast(now), out);
    }
}

/// The protocol on the fast clock with its sockets, which wake the thread that calls this.
pub fn net_venue(venue: &FakeBybit, seed: u64, epoch: u32) -> NetVenue<Fast> {
    let settings = CoreSettings {
        category: "linear".into(),
        depths: vec![1, 50],
        settle_coin: "USDT".into(),
        credentials: Some(Credentials {
            key: Secret::new(KEY),
            secret: Secret::new(SECRET),
        }),
        order_prefix: PREFIX.into(),
        epoch,
        on_connect: OnConnect::Adopt,
        lookback_s: 600,
        lookback_pages: 20,
        order_entry: OrderEntry::Socket,
        position_mode: PositionMode::OneWay,
        // 10 s on the fast clock: what arrives later is refused by the venue.
        recv_window_ms: 10_000 / u32::try_from(FASTER).unwrap(),
        clock_refuse_ms: 5000,
        order_wait_ms: 500,
        seed,
    };
    let urls = venue.urls();
    let urls = Urls {
        public: urls.public_linear.clone(),
        private: urls.private.clone(),
        trade: urls.trade.clone(),
        rest: urls.rest.clone(),
    };
    let core = BybitCore::new(fast(Now::read()), settings).unwrap();
    let core = core.at(urls, Duration::from_millis(8000 / FASTER));
    let mut venue = NetVenue::new(Fast(core), &NetSettings::default()).unwrap();
    let thread = std::thread::current();
    venue.wake_with(std::sync::Arc::new(move || thread.unpark()));
    venue
}

/// The bot's end.
struct Notebook(Ledger);

impl BotPublisher for Notebook {
    fn send(&mut self, _to: u64, message: BotMessage<'_>) -> Result<(), WireError> {
        match message {
            BotMessage::BatchStart => self.0.batch(true),
            BotMessage::BatchEnd => self.0.batch(false),
            BotMessage::Feed(_, event) => self.0.feed(event),
            BotMessage::Execution(..) => {}
            BotMessage::Order(_, order) => self.0.order(order),
            BotMessage::Position(_, qty, _) => self.0.position = qty,
            BotMessage::Error(_) => {}
            BotMessage::Side(event) => self.0.side(event.clone()),
        }
        Ok(())
    }

    fn owner_state(&self, _bot: u64) -> OwnerState {
        OwnerState::Alive
    }
}

pub struct Machine {
    dispatcher: Dispatcher<NetVenue<Fast>>,
    bot: Notebook,
    symbol: &'static str,
    sizes: (f64, f64),
}

impl Machine {
    pub fn start(venue: &FakeBybit, seed: u64, symbol: &'static str, sizes: (f64, f64)) -> Self {
        Self::start_at(venue, seed, symbol, sizes, 1000)
    }

    /// With another mark of its run.
    pub fn start_at(
        venue: &FakeBybit,
        seed: u64,
        symbol: &'static str,
        sizes: (f64, f64),
        epoch: u32,
    ) -> Self {
        let venue = net_venue(venue, seed, epoch);
        let mut machine = Self {
            dispatcher: Dispatcher::new(venue),
            bot: Notebook(Ledger::new(sizes.0)),
            symbol,
            sizes,
        };
        machine.request(Request::Register {
            bot: BOT,
            symbol: symbol.into(),
            tick_size: sizes.0,
            lot_size: sizes.1,
        });
        machine
    }

    pub fn ledger(&self) -> &Ledger {
        &self.bot.0
    }

    pub fn core(&self) -> &BybitCore {
        &self.dispatcher.venue().protocol().0
    }

    /// What may explain a failure.
    pub fn story(&self) -> String {
        let venue = self.dispatcher.venue();
        let now = Now::read().mono_ns;
        let due = venue.next_due_ns().unwrap_or(u64::MAX).saturating_sub(now) / 1_000_000;
        let sides = &self.bot.0.sides;
        let sides = &sides[sides.len().saturating_sub(12)..];
        let counters = venue.counters();
        format!("next due in {due} ms; {counters:?}; last reported: {sides:#?}")
    }

    fn request(&mut self, request: Request) {
        self.dispatcher.handle(Now::read(), request, &mut self.bot);
    }

    /// Runs for a while of real time.
    pub fn run_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            let now = Now::read();
            if self.dispatcher.poll(now, &mut self.bot) > 0 {
                continue;
            }
            let venue = self.dispatcher.venue();
            if venue.has_arrivals() {
                continue;
            }
            let due = venue.next_due_ns().unwrap_or(u64::MAX);
            let left = Duration::from_nanos(due.saturating_sub(now.mono_ns));
            let rest = end.saturating_duration_since(Instant::now());
            std::thread::park_timeout(left.min(rest).min(Duration::from_millis(5)));
        }
    }

    pub fn submit(&mut self, id: u64, side: Side, price_tick: i64, qty: f64, tif: TimeInForce) {
        let mut order = Order::new(id, price_tick, self.sizes.0, qty, side, OrdType::Limit, tif);
        order.req = Status::New;
        let symbol = self.symbol.to_owned();
        self.request(Request::Submit {
            bot: BOT,
            symbol,
            order,
        });
    }

    pub fn cancel(&mut self, order_id: u64) {
        let symbol = self.symbol.to_owned();
        self.request(Request::Cancel {
            bot: BOT,
            symbol,
            order_id,
            held: None,
        });
    }

    pub fn amend(&mut self, order_id: u64, price_tick: i64, qty: f64) {
        let symbol = self.symbol.to_owned();
        self.request(Request::Amend {
            bot: BOT,
            symbol,
            order_id,
            price_tick,
            qty,
        });
    }

    pub fn cancel_all(&mut self) {
        let symbol = self.symbol.to_owned();
        self.request(Request::CancelAll { bot: BOT, symbol });
    }
}
