//! A bot with the simulator on its own thread under a virtual clock: waits take no time, and a run repeats.

use std::{ptr::NonNull, time::Duration};

use hbl_connector::direct;
use hbl_livebot::{
    BotConfig, InstrumentConfig, LiveCore, OrderNumbers, RECORD_BYTES, STATE_BYTES, WaitConfig,
};
use hbl_wire::{Clock, DirectConnector, Fault, VirtualClock};
use hftbacktest::{
    depth::{HashMapMarketDepth, MarketDepth},
    types::{Bot, ElapseResult, Status},
};

const START_NS: i64 = 1_700_000_000_000_000_000;
const SECOND_NS: u64 = 1_000_000_000;

struct Rig {
    core: LiveCore<HashMapMarketDepth>,
    clock: VirtualClock,
    records: Vec<u64>,
    _state: Vec<u64>,
}

fn config(connector: &str) -> BotConfig {
    BotConfig {
        instruments: vec![InstrumentConfig {
            connector: connector.into(),
            symbol: "BTCUSDT".into(),
            tick_size: 0.1,
            lot_size: 0.001,
            roi_lb: 0.0,
            roi_ub: 0.0,
            last_trades_capacity: 0,
        }],
        bot_id: 0,
        wait: WaitConfig::default(),
        order_deadline: None,
        only_looks: false,
        heartbeat_timeout: Duration::from_secs(5),
        require_live_book: true,
    }
}

fn sim(clock: &Clock) -> Box<dyn DirectConnector> {
    let words = ["mine", "sim", "BTCUSDT", "--seed", "7"];
    Box::new(direct::open(&words, &|_| None, clock).expect("a simulator"))
}

impl Rig {
    fn new() -> Self {
        let clock = VirtualClock::new(START_NS);
        let sim = sim(&Clock::Virtual(clock.clone()));
        let mut core =
            LiveCore::with_direct(&config("mine"), false, vec![sim]).expect("a bot of its own");
        let mut records = vec![0u64; 4096 * RECORD_BYTES / 8];
        let mut state = vec![0u64; STATE_BYTES / 8];
        let place = |words: &mut Vec<u64>| {
            let bytes = words.len() * 8;
            let base = NonNull::new(words.as_mut_ptr().cast()).expect("not null");
            (base, bytes)
        };
        // SAFETY: both live as long as the bot, which is dropped first.
        unsafe { core.attach(place(&mut records), place(&mut state)) }.expect("room");
        Self {
            core,
            clock,
            records,
            _state: state,
        }
    }

    /// Waits until `ns` after the start, and adds the bytes of all records to `seen`.
    fn run_to(&mut self, ns: u64, seen: &mut Vec<u64>) {
        let until_ns = VirtualClock::START_MONO_NS + ns;
        while self.clock.monotonic_ns() < until_ns {
            let left_ns = until_ns - self.clock.monotonic_ns();
            self.core.wait_batch(left_ns, 4_000).expect("a wait");
            let words = self.core.record_count() * RECORD_BYTES / 8;
            seen.extend_from_slice(&self.records[..words]);
        }
    }

    fn buy(&mut self, id: u64, below: f64) {
        let price = self.core.bot().depth(0).best_bid() - below;
        let order = OrderNumbers {
            side: 1,
            price: (price * 10.0).round() / 10.0,
            qty: 0.01,
            order_type: 0,
            time_in_force: 0,
        };
        let request = order.request(id).expect("an order");
        self.core.submit(0, request, 0).expect("sent");
    }
}

/// Everything that a bot sees of a few orders.
fn played() -> Vec<u64> {
    let mut rig = Rig::new();
    let mut seen = Vec::new();
    for n in 1..20 {
        rig.run_to(n * SECOND_NS / 4, &mut seen);
        rig.buy(n, if n % 3 == 0 { 100.0 } else { 0.0 });
        if n % 5 == 0 {
            rig.core.cancel_all(0).expect("sent");
        }
        if n == 7 {
            assert!(rig.core.inject(0, Fault::Gap));
            assert!(rig.core.inject(0, Fault::Disconnect { for_ns: 50_000_000 }));
        }
    }
    rig.run_to(10 * SECOND_NS, &mut seen);
    assert!(rig.core.stats().gaps > 0);
    seen
}

