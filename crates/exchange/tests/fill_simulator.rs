//! The rules of the fill simulator: fills against a book that is fed in.

mod support;

use hbl_exchange::{
    AmendOrder, ExchangeConfig, ExchangeEvent, FillSimulator, NewOrder,
    OrderStatus::{Canceled, Expired, Filled, New, PartiallyFilled, Rejected},
    QueueModel, Reject, Request, SetupError,
    Side::{self, Buy, Sell},
    TimeInForce,
};
use support::{A, B, cancel, gtc, limit, orders, plain, story};

fn simulator(model: QueueModel) -> FillSimulator {
    let mut ex = FillSimulator::new(ExchangeConfig::default(), model, 0).expect("valid");
    ex.add_instrument(plain()).expect("new");
    let levels = [
        (Buy, 99, 10),
        (Buy, 98, 20),
        (Sell, 101, 10),
        (Sell, 102, 20),
    ];
    ex.apply_snapshot(0, 0, levels).expect("known");
    ex
}

fn send(ex: &mut FillSimulator, request: Request) -> Vec<ExchangeEvent> {
    ex.submit(ex.now_ns() + 1, request);
    drain(ex)
}

fn drain(ex: &mut FillSimulator) -> Vec<ExchangeEvent> {
    let mut out = Vec::new();
    // Reports of one account are a nanosecond apart.
    ex.advance(ex.now_ns() + 100, &mut out);
    out
}

fn level(ex: &mut FillSimulator, side: Side, px_tick: i64, lots: i64) -> Vec<ExchangeEvent> {
    ex.apply_level(ex.now_ns() + 1, 0, side, px_tick, lots)
        .expect("known");
    drain(ex)
}

fn trade(ex: &mut FillSimulator, aggressor: Side, px_tick: i64, lots: i64) -> Vec<ExchangeEvent> {
    ex.apply_trade(ex.now_ns() + 1, 0, aggressor, px_tick, lots)
        .expect("known");
    drain(ex)
}

#[test]
fn a_marketable_order_walks_the_displayed_levels() {
    let mut ex = simulator(QueueModel::RiskAverse);
    let events = send(&mut ex, NewOrder::market(A, 0, 1, Buy, 15.0).into());
    let fills: Vec<_> = orders(&events)
        .iter()
        .filter(|o| o.last_lots > 0)
        .map(|o| (o.last_px_tick, o.last_lots, o.maker))
        .collect();
    assert_eq!(fills, [(101, 10, false), (102, 5, false)]);
    assert_eq!(ex.book(0, Sell).collect::<Vec<_>>(), [(101, 10), (102, 20)]);
}

#[test]
fn taken_quantity_is_gone_until_the_level_is_updated() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, limit(A, 1, Buy, 101.0, 7.0, TimeInForce::Ioc));
    let events = send(&mut ex, limit(A, 2, Buy, 101.0, 7.0, TimeInForce::Ioc));
    assert_eq!(
        story(&events)[1..],
        [
            (A, 2, PartiallyFilled, None, 3, 4),
            (A, 2, Expired, Some(Reject::NoLiquidity), 0, 0)
        ]
    );
    let events = send(&mut ex, limit(A, 3, Buy, 101.0, 1.0, TimeInForce::Fok));
    assert_eq!(
        story(&events),
        [(A, 3, Expired, Some(Reject::FokUnfilled), 0, 0)]
    );
    level(&mut ex, Sell, 101, 5);
    let events = send(&mut ex, limit(A, 3, Buy, 101.0, 5.0, TimeInForce::Fok));
    assert_eq!(story(&events).last(), Some(&(A, 3, Filled, None, 5, 0)));
}

#[test]
fn a_post_only_order_never_takes() {
    let mut ex = simulator(QueueModel::RiskAverse);
    let events = send(&mut ex, limit(A, 1, Sell, 99.0, 1.0, TimeInForce::Gtx));
    assert_eq!(
        story(&events),
        [(A, 1, Expired, Some(Reject::PostOnlyWouldCross), 0, 0)]
    );
    let events = send(&mut ex, limit(A, 1, Sell, 100.0, 1.0, TimeInForce::Gtx));
    assert_eq!(story(&events), [(A, 1, New, None, 0, 1)]);
}

#[test]
fn a_resting_order_waits_behind_what_was_displayed() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(10.0));
    assert_eq!(story(&trade(&mut ex, Sell, 99, 6)), []);
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(4.0));
    assert_eq!(
        story(&trade(&mut ex, Sell, 99, 5)),
        [(A, 1, PartiallyFilled, None, 1, 3)]
    );
    let events = trade(&mut ex, Sell, 99, 50);
    assert_eq!(story(&events), [(A, 1, Filled, None, 3, 0)]);
    assert!(orders(&events)[0].maker);
    assert_eq!(ex.position(A, 0).qty_lots, 4);
    assert_eq!(ex.queue_ahead_lots(A, 1), None);
}

