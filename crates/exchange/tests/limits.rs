//! Limits of an account's orders: quantity, value, price, number, margin.

mod support;

use hbl_exchange::{
    AmendOrder, Exchange, ExchangeConfig, Faults, Instrument, Latency, Limits, NewOrder,
    OrderStatus, Reject, Request, SelfTrade,
    Side::{self, Buy, Sell},
};
use proptest::prelude::*;
use support::{A, B, cancel, gtc, orders, plain, refusal, send};

/// Two symbols with the same limits and a book from 99 to 101 that belongs to B.
fn exchange(limits: Limits, leverage: Option<f64>) -> Exchange {
    let config = ExchangeConfig {
        initial_balance: 1000.0,
        leverage,
        self_trade: SelfTrade::ExpireTaker,
        ..ExchangeConfig::default()
    };
    let mut exchange = Exchange::new(config, 0).expect("valid");
    exchange.set_initial_balance(B, 1e9).expect("finite");
    for name in ["X", "Y"] {
        let spec = Instrument::new(name, 1.0, 1.0).expect("valid");
        exchange
            .add_instrument(spec.with_limits(limits).expect("valid"), None)
            .expect("new");
    }
    for symbol in 0..2 {
        for (id, side, px) in [(1, Buy, 99.0), (2, Sell, 101.0)] {
            // No account holds coins.
            if side == Sell && limits.is_spot {
                continue;
            }
            let order = NewOrder::limit(
                B,
                symbol,
                id + 2 * u64::from(symbol),
                side,
                px,
                if limits.max_qty < 20.0 { 10.0 } else { 20.0 },
                hbl_exchange::TimeInForce::Gtc,
            );
            send(&mut exchange, order.into());
        }
    }
    exchange
}

fn outcome(exchange: &mut Exchange, request: impl Into<Request>) -> Option<Reject> {
    let events = send(exchange, request.into());
    let report = orders(&events)[0];
    assert_eq!(
        report.reason.is_some(),
        report.status == OrderStatus::Rejected,
        "{report:?}"
    );
    report.reason
}

#[test]
fn an_order_is_within_the_limits_of_its_instrument_or_refused_by_name() {
    let limits = Limits {
        min_qty: 2.0,
        max_qty: 12.0,
        max_market_qty: 10.0,
        min_notional: 150.0,
        max_notional: 1100.0,
        min_px: 40.0,
        max_px: 190.0,
        band_up: 0.1,
        band_down: 0.2,
        ..Limits::default()
    };
    let mut ex = exchange(limits, None);
    for (side, px, qty, expected) in [
        (Buy, 98.0, 2.0, None),
        (Buy, 98.0, 1.0, Some(Reject::QtyTooSmall)),
        (Buy, 98.0, 13.0, Some(Reject::QtyTooLarge)),
        (Buy, 98.0, 12.0, Some(Reject::NotionalTooLarge)),
        (Buy, 98.0, 11.0, None),
        (Buy, 70.0, 2.0, Some(Reject::NotionalTooSmall)),
        (Buy, 39.0, 10.0, Some(Reject::PriceTooLow)),
        (Buy, 110.0, 3.0, None),
        (Buy, 111.0, 3.0, Some(Reject::PriceTooHigh)),
        (Sell, 80.0, 3.0, None),
        (Sell, 79.0, 3.0, Some(Reject::PriceTooLow)),
        (Sell, 190.0, 3.0, None),
        (Sell, 191.0, 3.0, Some(Reject::PriceTooHigh)),
        // Far from the market on the own side.
        (Buy, 50.0, 4.0, None),
    ] {
        assert_eq!(
            outcome(&mut ex, gtc(A, 7, side, px, qty)),
            expected,
            "{side:?} {px} {qty}"
        );
        send(&mut ex, cancel(A, 7));
        send(&mut ex, cancel(A, 8));
    }
    let market = |qty| NewOrder::market(A, 0, 9, Buy, qty);
    assert_eq!(outcome(&mut ex, market(11.0)), Some(Reject::QtyTooLarge));
    assert_eq!(outcome(&mut ex, market(1.0)), Some(Reject::QtyTooSmall));
}

