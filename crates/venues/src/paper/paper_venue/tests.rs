use std::cell::RefCell;
use std::rc::Rc;

use hbl_exchange::{Latency, Limits, Reject as ExchangeReject};
use hftbacktest::types::{OrdType, Side as OrderSide, Status, TimeInForce};

use super::*;
use crate::kit::notice::Notice;
use crate::kit::test_venue::{Script, ScriptedVenue, ask, batch, bid, bought, feed, sold};
use crate::kit::venue::OrderReport;
use crate::sim::SimVenue;
use crate::sim::config::SimConfig;

const MS: i64 = 1_000_000;

fn at(us: u64) -> Now {
    let mono_ns = 1_000_000_000 + us * 1000;
    Now {
        mono_ns,
        unix_ns: 1_700_000_000_000_000_000 + mono_ns as i64,
    }
}

fn instant() -> PaperConfig {
    PaperConfig {
        latency: Latency::default(),
        ..PaperConfig::default()
    }
}

struct Bench {
    venue: PaperVenue<ScriptedVenue>,
    script: Rc<RefCell<Script>>,
    us: u64,
}

impl Bench {
    /// X is registered and has bid 99 × 10, ask 101 × 10.
    fn new(config: &PaperConfig) -> Self {
        let mut bench = Self::empty(config);
        bench.script.borrow_mut().book = vec![bid(99.0, 10.0), ask(101.0, 10.0)];
        assert_eq!(bench.venue.register(at(0), "X", 0.1, 0.001), Ok(0));
        bench
    }

    fn empty(config: &PaperConfig) -> Self {
        let script = Rc::<RefCell<Script>>::default();
        let venue = PaperVenue::new(ScriptedVenue(Rc::clone(&script)), config, at(0)).unwrap();
        Self {
            venue,
            script,
            us: 0,
        }
    }

    fn poll(&mut self) -> Vec<VenueEvent> {
        self.us += 1;
        let mut out = Vec::new();
        self.venue.poll(at(self.us), &mut out);
        out
    }

    /// What happens a millisecond later, when everything is delivered.
    fn settle(&mut self) -> Vec<OrderReport> {
        self.us += 1000;
        reports(self.poll())
    }

    fn says(&mut self, events: impl IntoIterator<Item = VenueEvent>) -> Vec<OrderReport> {
        self.script.borrow_mut().says.extend(events);
        let mut all = reports(self.poll());
        all.extend(self.settle());
        all
    }

    fn send(&mut self, order: NewOrder) -> Vec<OrderReport> {
        self.venue.submit(at(self.us), 0, &order);
        self.settle()
    }
}

fn order(handle: u64, side: OrderSide, px: f64, qty: f64) -> NewOrder {
    NewOrder {
        handle,
        owner: 1,
        order_id: handle,
        price_tick: (px * 10.0).round() as i64,
        qty,
        side,
        order_type: OrdType::Limit,
        time_in_force: TimeInForce::GTC,
        deadline_ns: u64::MAX,
    }
}

fn buy(handle: u64, px: f64, qty: f64) -> NewOrder {
    order(handle, OrderSide::Buy, px, qty)
}

fn reports(events: Vec<VenueEvent>) -> Vec<OrderReport> {
    let report = |event| match event {
        VenueEvent::Order(report) => Some(report),
        _ => None,
    };
    events.into_iter().filter_map(report).collect()
}

/// handle, status, executed quantity, price in ticks.
fn story(reports: &[OrderReport]) -> Vec<(u64, Status, f64, i64)> {
    let line = |r: &OrderReport| (r.handle, r.status, r.exec_qty, r.exec_price_tick);
    reports.iter().map(line).collect()
}

fn refused(reports: &[OrderReport]) -> Vec<i64> {
    let code = |report: &OrderReport| report.reject.as_ref().map(|reject| reject.code);
    reports.iter().filter_map(code).collect()
}

