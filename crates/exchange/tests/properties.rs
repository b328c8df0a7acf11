//! Properties that hold whatever is sent.

mod support;

use std::collections::BTreeMap;

use hbl_exchange::{
    AmendOrder, CancelAll, CancelOrder, EventBody, Exchange, ExchangeConfig, ExchangeEvent, Faults,
    FillSimulator, FlowConfig, Instrument, Latency, NewOrder, OrderStatus, OrderType, QueueModel,
    Request, SelfTrade,
    Side::{self, Buy, Sell},
    TimeInForce,
};
use proptest::prelude::*;
use support::Rebuilt;

const ACCOUNTS: u64 = 3;
const TICK: f64 = 0.5;
const LOT: f64 = 0.1;

/// A request some time after the one before.
type Step = (i64, Request);

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Buy), Just(Sell)]
}

fn tif() -> impl Strategy<Value = TimeInForce> {
    use TimeInForce::{Fok, Gtc, Gtx, Ioc};
    prop_oneof![4 => Just(Gtc), 1 => Just(Gtx), 1 => Just(Ioc), 1 => Just(Fok)]
}

/// Prices around 100 ticks; some do not fit.
fn px() -> impl Strategy<Value = f64> {
    prop_oneof![
        20 => (95_i32..=105).prop_map(|tick| f64::from(tick) * TICK),
        1 => Just(f64::NAN),
        1 => Just(50.3),
        1 => Just(-1.0),
    ]
}