#[test]
fn an_amendment_is_within_the_limits_too_and_leaves_the_order_when_it_is_not() {
    let limits = Limits {
        max_qty: 10.0,
        band_up: 0.1,
        ..Limits::default()
    };
    let mut ex = exchange(limits, Some(1.0));
    outcome(&mut ex, gtc(A, 7, Buy, 90.0, 5.0));
    let amend = |px, qty| AmendOrder {
        account: A,
        symbol: 0,
        client_id: 7,
        px,
        qty,
    };
    for (px, qty, reason) in [
        (None, Some(11.0), Reject::QtyTooLarge),
        (Some(111.0), None, Reject::PriceTooHigh),
        (Some(100.5), None, Reject::PriceTick),
        (Some(101.0), Some(10.0), Reject::InsufficientBalance),
    ] {
        assert_eq!(refusal(&send(&mut ex, amend(px, qty).into())), Some(reason));
        assert_eq!(
            ex.open_order(A, 7).map(|o| (o.px_tick, o.qty_lots)),
            Some((90, 5))
        );
    }
    // Its own margin does not count twice.
    let events = send(&mut ex, amend(Some(91.0), Some(10.0)).into());
    assert_eq!(orders(&events)[0].status, OrderStatus::Replaced);
    assert_eq!(ex.initial_margin(A), 910.0);
}

#[test]
fn open_orders_are_counted_per_instrument_and_an_ended_one_makes_room() {
    let limits = Limits {
        max_orders: 2,
        ..Limits::default()
    };
    let mut ex = exchange(limits, None);
    let mut ask = |id| outcome(&mut ex, gtc(A, id, Buy, 98.0, 1.0));
    assert_eq!([ask(5), ask(6)], [None, None]);
    assert_eq!(ask(7), Some(Reject::TooManyOrders));
    assert_eq!(
        outcome(
            &mut ex,
            NewOrder::limit(A, 1, 8, Buy, 98.0, 1.0, hbl_exchange::TimeInForce::Gtc)
        ),
        None
    );
    send(&mut ex, cancel(A, 5));
    assert_eq!(outcome(&mut ex, gtc(A, 9, Buy, 101.0, 1.0)), None);
    // That one was filled at once.
    assert_eq!(outcome(&mut ex, gtc(A, 10, Buy, 98.0, 1.0)), None);
}

/// The client knows neither that its order was taken nor that it has ended: the venue counts what lives.
#[test]
fn an_order_without_a_reported_end_counts_until_it_has_ended() {
    let config = ExchangeConfig {
        initial_balance: 1000.0,
        leverage: Some(1.0),
        faults: Faults {
            lose: 1.0,
            ..Faults::default()
        },
        latency: Latency {
            entry_ns: 1_000,
            ..Latency::default()
        },
        ..ExchangeConfig::default()
    };
    let mut ex = Exchange::new(config, 0).expect("valid");
    let limits = Limits {
        max_orders: 1,
        ..Limits::default()
    };
    let spec = plain().with_limits(limits).expect("valid");
    ex.add_instrument(spec, None).expect("new");
    let mut out = Vec::new();
    ex.submit(1, gtc(A, 5, Buy, 98.0, 1.0));
    ex.advance(2_000, &mut out);
    assert_eq!(orders(&out), [], "nothing of it arrives");
    assert_eq!((ex.open_orders(A).count(), ex.initial_margin(A)), (1, 98.0));
    // A second one is over the limit, and what ends the first one is still on its way.
    ex.submit(2_000, gtc(A, 6, Buy, 97.0, 1.0));
    ex.submit(2_500, cancel(A, 5));
    ex.advance(3_400, &mut out);
    assert!(ex.open_order(A, 6).is_none(), "refused");
    assert!(ex.open_order(A, 5).is_some(), "not cancelled yet");
    assert_eq!(ex.initial_margin(A), 98.0);
    ex.submit(3_400, gtc(A, 7, Buy, 97.0, 1.0));
    ex.advance(4_500, &mut out);
    assert_eq!((ex.open_orders(A).count(), ex.initial_margin(A)), (1, 97.0));
    assert!(ex.open_order(A, 7).is_some(), "the first one made room");
}

#[test]
fn open_orders_of_all_instruments_and_both_sides_need_margin() {
    let mut ex = exchange(Limits::default(), Some(2.0));
    // 1000 × 2: orders for 2000 in all.
    assert_eq!(outcome(&mut ex, gtc(A, 5, Buy, 98.0, 10.0)), None);
    let other = |id, qty| NewOrder::limit(A, 1, id, Buy, 98.0, qty, hbl_exchange::TimeInForce::Gtc);
    assert_eq!(
        outcome(&mut ex, other(6, 11.0)),
        Some(Reject::InsufficientBalance)
    );
    assert_eq!(outcome(&mut ex, other(6, 10.0)), None);
    assert_eq!(ex.initial_margin(A), 980.0);
    // The other side of one instrument needs no more than the larger of both.
    assert_eq!(outcome(&mut ex, gtc(A, 7, Sell, 102.0, 9.0)), None);
    assert_eq!(ex.initial_margin(A), 980.0);
    assert_eq!(
        outcome(&mut ex, gtc(A, 8, Sell, 102.0, 9.0)),
        Some(Reject::InsufficientBalance)
    );
    send(&mut ex, cancel(A, 7));
    send(&mut ex, cancel(A, 5));
    assert_eq!(ex.initial_margin(A), 490.0);
}