#[test]
fn market_data_passes_unchanged_and_nothing_of_an_order_reaches_the_venue() {
    let mut bench = Bench::new(&instant());
    let mut says = batch([bid(99.0, 0.0), bid(98.9, 1.0), ask(101.0, 3.0)]);
    says.push(feed(bought(101.0, 0.5)));
    says.push(VenueEvent::FeedLive { symbol: 0 });
    says.push(VenueEvent::Notice(Notice::of(1, "reported")));
    bench.script.borrow_mut().says.clone_from(&says);
    assert_eq!(bench.poll(), says);
    let filled = bench.send(buy(1, 101.0, 1.0));
    assert_eq!(
        story(&filled),
        [(1, Status::New, 0.0, 0), (1, Status::Filled, 1.0, 1010)]
    );
    bench.send(buy(2, 98.0, 1.0));
    bench.venue.amend(
        at(bench.us),
        0,
        &Amendment {
            handle: 2,
            price_tick: 970,
            qty: 2.0,
            deadline_ns: u64::MAX,
        },
    );
    bench.settle();
    bench.venue.cancel_all(at(bench.us), 0, &[2]);
    assert_eq!(story(&bench.settle()), [(2, Status::Canceled, 0.0, 0)]);
    assert_eq!(bench.script.borrow().requests, 0);
    assert_eq!(bench.venue.position(0), Some(1.0), "ours, not the venue's");
}

#[test]
fn what_the_venue_tells_of_its_own_account_is_not_shown() {
    let mut bench = Bench::new(&instant());
    let report = bench.send(buy(1, 101.0, 1.0))[0].clone();
    let position = VenueEvent::Position {
        symbol: 0,
        qty: 9.0,
        exch_ts: 1,
    };
    let refused = VenueEvent::RequestReject {
        handle: 1,
        reject: Reject {
            code: 1,
            text: String::new(),
        },
    };
    let says = [VenueEvent::Order(report), position, refused];
    bench.script.borrow_mut().says.extend(says);
    assert_eq!(bench.poll(), []);
    assert_eq!(bench.venue.position(0), Some(1.0));
}

#[test]
fn an_order_meets_the_book_of_the_moment_it_arrives_and_its_answer_takes_its_time() {
    let mut config = instant();
    config.latency.entry_ns = 2 * MS;
    config.latency.response_ns = 3 * MS;
    let mut bench = Bench::new(&config);
    bench.venue.submit(at(0), 0, &buy(1, 102.0, 4.0));
    bench.us = 1000;
    bench.script.borrow_mut().says = batch([ask(101.0, 0.0), ask(101.5, 10.0)]);
    assert!(reports(bench.poll()).is_empty());
    bench.us = 2500;
    assert!(reports(bench.poll()).is_empty(), "the answer is on its way");
    assert_eq!(bench.venue.next_due_ns(), Some(at(5000).mono_ns));
    bench.us = 5100;
    let filled = reports(bench.poll());
    assert_eq!(
        story(&filled),
        [(1, Status::New, 0.0, 0), (1, Status::Filled, 4.0, 1015)]
    );
}

#[test]
fn a_resting_order_waits_in_the_queue_of_its_level() {
    let mut bench = Bench::new(&instant());
    bench.send(buy(1, 99.0, 2.0));
    assert!(bench.says([feed(sold(99.0, 9.0))]).is_empty());
    let filled = bench.says([feed(sold(99.0, 2.5))]);
    assert_eq!(story(&filled), [(1, Status::PartiallyFilled, 1.5, 990)]);
    assert!(filled[0].maker);
    let filled = bench.says([feed(sold(98.9, 0.001))]);
    assert_eq!(story(&filled), [(1, Status::Filled, 0.5, 990)]);
}

#[test]
fn the_queue_model_is_a_setting() {
    let fills_after = |model| {
        let config = PaperConfig {
            queue_model: model,
            ..instant()
        };
        let mut bench = Bench::new(&config);
        bench.send(buy(1, 99.0, 2.0));
        bench.says([feed(bid(99.0, 16.0))]);
        // Half of what was there goes without a trade.
        bench.says([feed(bid(99.0, 8.0))]);
        bench.says([feed(sold(99.0, 7.0))]).len()
    };
    assert_eq!(fills_after(hbl_exchange::QueueModel::RiskAverse), 0);
    let sharing = hbl_exchange::QueueModel::ProbPower { n: 1.0 };
    assert_eq!(fills_after(sharing), 1);
}

#[test]
fn a_stale_feed_fills_nobody_and_refuses_orders_while_cancellations_work() {
    let mut bench = Bench::new(&instant());
    bench.send(buy(1, 99.0, 2.0));
    bench.send(buy(2, 98.0, 2.0));
    bench.says([VenueEvent::FeedStale { symbol: 0 }]);
    let passing = [feed(sold(97.0, 100.0)), feed(ask(98.0, 50.0))];
    assert!(bench.says(passing).is_empty());
    let rejects = bench.send(buy(3, 101.0, 1.0));
    assert_eq!(refused(&rejects), [ExchangeReject::Halted.code()]);
    bench.venue.cancel(at(bench.us), 0, 2);
    assert_eq!(story(&bench.settle()), [(2, Status::Canceled, 0.0, 0)]);
    // The book comes back whole, above the order.
    let mut back = batch([ask(98.0, 0.0), ask(101.0, 10.0)]);
    back.push(VenueEvent::FeedLive { symbol: 0 });
    assert!(bench.says(back).is_empty());
    let filled = bench.send(buy(4, 101.0, 1.0));
    assert_eq!(filled.last().map(|r| r.status), Some(Status::Filled));
}

