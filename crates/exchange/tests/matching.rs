//! The rules of the matching engine, one by one.

mod support;

use hbl_exchange::{
    AmendOrder, BACKGROUND_ACCOUNT, CancelAll, CancelOrder, EventBody, Exchange, ExchangeConfig,
    Instrument, NewOrder,
    OrderStatus::{Canceled, Expired, Filled, New, PartiallyFilled, Rejected, Replaced},
    OrderType, Reject, SelfTrade, SetupError,
    Side::{Buy, Sell},
    TimeInForce,
};
use support::{A, B, C, book, cancel, gtc, limit, orders, quiet, refusal, send, story, trades};

fn amend(account: u64, client_id: u64, px: Option<f64>, qty: Option<f64>) -> AmendOrder {
    AmendOrder {
        account,
        symbol: 0,
        client_id,
        px,
        qty,
    }
}

#[test]
fn better_prices_trade_first_then_older_orders_at_the_makers_price() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, gtc(A, 1, Sell, 101.0, 5.0));
    send(&mut ex, gtc(B, 1, Sell, 100.0, 5.0));
    send(&mut ex, gtc(A, 2, Sell, 100.0, 5.0));
    let events = send(&mut ex, gtc(C, 1, Buy, 101.0, 12.0));
    let fills: Vec<_> = trades(&events)
        .iter()
        .map(|t| (t.px_tick, t.qty_lots, t.aggressor))
        .collect();
    assert_eq!(fills, [(100, 5, Buy), (100, 5, Buy), (101, 2, Buy)]);
    let makers: Vec<_> = orders(&events)
        .iter()
        .filter(|o| o.maker)
        .map(|o| (o.account, o.client_id))
        .collect();
    assert_eq!(makers, [(B, 1), (A, 2), (A, 1)]);
    assert_eq!(book(&ex, Sell), [(101, 3)]);
    assert_eq!(book(&ex, Buy), []);
}

#[test]
fn a_partly_filled_limit_order_rests_with_what_is_left() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, gtc(A, 1, Sell, 100.0, 4.0));
    let events = send(&mut ex, gtc(B, 9, Buy, 100.0, 10.0));
    assert_eq!(
        story(&events),
        [
            (B, 9, New, None, 0, 10),
            (A, 1, Filled, None, 4, 0),
            (B, 9, PartiallyFilled, None, 4, 6)
        ]
    );
    assert_eq!(book(&ex, Buy), [(100, 6)]);
    assert_eq!(
        ex.open_order(B, 9).map(|o| (o.leaves_lots, o.cum_lots)),
        Some((6, 4))
    );
    assert_eq!(ex.open_orders(A).count(), 0);
}

#[test]
fn the_rest_of_an_ioc_and_of_a_market_order_expires() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, gtc(A, 1, Sell, 100.0, 4.0));
    let events = send(&mut ex, limit(B, 1, Buy, 100.0, 10.0, TimeInForce::Ioc));
    assert_eq!(
        story(&events).last(),
        Some(&(B, 1, Expired, Some(Reject::NoLiquidity), 0, 0))
    );
    assert_eq!(ex.position(B, 0).qty_lots, 4);
    let events = send(&mut ex, NewOrder::market(B, 0, 2, Sell, 1.0).into());
    let expected = [
        (B, 2, New, None, 0, 1),
        (B, 2, Expired, Some(Reject::NoLiquidity), 0, 0),
    ];
    assert_eq!(story(&events), expected);
    assert_eq!((book(&ex, Buy), book(&ex, Sell)), (vec![], vec![]));
}

#[test]
fn fill_or_kill_is_all_or_nothing() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, gtc(A, 1, Sell, 100.0, 4.0));
    send(&mut ex, gtc(A, 2, Sell, 102.0, 4.0));
    let events = send(&mut ex, limit(B, 1, Buy, 101.0, 5.0, TimeInForce::Fok));
    assert_eq!(
        story(&events),
        [(B, 1, Expired, Some(Reject::FokUnfilled), 0, 0)]
    );
    assert_eq!(book(&ex, Sell), [(100, 4), (102, 4)]);
    let events = send(&mut ex, limit(B, 1, Buy, 102.0, 8.0, TimeInForce::Fok));
    assert_eq!(story(&events).last(), Some(&(B, 1, Filled, None, 4, 0)));
}

