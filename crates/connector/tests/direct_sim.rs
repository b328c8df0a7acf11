//! A bot with the simulator on its own thread: no process, no shared memory, no second thread.

use std::{
    ptr::NonNull,
    time::{Duration, Instant},
};

use hbl_connector::direct;
use hbl_livebot::{
    BotConfig, InstrumentConfig, LinkStatus, LiveCore, OrderNumbers, RECORD_BYTES, STATE_BYTES,
    WaitConfig, WaitStrategy,
};
use hbl_wire::{Clock, DirectConnector, Orders};
use hftbacktest::{
    depth::{HashMapMarketDepth, MarketDepth},
    types::{Bot, Status},
};

const SLICE_NS: u64 = 20_000_000;
const SOON: Duration = Duration::from_secs(5);

/// A bot on a simulator of its own thread.
struct Rig {
    core: LiveCore<HashMapMarketDepth>,
    _records: Vec<u64>,
    _state: Vec<u64>,
}

fn instrument(connector: &str, symbol: &str) -> InstrumentConfig {
    InstrumentConfig {
        connector: connector.into(),
        symbol: symbol.into(),
        tick_size: 0.1,
        lot_size: 0.001,
        roi_lb: 0.0,
        roi_ub: 0.0,
        last_trades_capacity: 100,
    }
}

fn config(strategy: WaitStrategy, connector: &str) -> BotConfig {
    BotConfig {
        instruments: vec![instrument(connector, "BTCUSDT")],
        bot_id: 0,
        wait: WaitConfig {
            strategy,
            ..WaitConfig::default()
        },
        order_deadline: None,
        only_looks: false,
        heartbeat_timeout: SOON,
        require_live_book: true,
    }
}

fn connector(words: &[&str]) -> Box<dyn DirectConnector> {
    Box::new(direct::open(words, &|_| None, &Clock::Real).unwrap())
}

impl Rig {
    fn new(strategy: WaitStrategy) -> Self {
        let config = config(strategy, "mine");
        let sim = connector(&["mine", "sim", "BTCUSDT", "--seed", "7"]);
        let mut core = LiveCore::with_direct(&config, false, vec![sim]).unwrap();
        let mut records = vec![0u64; 4096 * RECORD_BYTES / 8];
        let mut state = vec![0u64; STATE_BYTES / 8];
        let place = |words: &mut Vec<u64>| {
            let bytes = words.len() * 8;
            (NonNull::new(words.as_mut_ptr().cast()).unwrap(), bytes)
        };
        // SAFETY: both live as long as the bot, which is dropped first.
        unsafe { core.attach(place(&mut records), place(&mut state)) }.unwrap();
        Self {
            core,
            _records: records,
            _state: state,
        }
    }

    fn until(
        &mut self,
        what: &str,
        mut is_there: impl FnMut(&LiveCore<HashMapMarketDepth>) -> bool,
    ) {
        let start = Instant::now();
        while !is_there(&self.core) {
            assert!(start.elapsed() < SOON, "{what}");
            self.core.wait_batch(SLICE_NS, 4_000).unwrap();
        }
    }

    fn quoted(&mut self) -> f64 {
        self.until("the book comes", |core| {
            core.bot().depth(0).best_bid().is_finite()
        });
        self.core.bot().depth(0).best_bid()
    }
}

#[test]
fn book_orders_and_fills_come_with_every_wait_strategy() {
    for strategy in [
        WaitStrategy::Spin,
        WaitStrategy::Yield,
        WaitStrategy::Adaptive,
        WaitStrategy::Park,
    ] {
        let mut rig = Rig::new(strategy);
        let bid = rig.quoted();
        let link = &rig.core.links()[0];
        assert_eq!(link.status, LinkStatus::Connected);
        assert_eq!(link.info.destination.orders, Orders::Simulated);

        let order = OrderNumbers {
            price: bid - 100.0,
            ..numbers(0.01)
        };
        rig.core.submit(0, order.request(1).unwrap(), 0).unwrap();
        rig.until("the order rests", |core| {
            core.order(0, 1)
                .is_some_and(|order| order.status == Status::New && order.req == Status::None)
        });
        rig.core.cancel(0, 1, 0).unwrap();
        rig.until("it is cancelled", |core| {
            core.order(0, 1)
                .is_none_or(|order| order.status == Status::Canceled)
        });
        let order = OrderNumbers {
            price: bid + 100.0,
            ..numbers(0.01)
        };
        rig.core.submit(0, order.request(2).unwrap(), 0).unwrap();
        rig.until("the order fills", |core| {
            (core.position(0) - 0.01).abs() < 1e-9
        });
        let stats = rig.core.stats();
        assert!(
            stats.received > 0 && stats.lost == 0 && stats.decode_errors == 0,
            "{stats:?}"
        );
    }
}

fn numbers(qty: f64) -> OrderNumbers {
    OrderNumbers {
        side: 1,
        price: 0.0,
        qty,
        order_type: 0,
        time_in_force: 0,
    }
}

#[test]
fn a_stop_ends_orders_that_live_in_the_simulator() {
    let mut rig = Rig::new(WaitStrategy::Adaptive);
    let bid = rig.quoted();
    let order = OrderNumbers {
        price: bid - 100.0,
        ..numbers(0.01)
    };
    rig.core.submit(0, order.request(1).unwrap(), 0).unwrap();
    let start = Instant::now();
    let left = loop {
        if let Some(left) = rig.core.stop_direct(SLICE_NS) {
            break left;
        }
        assert!(start.elapsed() < SOON);
    };
    assert!(left.is_empty(), "{left:?}");
    rig.core.wait_batch(0, 4_000).unwrap();
    rig.core.wait_batch(SLICE_NS, 4_000).unwrap();
    let order = rig.core.order(0, 1);
    assert!(order.is_none_or(|order| !order.active()), "{order:?}");
}

#[test]
fn a_connector_that_no_instrument_names_is_refused() {
    let config = config(WaitStrategy::Park, "mine");
    let other = connector(&["other", "sim", "BTCUSDT"]);
    let refused = LiveCore::<HashMapMarketDepth>::with_direct(&config, false, vec![other]);
    let text = refused.err().map(|error| error.to_string());
    assert!(text.is_some_and(|text| text.contains("'other'")));
}
