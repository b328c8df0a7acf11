//! The shipped bot over shared memory, with the connector's side and the sockets in the same thread: what a
//! program would have, but for the time between two turns. The clock of the core runs faster than the real
//! one, as in [`machine`](super::machine).

use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use hbl_fake_bybit::FakeBybit;
use hbl_livebot::{
    Book as _, BookState, BotConfig, InstrumentConfig, LinkStatus, LiveCore, Outcome, RECORD_BYTES,
    Record, RecordKind, STATE_BYTES, WaitConfig,
};
use hbl_venues::bybit::core::BybitCore;
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::dispatcher::Dispatcher;
use hbl_venues::kit::net::NetVenue;
use hbl_venues::kit::venue::MarketData as _;
use hbl_wire::{Capabilities, ConnectorPort, Destination, Hello, Orders};
use hftbacktest::depth::HashMapMarketDepth;
use hftbacktest::prelude::Bot as _;
use hftbacktest::types::{Event, OrdType, Order, OrderRequest, Side, Status, TimeInForce};

use super::ledger::Ledger;
use super::machine::{Fast, net_venue};
use crate::support::names::unique_name;

const HEARTBEAT: Duration = Duration::from_millis(50);
/// Room for records: more than a turn brings.
const RECORDS: usize = 8_192;

pub struct LiveMachine {
    core: LiveCore<HashMapMarketDepth>,
    records: Vec<[u64; RECORD_BYTES / 8]>,
    _state: Vec<u64>,
    ledger: Ledger,
    dispatcher: Dispatcher<NetVenue<Fast>>,
    port: ConnectorPort,
    beat: Instant,
    sizes: (f64, f64),
    /// The last records that are no market data, for a failure's text.
    last: Vec<String>,
}