#[test]
fn a_post_only_order_expires_instead_of_taking() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, gtc(A, 1, Sell, 100.0, 4.0));
    let events = send(&mut ex, limit(B, 1, Buy, 100.0, 1.0, TimeInForce::Gtx));
    assert_eq!(
        story(&events),
        [(B, 1, Expired, Some(Reject::PostOnlyWouldCross), 0, 0)]
    );
    let events = send(&mut ex, limit(B, 1, Buy, 99.0, 1.0, TimeInForce::Gtx));
    assert_eq!(story(&events), [(B, 1, New, None, 0, 1)]);
    let market = NewOrder {
        order_type: OrderType::Market,
        ..NewOrder::market(B, 0, 2, Buy, 1.0)
    };
    let events = send(
        &mut ex,
        NewOrder {
            tif: TimeInForce::Gtx,
            ..market
        }
        .into(),
    );
    assert_eq!(
        story(&events),
        [(B, 2, Rejected, Some(Reject::InvalidTimeInForce), 0, 0)]
    );
}

#[test]
fn a_cancellation_ends_the_order_and_a_second_one_is_refused() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    assert_eq!(
        refusal(&send(&mut ex, cancel(B, 1))),
        Some(Reject::UnknownOrder)
    );
    assert_eq!(
        story(&send(&mut ex, cancel(A, 1))),
        [(A, 1, Canceled, None, 0, 0)]
    );
    assert_eq!(
        refusal(&send(&mut ex, cancel(A, 1))),
        Some(Reject::UnknownOrder)
    );
    let nowhere = CancelOrder {
        account: A,
        symbol: 9,
        client_id: 1,
    };
    assert_eq!(
        refusal(&send(&mut ex, nowhere.into())),
        Some(Reject::UnknownSymbol)
    );
    assert_eq!(book(&ex, Buy), []);
}

#[test]
fn cancel_all_ends_the_orders_of_one_account_only() {
    let mut ex = quiet(SelfTrade::default());
    let other = Instrument::new("Y", 1.0, 1.0).expect("valid");
    assert_eq!(ex.add_instrument(other.clone(), None), Ok(1));
    assert_eq!(
        ex.add_instrument(other, None),
        Err(SetupError::DuplicateSymbol("Y".into()))
    );
    assert_eq!(ex.symbol("Y"), Some(1));
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    send(&mut ex, gtc(B, 1, Buy, 99.0, 4.0));
    send(
        &mut ex,
        NewOrder::limit(A, 1, 2, Sell, 5.0, 1.0, TimeInForce::Gtc).into(),
    );
    let events = send(
        &mut ex,
        CancelAll {
            account: A,
            symbol: Some(1),
        }
        .into(),
    );
    assert_eq!(story(&events), [(A, 2, Canceled, None, 0, 0)]);
    let events = send(
        &mut ex,
        CancelAll {
            account: A,
            symbol: None,
        }
        .into(),
    );
    assert_eq!(story(&events), [(A, 1, Canceled, None, 0, 0)]);
    assert_eq!(book(&ex, Buy), [(99, 4)]);
}

#[test]
fn a_smaller_quantity_keeps_the_place_and_a_larger_one_loses_it() {
    for (qty, first) in [(2.0, A), (9.0, B)] {
        let mut ex = quiet(SelfTrade::default());
        send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
        send(&mut ex, gtc(B, 1, Buy, 99.0, 4.0));
        let events = send(&mut ex, amend(A, 1, None, Some(qty)).into());
        assert_eq!(story(&events), [(A, 1, Replaced, None, 0, qty as i64)]);
        assert_eq!(book(&ex, Buy), [(99, 4 + qty as i64)]);
        let events = send(&mut ex, gtc(C, 1, Sell, 99.0, 1.0));
        let maker = orders(&events).iter().find(|o| o.maker).map(|o| o.account);
        assert_eq!(maker, Some(first), "amended to {qty}");
    }
}

#[test]
fn an_order_amended_to_another_price_goes_to_the_end_and_back_again_too() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    send(&mut ex, gtc(B, 1, Buy, 99.0, 4.0));
    send(&mut ex, amend(A, 1, Some(98.0), None).into());
    assert_eq!(book(&ex, Buy), [(99, 4), (98, 4)]);
    send(&mut ex, amend(A, 1, Some(99.0), None).into());
    let events = send(&mut ex, gtc(C, 1, Sell, 99.0, 1.0));
    assert_eq!(
        orders(&events).iter().find(|o| o.maker).map(|o| o.account),
        Some(B)
    );
}