#[test]
fn a_book_that_is_given_up_and_comes_back_leaves_orders_their_place() {
    let mut bench = Bench::new(&instant());
    bench.send(buy(1, 99.0, 2.0));
    let mut lost = batch([bid(99.0, 0.0), ask(101.0, 0.0)]);
    lost.push(VenueEvent::FeedStale { symbol: 0 });
    assert!(bench.says(lost).is_empty());
    let mut back = batch([bid(99.0, 30.0), ask(101.0, 1.0)]);
    back.push(VenueEvent::FeedLive { symbol: 0 });
    assert!(bench.says(back).is_empty());
    // Ten were ahead, not none and not thirty.
    assert!(bench.says([feed(sold(99.0, 10.0))]).is_empty());
    let filled = bench.says([feed(sold(99.0, 1.0))]);
    assert_eq!(story(&filled), [(1, Status::PartiallyFilled, 1.0, 990)]);
}

#[test]
fn what_the_market_passed_while_it_was_not_seen_is_filled_at_the_orders_price() {
    let mut bench = Bench::new(&instant());
    bench.send(buy(1, 99.0, 2.0));
    let mut says = vec![VenueEvent::FeedStale { symbol: 0 }];
    says.extend(batch([bid(99.0, 0.0), ask(101.0, 0.0), ask(98.0, 9.0)]));
    assert!(bench.says(says).is_empty());
    let filled = bench.says([VenueEvent::FeedLive { symbol: 0 }]);
    assert_eq!(story(&filled), [(1, Status::Filled, 2.0, 990)]);
}

#[test]
fn nothing_is_filled_while_the_venue_is_down_and_stale_symbols_stay_halted_after_it() {
    let mut bench = Bench::new(&instant());
    bench.send(buy(1, 99.0, 2.0));
    bench.says([VenueEvent::Down("gone".into())]);
    assert!(bench.says([feed(sold(98.0, 1.0))]).is_empty());
    assert_eq!(refused(&bench.send(buy(2, 101.0, 1.0))), [1013]);
    bench.says([VenueEvent::FeedStale { symbol: 0 }, VenueEvent::Up]);
    assert_eq!(refused(&bench.send(buy(3, 101.0, 1.0))), [1013]);
    bench.says([VenueEvent::FeedLive { symbol: 0 }]);
    let filled = bench.send(buy(4, 101.0, 1.0));
    assert_eq!(filled.last().map(|r| r.status), Some(Status::Filled));
}

#[test]
fn a_crossed_book_fills_nobody_until_it_is_uncrossed() {
    let mut bench = Bench::new(&instant());
    bench.send(buy(1, 100.0, 2.0));
    assert!(bench.says([feed(ask(98.0, 5.0))]).is_empty());
    assert_eq!(refused(&bench.send(buy(2, 101.0, 1.0))), [1013]);
    let uncrossed = bench.says(batch([ask(98.0, 0.0), ask(100.0, 1.0)]));
    assert_eq!(story(&uncrossed), [(1, Status::PartiallyFilled, 1.0, 1000)]);
}

#[test]
fn a_batch_is_one_change_even_when_it_passes_through_a_crossed_book() {
    let mut bench = Bench::new(&instant());
    bench.send(buy(1, 100.0, 2.0));
    let up = batch([
        ask(99.5, 1.0),
        ask(99.5, 0.0),
        bid(100.5, 1.0),
        ask(101.0, 2.0),
    ]);
    assert!(bench.says(up).is_empty());
    assert_eq!(story(&bench.send(buy(2, 101.0, 1.0)))[1].2, 1.0);
}

#[test]
fn orders_are_refused_until_the_first_book_comes() {
    let mut bench = Bench::empty(&instant());
    assert_eq!(bench.venue.register(at(0), "X", 0.1, 0.001), Ok(0));
    assert_eq!(refused(&bench.send(buy(1, 101.0, 1.0))), [1013]);
    bench.says(batch([bid(99.0, 10.0), ask(101.0, 10.0)]));
    let filled = bench.send(buy(2, 101.0, 1.0));
    assert_eq!(filled.last().map(|r| r.status), Some(Status::Filled));
}