impl LiveMachine {
    pub fn start(venue: &FakeBybit, seed: u64, symbol: &'static str, sizes: (f64, f64)) -> Self {
        let name = unique_name();
        let hello = Hello {
            version: "0".into(),
            kind: "bybit".into(),
            capabilities: Capabilities::all(),
            destination: Destination::new(Orders::Real, "fake"),
        };
        let port = ConnectorPort::open(&name, &hello).unwrap();
        let config = BotConfig {
            instruments: vec![InstrumentConfig {
                connector: name,
                symbol: symbol.into(),
                tick_size: sizes.0,
                lot_size: sizes.1,
                roi_lb: 0.0,
                roi_ub: 0.0,
                last_trades_capacity: 0,
            }],
            bot_id: 0,
            wait: WaitConfig::default(),
            order_deadline: None,
            only_looks: false,
            heartbeat_timeout: Duration::from_secs(60),
            require_live_book: false,
        };
        let mut core = LiveCore::new(&config, false).unwrap();
        let mut records = vec![[0u64; RECORD_BYTES / 8]; RECORDS];
        let mut state = vec![0u64; STATE_BYTES / 8];
        let at = |base: *mut u8| NonNull::new(base).unwrap();
        // SAFETY: both vectors live as long as the core beside them, and are never resized.
        unsafe {
            core.attach(
                (at(records.as_mut_ptr().cast()), RECORDS * RECORD_BYTES),
                (at(state.as_mut_ptr().cast()), STATE_BYTES),
            )
        }
        .unwrap();
        Self {
            core,
            records,
            _state: state,
            ledger: Ledger::new(sizes.0),
            dispatcher: Dispatcher::new(net_venue(venue, seed, 1000)),
            port,
            beat: Instant::now(),
            sizes,
            last: Vec::new(),
        }
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn venue_core(&self) -> &BybitCore {
        self.dispatcher.venue().protocol().core()
    }

    /// Runs for a while of real time.
    pub fn run_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if self.turn() || self.dispatcher.venue().has_arrivals() {
                continue;
            }
            let due = self.dispatcher.venue().next_due_ns().unwrap_or(u64::MAX);
            let left = Duration::from_nanos(due.saturating_sub(Now::read().mono_ns));
            let rest = end.saturating_duration_since(Instant::now());
            std::thread::park_timeout(left.min(rest).min(Duration::from_millis(5)));
        }
    }

    /// Requests in, events out, and the bot takes them. False when there was nothing.
    fn turn(&mut self) -> bool {
        if self.beat.elapsed() >= HEARTBEAT {
            self.port.heartbeat();
            self.beat = Instant::now();
        }
        let mut worked = false;
        while let Some(request) = self.port.recv().unwrap() {
            let asked = self.port.asked();
            self.dispatcher
                .handle_asked(Now::read(), request, asked, &mut self.port);
            worked = true;
        }
        worked |= self.dispatcher.poll(Now::read(), &mut self.port) > 0;
        self.dispatcher.flush(&mut self.port);
        worked | self.take()
    }

    fn take(&mut self) -> bool {
        let Outcome::Records(count) = self.core.wait_batch(0, usize::MAX).unwrap() else {
            panic!("nobody stops it");
        };
        let position = self.core.position(0);
        for at in 0..count {
            // SAFETY: a record is plain integers and floats of exactly this size.
            let record: Record = unsafe { core::mem::transmute(self.records[at]) };
            self.note(&record);
        }
        self.ledger.position = position;
        self.ledger.stale = self.core.book_state(0) != BookState::Live;
        count > 0
    }

    fn note(&mut self, record: &Record) {
        let is = |kind: RecordKind| record.kind == kind as u8;
        if is(RecordKind::Depth) || is(RecordKind::Trade) {
            self.ledger.feed(&Event {
                ev: record.ev,
                exch_ts: record.exch_ts_ns,
                local_ts: record.local_ts_ns,
                order_id: 0,
                px: record.px,
                qty: record.qty,
                ival: 0,
                fval: 0.0,
            });
            return;
        }
        if is(RecordKind::BatchStart) || is(RecordKind::BatchEnd) {
            self.ledger.batch(is(RecordKind::BatchStart));
            return;
        }
        if is(RecordKind::BookReset) {
            self.ledger.book.iter_mut().for_each(|side| side.clear());
        }
        if is(RecordKind::Order) {
            self.ledger.order(&order_of(record, self.sizes.0));
        }
        if is(RecordKind::Link) && record.status == LinkStatus::Lost as u8 {
            self.ledger.faults.push("the connector is lost".into());
        }
        if !is(RecordKind::Text) && !is(RecordKind::Balance) {
            self.last.push(format!("{record:?}"));
        }
    }

    /// What may explain a failure.
    pub fn story(&self) -> String {
        let last = &self.last[self.last.len().saturating_sub(20)..];
        let counters = self.dispatcher.venue().counters();
        format!("{counters:?}; {:?}; {last:#?}", self.core.stats())
    }

    /// What the bot itself holds and the records do not say, or nothing: an order that is not settled, or
    /// is another one than was reported.
    pub fn unsettled(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (id, order) in self.core.bot().orders(0) {
            let reported = self.ledger.orders.get(id).map(|known| &known.last);
            let is_reported = reported.is_some_and(|reported| {
                (reported.status, reported.req) == (order.status, order.req)
                    && reported.leaves_qty == order.leaves_qty
            });
            if !is_reported || order.req != Status::None {
                out.push(format!("order {id}: reported {reported:?}, held {order:?}"));
            }
        }
        if self.core.bot().orders(0).len() != self.ledger.orders.len() {
            out.push("an order is not held any more".into());
        }
        let depth = self.core.bot().depth(0);
        let mut levels = Vec::new();
        for (reported, side) in self.ledger.book.iter().zip([Side::Buy, Side::Sell]) {
            depth.top(side, usize::MAX, &mut levels);
            let held: BTreeMap<i64, f64> = levels.iter().copied().collect();
            if *reported != held {
                out.push(format!("{side:?}: reported {reported:?}, held {held:?}"));
            }
        }
        if self.ledger.position.is_nan() {
            out.push("the position is not known".into());
        }
        out
    }

    pub fn submit(&mut self, id: u64, side: Side, price_tick: i64, qty: f64, tif: TimeInForce) {
        let request = OrderRequest {
            order_id: id,
            price: self.price(price_tick),
            qty,
            side,
            time_in_force: tif,
            order_type: OrdType::Limit,
        };
        self.core.submit(0, request, 0).unwrap();
    }

    /// False when the bot refuses it: a request is pending, or the order has ended.
    pub fn cancel(&mut self, id: u64) -> bool {
        self.core.cancel(0, id, 0).is_ok()
    }

    /// As [`cancel`](Self::cancel).
    pub fn amend(&mut self, id: u64, price_tick: i64, qty: f64) -> bool {
        let price = self.price(price_tick);
        self.core.modify(0, id, price, qty, 0).is_ok()
    }

    pub fn cancel_all(&mut self) {
        self.core.cancel_all(0).unwrap();
    }

    /// The bot registers again.
    pub fn register(&mut self) {
        self.core.resync(0).unwrap();
    }

    /// Ids of the orders that are open as far as the bot knows.
    pub fn open(&self) -> Vec<u64> {
        let held = self.core.bot().orders(0).values();
        let open = held.filter(|order| order.active());
        let mut ids: Vec<u64> = open.map(|order| order.order_id).collect();
        ids.sort_unstable();
        ids
    }

    #[expect(clippy::cast_precision_loss, reason = "ticks")]
    fn price(&self, tick: i64) -> f64 {
        tick as f64 * self.sizes.0
    }
}

fn order_of(record: &Record, tick: f64) -> Order {
    let side = match record.side {
        1 => Side::Buy,
        _ => Side::Sell,
    };
    let mut order = Order::new(
        record.order_id,
        record.value,
        tick,
        record.qty,
        side,
        OrdType::Limit,
        TimeInForce::GTC,
    );
    order.status = status_of(record.status);
    order.req = status_of(record.req);
    order.exch_timestamp = record.exch_ts_ns;
    order.local_timestamp = record.local_ts_ns;
    order.leaves_qty = record.leaves_qty;
    order.exec_qty = record.exec_qty;
    order
}

fn status_of(code: u8) -> Status {
    let all = [
        Status::None,
        Status::New,
        Status::Expired,
        Status::Filled,
        Status::Canceled,
        Status::PartiallyFilled,
        Status::Rejected,
        Status::Replaced,
    ];
    let known = all.into_iter().find(|status| *status as u8 == code);
    known.unwrap_or(Status::Unsupported)
}
