//! A bot on one thread with a connector's end beside it.

use std::{
    ptr::NonNull,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use hbl_livebot::{
    Book, BotConfig, InstrumentConfig, LadderMarketDepth, LiveCore, Outcome, RECORD_BYTES, Record,
    RecordKind, STATE_BYTES, WaitConfig,
};
use hbl_wire::{Capabilities, ConnectorPort, Destination, Hello, Orders, Request};
use hftbacktest::types::{
    Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, OrdType, Order, OrderRequest, Side,
    Status, TimeInForce,
};

pub const TIMEOUT: Duration = Duration::from_secs(3);
pub const SYMBOL: &str = "BTCUSDT";

pub fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "t-livebot-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

pub fn connector(name: &str) -> ConnectorPort {
    connector_with(name, Capabilities::all())
}

pub fn connector_with(name: &str, capabilities: Capabilities) -> ConnectorPort {
    connector_to(
        name,
        capabilities,
        Destination::new(Orders::Simulated, "simulated"),
    )
}

/// A connector whose orders go there.
pub fn connector_to(
    name: &str,
    capabilities: Capabilities,
    destination: Destination,
) -> ConnectorPort {
    let hello = Hello {
        version: "9".into(),
        kind: "test".into(),
        capabilities,
        destination,
    };
    ConnectorPort::open(name, &hello).unwrap()
}

pub fn instrument(connector: &str, symbol: &str) -> InstrumentConfig {
    InstrumentConfig {
        connector: connector.into(),
        symbol: symbol.into(),
        tick_size: 0.5,
        lot_size: 0.001,
        roi_lb: 0.0,
        roi_ub: 1_000.0,
        last_trades_capacity: 3,
    }
}

pub fn config(instruments: Vec<InstrumentConfig>) -> BotConfig {
    BotConfig {
        order_deadline: None,
        only_looks: false,
        instruments,
        bot_id: 0,
        wait: WaitConfig::default(),
        heartbeat_timeout: Duration::from_secs(60),
        // Most tests here are about orders, on books without a level; `book_states` is about the rule.
        require_live_book: false,
    }
}

pub fn level(side: Side, px: f64, qty: f64) -> Event {
    let ev = if side == Side::Buy {
        LOCAL_BID_DEPTH_EVENT
    } else {
        LOCAL_ASK_DEPTH_EVENT
    };
    Event {
        ev,
        exch_ts: 1,
        local_ts: 2,
        px,
        qty,
        order_id: 0,
        ival: 0,
        fval: 0.0,
    }
}

pub fn buy(order_id: u64, price: f64) -> OrderRequest {
    OrderRequest {
        order_id,
        price,
        qty: 1.0,
        side: Side::Buy,
        time_in_force: TimeInForce::GTC,
        order_type: OrdType::Limit,
    }
}

/// A bot with the memory that its records go to.
pub struct Rig<MD> {
    pub core: LiveCore<MD>,
    records: Vec<[u64; RECORD_BYTES / 8]>,
    pub state: Vec<u64>,
}

impl<MD: Book> Rig<MD> {
    pub fn new(config: &BotConfig) -> Self {
        let mut core = LiveCore::<MD>::new(config, true).unwrap();
        let mut records = vec![[0u64; RECORD_BYTES / 8]; 4_096];
        let mut state = vec![0u64; config.instruments.len() * STATE_BYTES / 8];
        let at = |base: *mut u8| NonNull::new(base).unwrap();
        // SAFETY: both vectors live in the rig, are never resized, and outlive the core's writes.
        unsafe {
            core.attach(
                (
                    at(records.as_mut_ptr().cast()),
                    records.len() * RECORD_BYTES,
                ),
                (at(state.as_mut_ptr().cast()), state.len() * 8),
            )
        }
        .unwrap();
        Self {
            core,
            records,
            state,
        }
    }

    /// One wait, and what it wrote.
    pub fn batch(&mut self, timeout: Duration) -> Vec<Record> {
        let timeout_ns = u64::try_from(timeout.as_nanos()).unwrap();
        match self.core.wait_batch(timeout_ns, usize::MAX).unwrap() {
            // SAFETY: a record is plain integers and floats of exactly this size.
            Outcome::Records(n) => self.records[..n]
                .iter()
                .map(|cell| unsafe { core::mem::transmute(*cell) })
                .collect(),
            Outcome::Stopped => panic!("stopped"),
        }
    }

    /// Waits until a record of this kind has come; gives everything up to and with its batch.
    pub fn until(&mut self, kind: RecordKind) -> Vec<Record> {
        let started = Instant::now();
        let mut all = Vec::new();
        while !all.iter().any(|record: &Record| record.kind == kind as u8) {
            assert!(started.elapsed() < TIMEOUT, "no {kind:?} among {all:?}");
            all.extend(self.batch(Duration::from_millis(20)));
        }
        all
    }
}

pub fn kinds(records: &[Record]) -> Vec<u8> {
    records.iter().map(|record| record.kind).collect()
}

pub fn only(records: &[Record], kind: RecordKind) -> Vec<Record> {
    records
        .iter()
        .filter(|record| record.kind == kind as u8)
        .copied()
        .collect()
}

/// The next request; the bot sends as it is pumped, so it is pumped while we look.
pub fn request<MD: Book>(connector: &mut ConnectorPort, rig: &mut Rig<MD>) -> Request {
    let started = Instant::now();
    loop {
        if let Some(request) = connector.recv().unwrap() {
            return request;
        }
        assert!(started.elapsed() < TIMEOUT, "no request came");
        rig.batch(Duration::from_millis(1));
    }
}

/// Waits for a registration; gives the bot that sent it.
pub fn registration<MD: Book>(connector: &mut ConnectorPort, rig: &mut Rig<MD>) -> u64 {
    match request(connector, rig) {
        Request::Register { bot, .. } => bot,
        other => panic!("not a registration: {other:?}"),
    }
}

/// Waits for a new order.
pub fn submission<MD: Book>(connector: &mut ConnectorPort, rig: &mut Rig<MD>) -> Order {
    match request(connector, rig) {
        Request::Submit { order, .. } => order,
        other => panic!("not a new order: {other:?}"),
    }
}

/// Answers a registration with this book and a position.
pub fn answer(
    connector: &mut ConnectorPort,
    to: u64,
    symbol: &str,
    levels: &[Event],
    position: f64,
) {
    connector.send_batch_start(to).unwrap();
    connector.send_position(to, symbol, position, 1).unwrap();
    connector.flush().unwrap();
    for level in levels {
        connector.send_feed(to, symbol, level).unwrap();
        connector.flush().unwrap();
    }
    connector.send_batch_end(to).unwrap();
    connector.flush().unwrap();
}

/// As `depth: 'hashmap'` has it.
pub type HashRig = Rig<LadderMarketDepth>;

/// A bot whose book is ready, and its connector.
pub fn ready(name: &str) -> (ConnectorPort, HashRig) {
    let mut connector = connector(name);
    let mut rig = HashRig::new(&config(vec![instrument(name, SYMBOL)]));
    let bot = registration(&mut connector, &mut rig);
    answer(
        &mut connector,
        bot,
        SYMBOL,
        &[level(Side::Buy, 100.0, 1.0), level(Side::Sell, 101.0, 2.0)],
        0.5,
    );
    rig.until(RecordKind::BookReady);
    (connector, rig)
}

/// The order as a connector reports it.
pub fn accept(order: &Order, status: Status, exch_timestamp: i64) -> Order {
    Order {
        status,
        exch_timestamp,
        req: Status::None,
        ..order.clone()
    }
}