fn qty() -> impl Strategy<Value = f64> {
    prop_oneof![
        20 => (1_i32..=30).prop_map(|lots| f64::from(lots) * LOT),
        1 => Just(0.0),
        1 => Just(0.05),
        1 => Just(f64::INFINITY),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let new = (
        1..=ACCOUNTS,
        1_u64..12,
        side(),
        px(),
        qty(),
        tif(),
        any::<u8>(),
    )
        .prop_map(|(account, client_id, side, px, qty, tif, kind)| {
            let order_type = if kind < 32 {
                OrderType::Market
            } else {
                OrderType::Limit
            };
            NewOrder {
                account,
                symbol: 0,
                client_id,
                side,
                order_type,
                tif,
                px,
                qty,
            }
            .into()
        });
    let cancel = (1..=ACCOUNTS, 1_u64..12).prop_map(|(account, client_id)| {
        CancelOrder {
            account,
            symbol: 0,
            client_id,
        }
        .into()
    });
    let amend = (
        1..=ACCOUNTS,
        1_u64..12,
        proptest::option::of(px()),
        proptest::option::of(qty()),
    )
        .prop_map(|(account, client_id, px, qty)| {
            AmendOrder {
                account,
                symbol: 0,
                client_id,
                px,
                qty,
            }
            .into()
        });
    let all = (1..=ACCOUNTS).prop_map(|account| {
        CancelAll {
            account,
            symbol: None,
        }
        .into()
    });
    prop_oneof![20 => new, 4 => cancel, 4 => amend, 1 => all]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec((0_i64..3_000_000, request()), 1..120)
}

fn policy() -> impl Strategy<Value = SelfTrade> {
    prop_oneof![
        Just(SelfTrade::ExpireTaker),
        Just(SelfTrade::ExpireMaker),
        Just(SelfTrade::Allow)
    ]
}

fn spec() -> Instrument {
    Instrument::new("X", TICK, LOT)
        .and_then(|s| s.with_fees(-0.0003, 0.0007))
        .expect("valid")
}

fn flow() -> FlowConfig {
    FlowConfig {
        initial_px: 50.0,
        level_rate_hz: 2000.0,
        trade_rate_hz: 400.0,
        volatility: 0.05,
        levels: 10,
        level_qty: 2.0,
        trade_qty: 1.0,
        ..FlowConfig::default()
    }
}

fn noisy(seed: u64) -> ExchangeConfig {
    let latency = Latency {
        entry_ns: 50_000,
        entry_jitter_ns: 900_000,
        response_ns: 10_000,
        response_jitter_ns: 2_000_000,
        feed_ns: 5_000,
        feed_jitter_ns: 1_000_000,
    };
    let faults = Faults {
        reject: 0.05,
        lose: 0.05,
        delay: 0.05,
        delay_ns: 5_000_000,
        duplicate: 0.05,
    };
    ExchangeConfig {
        seed,
        latency,
        faults,
        ..ExchangeConfig::default()
    }
}

fn exchange(config: ExchangeConfig, flow: Option<FlowConfig>) -> Exchange {
    let mut exchange = Exchange::new(config, 0).expect("valid");
    exchange.add_instrument(spec(), flow).expect("valid");
    exchange
}

/// Sends all, and waits until nothing of it is on its way.
fn play(exchange: &mut Exchange, steps: &[Step]) -> Vec<ExchangeEvent> {
    let mut out = Vec::new();
    let mut now_ns = 0;
    for &(wait_ns, request) in steps {
        now_ns += wait_ns;
        exchange.submit(now_ns, request);
        exchange.advance(now_ns, &mut out);
    }
    exchange.advance(now_ns + 20_000_000, &mut out);
    out
}

/// What the fills reported to an account add up to: lots, cash and fees.
#[derive(Debug, Default)]
struct Sums {
    lots: i64,
    cash: f64,
    fees: f64,
}

fn sums(events: &[ExchangeEvent]) -> BTreeMap<u64, Sums> {
    let spec = spec();
    let mut sums: BTreeMap<u64, Sums> = BTreeMap::new();
    for event in events {
        if let EventBody::Order(o) = event.body {
            let sum = sums.entry(o.account).or_default();
            let sign = o.side.sign();
            sum.lots += sign * o.last_lots;
            sum.cash -= sign as f64 * spec.px(o.last_px_tick) * spec.qty(o.last_lots) + o.fee;
            sum.fees += o.fee;
        }
    }
    sums
}

/// Every order report follows from the one before; times only grow.
fn check_orders(events: &[ExchangeEvent]) {
    let mut open: BTreeMap<u64, (i64, i64)> = BTreeMap::new();
    let mut times: BTreeMap<u64, i64> = BTreeMap::new();
    let mut delivered_ns = i64::MIN;
    for event in events {
        assert!(event.deliver_ts_ns >= event.exch_ts_ns);
        assert!(
            event.deliver_ts_ns >= delivered_ns,
            "delivered out of order"
        );
        delivered_ns = event.deliver_ts_ns;
        let EventBody::Order(o) = event.body else {
            continue;
        };
        let before = times.insert(o.account, event.exch_ts_ns);
        assert!(
            before.is_none_or(|ns| ns < event.exch_ts_ns),
            "an order's time stood still"
        );
        let (leaves, cum) = open.get(&o.order_id).copied().unwrap_or((o.qty_lots, 0));
        match o.status {
            OrderStatus::New => assert!(!open.contains_key(&o.order_id)),
            OrderStatus::PartiallyFilled | OrderStatus::Filled => {
                assert_eq!(o.cum_lots, cum + o.last_lots);
                assert_eq!(o.leaves_lots, leaves - o.last_lots);
                assert!(o.last_lots > 0 && o.trade_id > 0);
                assert_eq!(o.status == OrderStatus::Filled, o.leaves_lots == 0);
                let better = o.side.sign() * (o.px_tick - o.last_px_tick) >= 0;
                assert!(
                    better || o.order_type == OrderType::Market,
                    "beyond the limit"
                );
            }
            OrderStatus::Replaced => assert!(o.leaves_lots > 0 && o.cum_lots == cum),
            OrderStatus::Canceled | OrderStatus::Expired => assert_eq!(o.leaves_lots, 0),
            OrderStatus::Rejected => {
                assert_eq!((o.order_id, o.leaves_lots, o.cum_lots), (0, 0, 0));
                continue;
            }
        }
        if o.status.is_final() {
            // Kept, so that whatever comes after the end is noticed.
            open.insert(o.order_id, (i64::MIN, i64::MIN));
        } else {
            assert_eq!(o.leaves_lots + o.cum_lots, o.qty_lots);
            open.insert(o.order_id, (o.leaves_lots, o.cum_lots));
        }
        assert!(leaves != i64::MIN, "an order spoke after its end");
    }
}

/// The published levels never cross and end at the exchange's book.
fn check_book(exchange: &Exchange, events: &[ExchangeEvent], never_empty: bool) {
    let mut book = Rebuilt::default();
    let mut filled = [false; 2];
    for event in events {
        if let EventBody::Level(level) = event.body {
            assert!(level.qty_lots >= 0 && level.px_tick > 0);
            book.apply(level.side, level.px_tick, level.qty_lots);
            assert!(!book.is_crossed(), "{book:?}");
            for (side, was) in [Buy, Sell].into_iter().zip(&mut filled) {
                let is = book.best(side).is_some();
                assert!(is || !*was || !never_empty, "the book became empty");
                *was = is;
            }
        }
    }
    for side in [Buy, Sell] {
        assert_eq!(
            book.levels(side),
            exchange.book(0, side).collect::<Vec<_>>()
        );
    }
}

fn resting(exchange: &Exchange, side: Side) -> BTreeMap<i64, i64> {
    let mut levels = BTreeMap::new();
    for account in 1..=ACCOUNTS {
        for order in exchange.open_orders(account).filter(|o| o.side == side) {
            *levels.entry(order.px_tick).or_insert(0) += order.leaves_lots;
        }
    }
    levels
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn levels_equal_the_sum_of_open_orders(steps in steps(), self_trade in policy()) {
        let mut ex = exchange(ExchangeConfig { self_trade, ..Default::default() }, None);
        let events = play(&mut ex, &steps);
        check_book(&ex, &events, false);
        check_orders(&events);
        for side in [Buy, Sell] {
            let levels: BTreeMap<_, _> = ex.book(0, side).collect();
            prop_assert_eq!(levels, resting(&ex, side));
        }
        let traded: i64 = support::trades(&events).iter().map(|t| t.qty_lots).sum();
        let executed = |maker: bool| -> i64 {
            let reports = support::orders(&events);
            reports.iter().filter(|o| o.maker == maker).map(|o| o.last_lots).sum()
        };
        prop_assert_eq!((executed(true), executed(false)), (traded, traded));
    }

    #[test]
    fn the_book_is_never_crossed_with_a_background_and_holds_our_orders(steps in steps()) {
        let mut ex = exchange(ExchangeConfig::default(), Some(flow()));
        let events = play(&mut ex, &steps);
        check_book(&ex, &events, false);
        check_orders(&events);
        for side in [Buy, Sell] {
            let levels: BTreeMap<_, _> = ex.book(0, side).collect();
            prop_assert!(levels.len() >= 4);
            for (px_tick, lots) in resting(&ex, side) {
                prop_assert!(levels.get(&px_tick).is_some_and(|&all| all >= lots));
            }
        }
    }

    #[test]
    fn positions_and_cash_equal_what_the_fills_add_up_to(steps in steps(), self_trade in policy()) {
        let config = ExchangeConfig { self_trade, ..ExchangeConfig::default() };
        let mut ex = exchange(config, Some(flow()));
        let events = play(&mut ex, &steps);
        let sums = sums(&events);
        for (&account, sum) in &sums {
            let (position, balance) = (ex.position(account, 0), ex.balance(account));
            prop_assert_eq!(position.qty_lots, sum.lots);
            prop_assert!((balance.cash - 1e6 - sum.cash).abs() < 1e-6);
            prop_assert!((balance.fees - sum.fees).abs() < 1e-9);
            prop_assert!((position.fees - sum.fees).abs() < 1e-9);
            let open = position.entry_px * sum.lots as f64 * LOT;
            prop_assert!((balance.wallet - (balance.cash + open)).abs() < 1e-6);
        }
        // The last reports agree with them.
        let mut last = BTreeMap::new();
        for event in &events {
            match event.body {
                EventBody::Position(p) => { last.insert((p.account, 0), p.qty_lots as f64); }
                EventBody::Balance(b) => { last.insert((b.account, 1), b.cash); }
                _ => {}
            }
        }
        for ((account, kind), value) in last {
            let now = match kind {
                0 => ex.position(account, 0).qty_lots as f64,
                _ => ex.balance(account).cash,
            };
            prop_assert_eq!(value, now);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_events_however_time_is_cut(steps in steps(), seed in 0_u64..9) {
        let run = |seed| play(&mut exchange(noisy(seed), Some(flow())), &steps);
        let first = run(seed);
        prop_assert_eq!(&first, &run(seed));
        prop_assert_ne!(&first, &run(seed + 1));
        // Event by event instead of request by request.
        let mut ex = exchange(noisy(seed), Some(flow()));
        let mut out = Vec::new();
        let mut now_ns = 0;
        for &(wait_ns, request) in &steps {
            now_ns += wait_ns;
            ex.submit(now_ns, request);
            while let Some(due_ns) = ex.next_due_ns().filter(|&ns| ns <= now_ns) {
                ex.advance(due_ns, &mut out);
            }
        }
        while let Some(due_ns) = ex.next_due_ns().filter(|&ns| ns <= now_ns + 20_000_000) {
            ex.advance(due_ns, &mut out);
        }
        prop_assert_eq!(&first, &out);
    }

    #[test]
    fn faults_and_latency_leave_the_book_and_the_accounts_true(steps in steps(), seed in 0_u64..99) {
        let mut ex = exchange(noisy(seed), Some(flow()));
        let mut out = Vec::new();
        let mut now_ns = 0;
        for &(wait_ns, request) in &steps {
            now_ns += wait_ns;
            prop_assert!(ex.submit(now_ns, request) >= now_ns + 50_000);
            ex.advance(now_ns, &mut out);
            prop_assert!(out.iter().all(|e| e.deliver_ts_ns <= now_ns));
        }
        for account in 1..=ACCOUNTS {
            let (position, balance) = (ex.position(account, 0), ex.balance(account));
            let open = position.entry_px * position.qty_lots as f64 * LOT;
            prop_assert!((balance.cash + open - balance.wallet).abs() < 1e-6);
        }
    }

    #[test]
    fn fok_is_all_or_nothing_and_gtx_never_takes(steps in steps(), self_trade in policy()) {
        let config = ExchangeConfig { self_trade, ..ExchangeConfig::default() };
        let mut ex = exchange(config, Some(flow()));
        let events = play(&mut ex, &steps);
        let mut fok: BTreeMap<u64, (i64, i64)> = BTreeMap::new();
        for o in support::orders(&events) {
            if o.tif == TimeInForce::Gtx && o.last_lots > 0 {
                prop_assert!(o.maker, "a post-only order took");
            }
            if o.tif == TimeInForce::Fok && o.order_id > 0 {
                prop_assert!(!o.maker);
                let filled = fok.entry(o.order_id).or_insert((0, o.qty_lots));
                filled.0 += o.last_lots;
            }
        }
        for (order_id, (filled, ordered)) in fok {
            prop_assert!(filled == 0 || filled == ordered, "order {order_id}: {filled}/{ordered}");
        }
    }

    #[test]
    fn simulated_fills_reconcile_and_never_exceed_what_was_displayed(
        steps in steps(),
        feed in proptest::collection::vec((any::<bool>(), side(), 95_i64..=105, 0_i64..40), 120),
        power in any::<bool>(),
    ) {
        let model = if power { QueueModel::ProbPower { n: 2.0 } } else { QueueModel::RiskAverse };
        let mut ex = FillSimulator::new(ExchangeConfig::default(), model, 0).expect("valid");
        ex.add_instrument(spec()).expect("new");
        let mut out = Vec::new();
        let mut now_ns = 0;
        let mut displayed = 0;
        for (&(wait_ns, request), &(is_trade, side, px_tick, lots)) in steps.iter().zip(&feed) {
            now_ns += wait_ns;
            if is_trade {
                ex.apply_trade(now_ns, 0, side, px_tick, lots).expect("known");
            } else {
                displayed += lots;
                ex.apply_level(now_ns, 0, side, px_tick, lots).expect("known");
            }
            ex.submit(now_ns, request);
            ex.advance(now_ns, &mut out);
        }
        ex.advance(now_ns + 1_000_000, &mut out);
        check_orders(&out);
        let taken: i64 =
            support::orders(&out).iter().filter(|o| !o.maker).map(|o| o.last_lots).sum();
        prop_assert!(taken <= displayed);
        for (account, sum) in sums(&out) {
            prop_assert_eq!(ex.position(account, 0).qty_lots, sum.lots);
            prop_assert!((ex.balance(account).cash - 1e6 - sum.cash).abs() < 1e-6);
        }
    }
}