#[test]
fn a_registration_that_the_venue_refuses_is_refused() {
    let mut bench = Bench::empty(&instant());
    let reject = bench.venue.register(at(0), "Z", 0.1, 0.001).unwrap_err();
    assert_eq!(reject.code, codes::SYMBOL_UNKNOWN);
    assert_eq!(bench.venue.sizes("X"), Some((0.1, 0.001)));
    bench.script.borrow_mut().pending_reason = Some("reading".into());
    assert_eq!(bench.venue.pending_reason("X").as_deref(), Some("reading"));
}

#[test]
fn fees_and_balance_are_the_configured_ones() {
    let config = PaperConfig {
        initial_balance: 1000.0,
        leverage: Some(1.0),
        ..instant()
    };
    let mut bench = Bench::new(&config);
    let too_much = bench.send(buy(1, 101.0, 10.0));
    assert_eq!(
        refused(&too_much),
        [ExchangeReject::InsufficientBalance.code()]
    );
    let fits = bench.send(buy(2, 101.0, 9.0));
    assert_eq!(fits.last().map(|r| r.status), Some(Status::Filled));
}

#[test]
fn balances_are_those_of_the_paper_account() {
    let config = PaperConfig {
        initial_balance: 1000.0,
        taker_fee_rate: 0.001,
        coin: "USDC".into(),
        ..instant()
    };
    let mut bench = Bench::new(&config);
    bench.venue.submit(at(bench.us), 0, &buy(1, 101.0, 2.0));
    let reported: Vec<Balance> = (0..3)
        .flat_map(|_| bench.poll())
        .filter_map(|event| match event {
            VenueEvent::Balance(balance) => Some(balance),
            _ => None,
        })
        .collect();
    let [reported] = reported.as_slice() else {
        panic!("{reported:?}")
    };
    let mut known = Vec::new();
    bench.venue.balances(at(bench.us), &mut known);
    for balance in [reported, &known[0]] {
        assert_eq!(balance.coin, "USDC");
        // Two at 101 for a fee of a thousandth, with the middle of the book at 100.
        assert!((balance.wallet_balance - (1000.0 - 0.202)).abs() < 1e-9);
        assert!((balance.unrealised_pnl + 2.0).abs() < 1e-9, "{balance:?}");
        assert!((balance.equity - (1000.0 - 2.202)).abs() < 1e-9);
    }
}

#[test]
fn with_feed_latency_bots_hear_later_than_the_market_moves() {
    let mut config = instant();
    config.latency.feed_ns = 10 * MS;
    let mut bench = Bench::new(&config);
    bench.script.borrow_mut().says = batch([ask(101.0, 0.0), ask(102.0, 5.0)]);
    assert_eq!(bench.poll(), []);
    // The market has moved: what a bot still sees is gone.
    let missed = bench.send(NewOrder {
        time_in_force: TimeInForce::IOC,
        ..buy(1, 101.0, 1.0)
    });
    assert_eq!(missed.last().map(|r| r.status), Some(Status::Expired));
    let best_ask = |bench: &Bench| {
        let mut levels = Vec::new();
        bench.venue.book(at(bench.us), 0, &mut levels);
        let asks: Vec<f64> = levels[1..].iter().map(|level| level.px).collect();
        asks[0]
    };
    assert_eq!(best_ask(&bench), 101.0);
    bench.us = 10_000;
    let heard = bench.poll();
    assert_eq!(heard.len(), 4, "the batch as a whole");
    let local = |event: &VenueEvent| match event {
        VenueEvent::Feed { event, .. } => event.local_ts,
        _ => 0,
    };
    assert_eq!(local(&heard[1]), at(bench.us).unix_ns);
    assert_eq!(best_ask(&bench), 102.0);
}

#[test]
fn a_book_is_whole_when_the_venue_has_it_and_with_feed_latency_when_bots_can_have_it() {
    for feed_ns in [0, 10 * MS] {
        let mut config = instant();
        config.latency.feed_ns = feed_ns;
        let mut bench = Bench::empty(&config);
        bench.script.borrow_mut().without_book = true;
        bench.venue.register(at(0), "X", 0.1, 0.001).unwrap();
        assert!(!bench.venue.is_book_synced(0));
        bench.script.borrow_mut().without_book = false;
        bench.says([VenueEvent::FeedLive { symbol: 0 }]);
        assert_eq!(bench.venue.is_book_synced(0), feed_ns == 0);
        bench.us = 20_000;
        assert_eq!(bench.poll().len(), usize::from(feed_ns > 0));
        assert!(bench.venue.is_book_synced(0));
    }
}