#[test]
fn a_run_repeats_to_the_byte() {
    let (first, second) = (played(), played());
    assert!(first.len() > 10_000 && first == second);
}

#[test]
fn a_wait_ends_at_its_time_and_orders_are_stamped_by_the_virtual_clock() {
    let mut rig = Rig::new();
    rig.run_to(SECOND_NS, &mut Vec::new());
    assert_eq!(rig.core.current_timestamp(), START_NS + 1_000_000_000);
    rig.buy(1, 100.0);
    let order = rig.core.order(0, 1).expect("it is there at once");
    assert_eq!(
        (order.req, order.local_timestamp),
        (Status::New, START_NS + 1_000_000_000)
    );
    rig.run_to(2 * SECOND_NS, &mut Vec::new());
    let order = rig.core.order(0, 1).expect("it rests");
    assert_eq!((order.status, order.req), (Status::New, Status::None));
    let (sent, _, answered) = rig.core.order_latency(0).expect("it was answered");
    assert_eq!(sent, START_NS + 1_000_000_000);
    assert!(
        (sent..sent + 1_000_000_000).contains(&answered),
        "{answered}"
    );
    rig.core.cancel(0, 1, 0).expect("sent");
    rig.run_to(3 * SECOND_NS, &mut Vec::new());
    let order = rig.core.order(0, 1).map(|order| order.status);
    assert_eq!(order, Some(Status::Canceled));
}

#[test]
fn hftbacktests_own_waits_last_their_virtual_time() {
    let mut rig = Rig::new();
    // A wait may end early, for work of the bot's own: a program waits again.
    let until_ns = rig.clock.monotonic_ns() + 3 * SECOND_NS;
    while rig.clock.monotonic_ns() < until_ns {
        let left_ns = until_ns - rig.clock.monotonic_ns();
        assert_eq!(rig.core.elapse(left_ns).ok(), Some(ElapseResult::Ok));
    }
    assert_eq!(rig.clock.monotonic_ns(), until_ns);
    rig.buy(1, 100.0);
    let mut answered = Some(ElapseResult::Ok);
    while answered == Some(ElapseResult::Ok) {
        answered = rig.core.wait_order_response(0, 1, SECOND_NS).ok();
    }
    assert_eq!(answered, Some(ElapseResult::OrderResponse));
}

#[test]
fn a_stepped_wall_clock_leaves_the_waits() {
    let mut rig = Rig::new();
    rig.run_to(SECOND_NS, &mut Vec::new());
    assert!(rig.core.step_wall_clock(-5_000_000_000));
    rig.run_to(2 * SECOND_NS, &mut Vec::new());
    assert_eq!(rig.core.current_timestamp(), START_NS - 3_000_000_000);
}

#[test]
fn a_virtual_clock_is_refused_beside_other_clocks_and_networks() {
    let clock = || Clock::Virtual(VirtualClock::new(START_NS));
    let other = LiveCore::<HashMapMarketDepth>::with_direct(
        &config("mine"),
        false,
        vec![sim(&clock()), sim(&clock())],
    );
    let text = other.err().map(|error| error.to_string());
    assert!(text.is_some_and(|text| text.contains("one clock")));

    let mut two = config("mine");
    two.instruments.push(InstrumentConfig {
        connector: "shared".into(),
        ..two.instruments[0].clone()
    });
    let other = LiveCore::<HashMapMarketDepth>::with_direct(&two, false, vec![sim(&clock())]);
    let text = other.err().map(|error| error.to_string());
    assert!(text.is_some_and(|text| text.contains("'shared'")));

    let words = ["b", "bybit"];
    let refused = direct::open(&words, &|_| None, &clock()).err();
    let text = refused.map(|error| error.to_string());
    assert!(text.is_some_and(|text| text.contains("virtual clock")));
}

#[test]
fn the_machines_clock_takes_no_faults() {
    let sim = sim(&Clock::Real);
    let mut core = LiveCore::<HashMapMarketDepth>::with_direct(&config("mine"), false, vec![sim])
        .expect("a bot of its own");
    assert!(!core.inject(0, Fault::Gap));
    assert!(!core.step_wall_clock(1));
}