#[test]
fn a_trade_is_shared_among_our_orders_and_never_given_twice() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    send(&mut ex, gtc(B, 1, Buy, 99.0, 4.0));
    // Ten lots stand ahead of both; the other five go to the first, then to the second.
    let events = trade(&mut ex, Sell, 99, 15);
    assert_eq!(
        story(&events),
        [
            (A, 1, Filled, None, 4, 0),
            (B, 1, PartiallyFilled, None, 1, 3)
        ]
    );
}

#[test]
fn trades_of_the_other_side_or_behind_the_price_do_not_fill() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    assert_eq!(story(&trade(&mut ex, Buy, 99, 100)), []);
    assert_eq!(story(&trade(&mut ex, Sell, 100, 100)), []);
    assert_eq!(story(&trade(&mut ex, Sell, 99, 0)), []);
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(10.0));
}

#[test]
fn a_trade_through_the_price_fills_in_full_at_the_orders_price() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, gtc(A, 1, Sell, 101.0, 4.0));
    let events = trade(&mut ex, Buy, 102, 1);
    assert_eq!(story(&events), [(A, 1, Filled, None, 4, 0)]);
    assert_eq!(orders(&events)[0].last_px_tick, 101);
}

#[test]
fn an_opposite_level_that_reaches_the_price_fills_up_to_its_quantity() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    assert_eq!(story(&level(&mut ex, Sell, 100, 9)), []);
    let events = level(&mut ex, Sell, 99, 3);
    assert_eq!(story(&events), [(A, 1, PartiallyFilled, None, 3, 1)]);
    assert_eq!(orders(&events)[0].last_px_tick, 99);
    assert_eq!(
        story(&level(&mut ex, Sell, 98, 3)),
        [(A, 1, Filled, None, 1, 0)]
    );
}

#[test]
fn a_decrease_moves_a_risk_averse_order_only_as_far_as_the_level_allows() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    level(&mut ex, Buy, 99, 25);
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(10.0));
    level(&mut ex, Buy, 99, 12);
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(10.0));
    level(&mut ex, Buy, 99, 3);
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(3.0));
}

#[test]
fn a_probability_model_shares_a_decrease_and_does_not_count_trades_twice() {
    let mut ex = simulator(QueueModel::ProbPower { n: 1.0 });
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    level(&mut ex, Buy, 99, 20); // 10 ahead, 10 behind
    level(&mut ex, Buy, 99, 16); // half of the 4 ahead
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(8.0));
    trade(&mut ex, Sell, 99, 3);
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(5.0));
    level(&mut ex, Buy, 99, 13); // the trade, shown by the book
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(5.0));
}

#[test]
fn an_amendment_keeps_the_place_only_for_a_smaller_quantity() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    trade(&mut ex, Sell, 99, 6);
    let amend = |qty| AmendOrder {
        account: A,
        symbol: 0,
        client_id: 1,
        px: None,
        qty: Some(qty),
    };
    send(&mut ex, amend(3.0).into());
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(4.0));
    send(&mut ex, amend(5.0).into());
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(10.0));
    assert_eq!(
        story(&send(&mut ex, cancel(A, 1))),
        [(A, 1, Canceled, None, 0, 0)]
    );
    assert_eq!(story(&trade(&mut ex, Sell, 90, 100)), []);
}

#[test]
fn a_cleared_book_fills_nothing_and_a_snapshot_keeps_places() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    ex.clear_book(ex.now_ns(), 0).expect("known");
    let events = send(&mut ex, NewOrder::market(A, 0, 2, Buy, 1.0).into());
    assert_eq!(
        story(&events).last(),
        Some(&(A, 2, Expired, Some(Reject::NoLiquidity), 0, 0))
    );
    let levels = [(Sell, 101, 5), (Buy, 99, 6), (Buy, 98, 0)];
    ex.apply_snapshot(ex.now_ns(), 0, levels).expect("known");
    assert_eq!(ex.book(0, Buy).collect::<Vec<_>>(), [(99, 6)]);
    assert_eq!(ex.queue_ahead_lots(A, 1), Some(6.0));
    assert_eq!(ex.clear_book(0, 3), Err(SetupError::UnknownSymbol(3)));
}