#[test]
fn an_amendment_that_crosses_trades_at_once() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    send(&mut ex, gtc(B, 1, Sell, 101.0, 3.0));
    let events = send(&mut ex, amend(A, 1, Some(101.0), None).into());
    let expected = [
        (A, 1, Replaced, None, 0, 4),
        (B, 1, Filled, None, 3, 0),
        (A, 1, PartiallyFilled, None, 3, 1),
    ];
    assert_eq!(story(&events), expected);
    assert_eq!((book(&ex, Buy), book(&ex, Sell)), (vec![(101, 1)], vec![]));
}

#[test]
fn a_post_only_order_amended_into_the_other_side_expires() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, limit(A, 1, Buy, 99.0, 4.0, TimeInForce::Gtx));
    send(&mut ex, gtc(B, 1, Sell, 101.0, 3.0));
    let events = send(&mut ex, amend(A, 1, Some(101.0), None).into());
    assert_eq!(
        story(&events),
        [(A, 1, Expired, Some(Reject::PostOnlyWouldCross), 0, 0)]
    );
    assert_eq!((book(&ex, Buy), book(&ex, Sell)), (vec![], vec![(101, 3)]));
}

#[test]
fn an_amendment_to_what_is_filled_already_cancels_and_bad_ones_are_refused() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    send(&mut ex, gtc(B, 1, Sell, 99.0, 3.0));
    for (px, qty, reason) in [
        (None, None, Reject::NoChange),
        (Some(99.0), Some(4.0), Reject::NoChange),
        (Some(f64::NAN), None, Reject::PriceRange),
        (Some(99.5), None, Reject::PriceTick),
        (None, Some(-1.0), Reject::QtyRange),
        (None, Some(0.0), Reject::QtyZero),
    ] {
        assert_eq!(
            refusal(&send(&mut ex, amend(A, 1, px, qty).into())),
            Some(reason)
        );
    }
    assert_eq!(
        refusal(&send(&mut ex, amend(A, 7, None, None).into())),
        Some(Reject::UnknownOrder)
    );
    let events = send(&mut ex, amend(A, 1, None, Some(3.0)).into());
    assert_eq!(
        story(&events),
        [(A, 1, Canceled, Some(Reject::QtyBelowFilled), 0, 0)]
    );
}

#[test]
fn an_order_that_meets_its_own_account_follows_the_policy() {
    let meet = |policy| {
        let mut ex = quiet(policy);
        send(&mut ex, gtc(B, 5, Sell, 100.0, 1.0));
        send(&mut ex, gtc(A, 1, Sell, 100.0, 2.0));
        send(&mut ex, gtc(B, 6, Sell, 100.0, 1.0));
        let events = send(&mut ex, gtc(A, 2, Buy, 100.0, 4.0));
        let last: Vec<_> = story(&events)
            .into_iter()
            .filter(|line| line.2.is_final())
            .collect();
        (last, book(&ex, Buy), book(&ex, Sell))
    };
    let own = Some(Reject::SelfTrade);
    let (last, bids, asks) = meet(SelfTrade::ExpireTaker);
    assert_eq!(
        last,
        [(B, 5, Filled, None, 1, 0), (A, 2, Expired, own, 0, 0)]
    );
    assert_eq!((bids, asks), (vec![], vec![(100, 3)]));
    let (last, bids, asks) = meet(SelfTrade::ExpireMaker);
    // A's report waits a nanosecond: its new order was reported at the same time.
    let fills = [
        (B, 5, Filled, None, 1, 0),
        (B, 6, Filled, None, 1, 0),
        (A, 1, Expired, own, 0, 0),
    ];
    assert_eq!(last, fills);
    assert_eq!((bids, asks), (vec![(100, 2)], vec![]));
    let (last, ..) = meet(SelfTrade::Allow);
    assert_eq!(last.len(), 4);
    let fok = |policy| {
        let mut ex = quiet(policy);
        send(&mut ex, gtc(A, 1, Sell, 100.0, 2.0));
        send(&mut ex, gtc(B, 6, Sell, 100.0, 1.0));
        let events = send(&mut ex, limit(A, 2, Buy, 100.0, 2.0, TimeInForce::Fok));
        story(&events).last().map(|line| line.2)
    };
    assert_eq!(fok(SelfTrade::ExpireTaker), Some(Expired));
    assert_eq!(fok(SelfTrade::ExpireMaker), Some(Expired));
    assert_eq!(fok(SelfTrade::Allow), Some(Filled));
}