#[test]
fn limits_that_the_venue_has_changed_at_the_same_sizes_count_from_the_next_registration() {
    let rules = |min_qty| {
        let limits = Limits {
            min_qty,
            ..Limits::default()
        };
        Some(OrderRules {
            limits,
            code: |_| Some(4711),
        })
    };
    let mut bench = Bench::empty(&instant());
    bench.script.borrow_mut().book = vec![bid(99.0, 10.0), ask(101.0, 10.0)];
    bench.script.borrow_mut().rules = rules(0.002);
    bench.venue.register(at(0), "X", 0.1, 0.001).unwrap();
    let open = bench.send(buy(1, 98.0, 0.002));
    assert_eq!(open[0].status, Status::New);
    bench.script.borrow_mut().rules = rules(0.005);
    bench.venue.register(at(bench.us), "X", 0.1, 0.001).unwrap();
    let refused = bench.send(buy(2, 98.0, 0.004));
    assert_eq!(refused[0].reject.as_ref().unwrap().code, 4711);
    assert_eq!(bench.send(buy(3, 98.0, 0.005))[0].status, Status::New);
    // What rests stays.
    bench.venue.cancel(at(bench.us), 0, 1);
    assert_eq!(bench.settle()[0].status, Status::Canceled);
    bench.script.borrow_mut().rules = None;
    bench.venue.register(at(bench.us), "X", 0.1, 0.001).unwrap();
    assert_eq!(bench.send(buy(4, 98.0, 0.001))[0].status, Status::New);
}

#[test]
fn over_the_simulator_orders_leave_the_simulated_market_as_it_is() {
    let sim = |now| SimVenue::new(&SimConfig::default(), now).unwrap();
    let mut alone = sim(at(0));
    let mut paper = PaperVenue::new(sim(at(0)), &instant(), at(0)).unwrap();
    let index = paper.register(at(0), "BTCUSDT", 0.1, 0.001).unwrap();
    let (mut expected, mut reported, mut fills) = (Vec::new(), Vec::new(), 0.0);
    for step in 0..2000 {
        let now = at(step * 500);
        alone.poll(now, &mut expected);
        let mut out = Vec::new();
        paper.poll(now, &mut out);
        for event in out {
            match event {
                VenueEvent::Feed { .. } => reported.push(event),
                VenueEvent::Order(report) => fills += report.exec_qty,
                _ => {}
            }
        }
        if step % 100 == 50 {
            let market = NewOrder {
                order_type: OrdType::Market,
                time_in_force: TimeInForce::IOC,
                ..buy(step, 0.0, 0.01)
            };
            paper.submit(now, index, &market);
        }
    }
    expected.retain(|event| matches!(event, VenueEvent::Feed { symbol: 0, .. }));
    assert!(expected.len() > 500);
    assert_eq!(reported, expected);
    assert!(fills > 0.15, "{fills}");
    assert!((paper.position(index).unwrap() - fills).abs() < 1e-9);
    assert_eq!(paper.inner().position(index), Some(0.0));
}

#[test]
fn a_symbol_in_new_sizes_keeps_the_position_and_ends_the_orders_of_the_old_ones() {
    let mut bench = Bench::new(&instant());
    bench.send(buy(1, 101.0, 0.5));
    assert_eq!(bench.venue.position(0), Some(0.5));
    bench.send(buy(2, 98.0, 0.5));
    bench.script.borrow_mut().book = vec![bid(99.05, 10.0), ask(99.07, 10.0)];
    assert_eq!(bench.venue.register(at(bench.us), "X", 0.01, 0.001), Ok(0));
    let reported = bench.settle();
    assert_eq!(story(&reported), [(2, Status::Canceled, 0.0, 0)]);
    assert_eq!(reported[0].qty, 0.5);
    assert_eq!(bench.venue.position(0), Some(0.5));
    let mut fine = buy(3, 0.0, 0.3);
    fine.price_tick = 9907;
    let reported = bench.send(fine);
    assert_eq!(
        reported.last().map(|r| (r.status, r.exec_price_tick)),
        Some((Status::Filled, 9907))
    );
    assert_eq!(bench.venue.position(0), Some(0.8));
}