#[test]
fn an_order_meets_the_book_of_the_moment_it_arrives() {
    let mut config = ExchangeConfig::default();
    config.latency.entry_ns = 100;
    let mut ex = FillSimulator::new(config, QueueModel::RiskAverse, 0).expect("valid");
    ex.add_instrument(plain()).expect("new");
    ex.apply_level(0, 0, Sell, 100, 5).expect("known");
    assert_eq!(
        ex.submit(0, limit(A, 1, Buy, 101.0, 5.0, TimeInForce::Ioc)),
        100
    );
    ex.apply_level(50, 0, Sell, 100, 0).expect("known");
    ex.apply_level(50, 0, Sell, 101, 9).expect("known");
    ex.apply_level(150, 0, Sell, 101, 0).expect("known");
    let events = drain(&mut ex);
    assert_eq!(
        orders(&events).last().map(|o| (o.status, o.last_px_tick)),
        Some((Filled, 101))
    );
    assert_eq!(events[0].exch_ts_ns, 100);
}

#[test]
fn an_exponent_that_is_not_positive_is_refused() {
    for n in [0.0, -1.0, f64::NAN] {
        let model = QueueModel::ProbPower2 { n };
        assert!(FillSimulator::new(ExchangeConfig::default(), model, 0).is_err());
    }
}

fn levels(ex: &mut FillSimulator, levels: &[(Side, i64, i64)]) -> Vec<ExchangeEvent> {
    ex.apply_levels(ex.now_ns() + 1, 0, levels.iter().copied())
        .expect("known");
    drain(ex)
}

#[test]
fn several_levels_are_one_change_and_a_crossed_book_fills_no_order() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, gtc(A, 1, Buy, 100.0, 4.0));
    // Passes through 100, but does not stay there.
    let passing = [(Sell, 100, 5), (Sell, 100, 0), (Sell, 101, 7)];
    assert_eq!(story(&levels(&mut ex, &passing)), []);
    assert_eq!(story(&levels(&mut ex, &[(Sell, 99, 5)])), []);
    assert!(ex.is_crossed(0) && !ex.is_crossed(7));
    let uncrossed = [(Buy, 99, 0), (Sell, 99, 3)];
    let events = levels(&mut ex, &uncrossed);
    assert_eq!(story(&events), [(A, 1, PartiallyFilled, None, 3, 1)]);
}

#[test]
fn a_halted_market_fills_nobody_refuses_orders_and_still_cancels() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    send(&mut ex, gtc(A, 2, Buy, 98.0, 4.0));
    ex.halt(ex.now_ns(), 0).expect("known");
    assert_eq!(story(&trade(&mut ex, Sell, 97, 500)), []);
    assert_eq!(story(&level(&mut ex, Sell, 98, 500)), []);
    let events = send(&mut ex, NewOrder::market(A, 0, 3, Buy, 1.0).into());
    assert_eq!(
        story(&events),
        [(A, 3, Rejected, Some(Reject::Halted), 0, 0)]
    );
    let amend = AmendOrder {
        account: A,
        symbol: 0,
        client_id: 1,
        px: Some(101.0),
        qty: None,
    };
    assert_eq!(story(&send(&mut ex, amend.into())), []);
    assert_eq!(ex.open_order(A, 1).map(|o| o.px_tick), Some(99));
    let events = send(&mut ex, cancel(A, 2));
    assert_eq!(story(&events), [(A, 2, Canceled, None, 0, 0)]);
}

#[test]
fn after_a_halt_orders_keep_their_place_and_what_the_book_passed_is_filled() {
    let mut ex = simulator(QueueModel::RiskAverse);
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    send(&mut ex, gtc(A, 2, Buy, 98.0, 4.0));
    send(&mut ex, gtc(A, 3, Buy, 95.0, 4.0));
    send(&mut ex, gtc(A, 4, Sell, 103.0, 4.0));
    ex.halt(ex.now_ns(), 0).expect("known");
    // Emptied and filled anew, as after a lost connection.
    for (side, px, lots) in [(Buy, 99, 0), (Buy, 98, 0), (Sell, 101, 0), (Sell, 102, 0)] {
        level(&mut ex, side, px, lots);
    }
    for (side, px, lots) in [(Buy, 99, 6), (Buy, 98, 50), (Buy, 97, 1), (Sell, 100, 1)] {
        level(&mut ex, side, px, lots);
    }
    ex.resume(ex.now_ns(), 0).expect("known");
    assert_eq!(story(&drain(&mut ex)), []);
    assert_eq!(
        ex.queue_ahead_lots(A, 1),
        Some(6.0),
        "no more than there is"
    );
    assert_eq!(
        ex.queue_ahead_lots(A, 2),
        Some(20.0),
        "no worse than before"
    );
    ex.halt(ex.now_ns(), 0).expect("known");
    level(&mut ex, Buy, 99, 0);
    level(&mut ex, Sell, 99, 3);
    ex.resume(ex.now_ns(), 0).expect("known");
    assert_eq!(
        story(&drain(&mut ex)),
        [(A, 1, PartiallyFilled, None, 3, 1)]
    );
}