#[test]
fn an_order_that_does_not_fit_is_rejected_with_its_reason() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    let good = NewOrder::limit(A, 0, 2, Buy, 99.0, 1.0, TimeInForce::Gtc);
    for (bad, reason) in [
        (NewOrder { symbol: 7, ..good }, Reject::UnknownSymbol),
        (
            NewOrder {
                px: f64::NAN,
                ..good
            },
            Reject::PriceRange,
        ),
        (NewOrder { px: -1.0, ..good }, Reject::PriceRange),
        (NewOrder { px: 99.5, ..good }, Reject::PriceTick),
        (NewOrder { qty: 0.0, ..good }, Reject::QtyZero),
        (NewOrder { qty: -3.0, ..good }, Reject::QtyRange),
        (
            NewOrder {
                qty: f64::INFINITY,
                ..good
            },
            Reject::QtyRange,
        ),
        (NewOrder { qty: 0.5, ..good }, Reject::QtyLot),
        (
            NewOrder {
                client_id: 1,
                ..good
            },
            Reject::DuplicateId,
        ),
        (
            NewOrder {
                account: BACKGROUND_ACCOUNT,
                ..good
            },
            Reject::ReservedAccount,
        ),
    ] {
        let events = send(&mut ex, bad.into());
        let report = orders(&events)[0];
        assert_eq!(
            (report.status, report.reason),
            (Rejected, Some(reason)),
            "{bad:?}"
        );
        assert_eq!(events.len(), 1);
        assert!(!reason.text().is_empty());
    }
    assert_eq!(book(&ex, Buy), [(99, 4)]);
    assert_eq!(Reject::PriceTick.code(), 1003);
    assert_eq!(Reject::SystemBusy.code(), 9001);
}

#[test]
fn a_client_id_is_free_again_when_its_order_is_over() {
    let mut ex = quiet(SelfTrade::default());
    send(&mut ex, gtc(A, 1, Buy, 99.0, 4.0));
    send(&mut ex, cancel(A, 1));
    let events = send(&mut ex, gtc(A, 1, Buy, 98.0, 1.0));
    assert_eq!(story(&events), [(A, 1, New, None, 0, 1)]);
    assert_eq!(orders(&events)[0].order_id, 2);
}

#[test]
fn fees_and_positions_are_reported_with_each_fill() {
    let mut ex = Exchange::new(ExchangeConfig::default(), 0).expect("valid");
    let spec = support::plain().with_fees(-0.01, 0.02).expect("valid");
    ex.add_instrument(spec, None).expect("new");
    send(&mut ex, gtc(A, 1, Sell, 100.0, 2.0));
    let events = send(&mut ex, gtc(B, 1, Buy, 100.0, 2.0));
    let fees: Vec<_> = orders(&events)
        .iter()
        .filter(|o| o.last_lots > 0)
        .map(|o| o.fee)
        .collect();
    assert_eq!(fees, [-2.0, 4.0]);
    let balances: Vec<_> = events
        .iter()
        .filter_map(|e| match e.body {
            EventBody::Balance(b) => Some((b.account, b.cash, b.wallet, b.fees)),
            _ => None,
        })
        .collect();
    let (a, b) = (
        (A, 1_000_202.0, 1_000_002.0, -2.0),
        (B, 999_796.0, 999_996.0, 4.0),
    );
    assert_eq!(balances, [a, b]);
    assert_eq!(ex.balance(99).wallet, 1_000_000.0);
}

#[test]
fn leverage_limits_what_an_account_can_open_but_not_what_it_can_close() {
    let config = ExchangeConfig {
        initial_balance: 1000.0,
        leverage: Some(2.0),
        ..Default::default()
    };
    let mut ex = Exchange::new(config, 0).expect("valid");
    ex.add_instrument(support::plain(), None).expect("new");
    ex.set_initial_balance(B, 1e9).expect("finite");
    send(&mut ex, gtc(B, 1, Sell, 100.0, 20.0));
    let events = send(&mut ex, gtc(A, 1, Buy, 100.0, 21.0));
    assert_eq!(orders(&events)[0].reason, Some(Reject::InsufficientBalance));
    let events = send(&mut ex, gtc(A, 1, Buy, 100.0, 20.0));
    assert_eq!(orders(&events)[0].reason, None);
    let events = send(&mut ex, gtc(A, 2, Buy, 1.0, 1.0));
    assert_eq!(orders(&events)[0].reason, Some(Reject::InsufficientBalance));
    let events = send(&mut ex, gtc(A, 3, Sell, 100.0, 20.0));
    assert_eq!(orders(&events)[0].reason, None);
}