#[test]
fn a_sell_below_the_market_counts_at_the_market() {
    let mut ex = exchange(Limits::default(), Some(1.0));
    assert_eq!(
        outcome(&mut ex, gtc(A, 5, Sell, 1.0, 11.0)),
        Some(Reject::InsufficientBalance)
    );
    assert_eq!(outcome(&mut ex, gtc(A, 5, Sell, 1.0, 10.0)), None);
}

#[test]
fn a_market_order_counts_at_the_middle_and_pays_its_fee_from_the_equity() {
    let config = ExchangeConfig {
        initial_balance: 1000.0,
        leverage: Some(1.0),
        ..ExchangeConfig::default()
    };
    let mut ex = Exchange::new(config, 0).expect("valid");
    ex.add_instrument(plain().with_fees(0.0, 0.001).expect("valid"), None)
        .expect("new");
    ex.set_initial_balance(B, 1e9).expect("finite");
    send(&mut ex, gtc(B, 1, Buy, 99.0, 50.0));
    send(&mut ex, gtc(B, 2, Sell, 101.0, 50.0));
    let market = |id, qty| NewOrder::market(A, 0, id, Buy, qty);
    assert_eq!(
        outcome(&mut ex, market(1, 10.0)),
        Some(Reject::InsufficientBalance)
    );
    assert_eq!(outcome(&mut ex, market(1, 9.0)), None);
    assert_eq!(
        outcome(&mut ex, market(2, 1_000_000.0)),
        Some(Reject::InsufficientBalance)
    );
    assert_eq!(ex.position(A, 0).qty_lots, 9);
}

#[test]
fn coins_that_are_not_there_cannot_be_sold_and_bought_only_with_cash() {
    let limits = Limits {
        is_spot: true,
        ..Limits::default()
    };
    // The leverage of the account does not hold for coins.
    let mut ex = exchange(limits, Some(10.0));
    assert_eq!(
        outcome(&mut ex, gtc(A, 5, Sell, 100.0, 1.0)),
        Some(Reject::InsufficientBalance)
    );
    assert_eq!(
        outcome(&mut ex, gtc(A, 5, Buy, 100.0, 11.0)),
        Some(Reject::InsufficientBalance)
    );
    send(&mut ex, gtc(A, 6, Buy, 100.0, 9.0));
    send(&mut ex, gtc(3, 1, Buy, 101.0, 1.0));
    assert_eq!(
        ex.position(A, 0).qty_lots,
        0,
        "the account holds no coins to sell"
    );
}

proptest! {
    #[test]
    fn exposure_stays_within_equity_times_leverage_whatever_is_sent(
        orders in proptest::collection::vec((any::<bool>(), 90_i32..110, 1_i32..15, any::<bool>()), 1..60)
    ) {
        let mut ex = exchange(Limits::default(), Some(3.0));
        for (at, (buys, px, qty, market)) in orders.into_iter().enumerate() {
            let side = if buys { Buy } else { Sell };
            let id = 100 + at as u64;
            let request: Request = if market {
                NewOrder::market(A, 0, id, side, f64::from(qty)).into()
            } else {
                gtc(A, id, side, f64::from(px), f64::from(qty))
            };
            send(&mut ex, request);
            let open = ex.open_orders(A);
            let value = |wanted: Side, orders: Vec<(Side, i64, i64)>| -> i64 {
                orders.iter().filter(|o| o.0 == wanted).map(|o| o.1 * o.2).sum()
            };
            let open: Vec<_> = open.map(|o| (o.side, o.px_tick, o.leaves_lots)).collect();
            let held = ex.position(A, 0).qty_lots;
            let best = |side| ex.book(0, side).next().map(|level| level.0);
            let mark = match (best(Buy), best(Sell)) {
                (Some(bid), Some(ask)) => (bid + ask) as f64 / 2.0,
                (one, other) => one.or(other).map_or(0.0, |tick| tick as f64),
            };
            let long = held as f64 * mark + value(Buy, open.clone()) as f64;
            let short = value(Sell, open) as f64 - held as f64 * mark;
            prop_assert!((ex.initial_margin(A) * 3.0 - long.max(short).max(0.0)).abs() < 1e-6);
            // The book is 2 wide: prices within it move what is held and paid by less than a tenth.
            prop_assert!(ex.initial_margin(A) <= 1000.0 * 1.2, "{}", ex.initial_margin(A));
        }
    }
}
