//! The meaning of single frames in ticks and lots, written by hand.

use hbl_venues::bybit::frames::execution::Fill;
use hbl_venues::bybit::frames::order::{OrderPhase, OrderUpdate};
use hbl_venues::bybit::frames::private::{PrivateFrame, parse};
use hbl_venues::bybit::frames::public::{self, PublicFrame, levels};
use hbl_venues::bybit::frames::rest;
use hftbacktest::types::Side;

use super::{own, scale};

const CREATED_NS: i64 = 1_771_200_010_021_000_000;

fn orders(name: &str) -> Vec<OrderUpdate> {
    let bytes = own(name);
    let PrivateFrame::Orders(at, items) = parse(&bytes).unwrap() else {
        panic!("{name}");
    };
    assert_eq!(at, CREATED_NS);
    items
        .iter()
        .filter_map(|item| item.update(&scale(), at).ok())
        .collect()
}

fn fills(name: &str) -> Vec<Fill> {
    let bytes = own(name);
    let PrivateFrame::Executions(items) = parse(&bytes).unwrap() else {
        panic!("{name}");
    };
    items
        .iter()
        .filter_map(|item| item.fill(&scale()).unwrap())
        .collect()
}

fn legs(name: &str) -> Vec<(usize, i64, i64, i64)> {
    let bytes = own(name);
    let PrivateFrame::Positions(at, items) = parse(&bytes).unwrap() else {
        panic!("{name}");
    };
    let legs = items.iter().map(|item| item.leg(&scale(), at).unwrap());
    legs.map(|leg| (leg.idx, leg.lots, leg.updated_ns, leg.seq))
        .collect()
}

#[test]
fn a_delta_deletes_with_any_zero_and_keeps_the_rest() {
    type Levels = &'static [(i64, i64)];
    let expected: [(&str, Levels, Levels); 3] = [
        ("public/book_delta", &[(834_100, 0), (833_900, 62_000)], &[]),
        (
            "public/book_delta_zero_with_decimals",
            &[],
            &[(834_200, 0), (834_300, 10_000)],
        ),
        ("public/book_top_one_side", &[(834_000, 1_000)], &[]),
    ];
    for (name, bids, asks) in expected {
        let bytes = own(name);
        let PublicFrame::Book(book) = public::parse(&bytes).unwrap() else {
            panic!("{name}");
        };
        let mut out = Vec::new();
        levels(&book.bids, &scale(), &mut out).unwrap();
        assert_eq!(out, bids, "{name}");
        levels(&book.asks, &scale(), &mut out).unwrap();
        assert_eq!(out, asks, "{name}");
    }
}

#[test]
fn an_order_is_read_by_status_reason_and_filled_quantity() {
    let reported = |name: &str| {
        let update = orders(name).remove(0);
        (
            update.phase,
            update.cum_lots,
            update.avg_tick,
            update.reason,
        )
    };
    let reason = |text: &str| Some(text.to_owned());
    let post_only = reason("EC_PostOnlyWillTakeLiquidity");
    for (name, expected) in [
        ("private/order_new", (OrderPhase::Open, 0, None, None)),
        (
            "private/order_linear_topic",
            (OrderPhase::Open, 0, None, None),
        ),
        (
            "private/order_partly",
            (OrderPhase::PartlyFilled, 5_000, Some(833_000), None),
        ),
        (
            "private/order_filled",
            (OrderPhase::Filled, 20_000, Some(832_950), None),
        ),
        (
            "private/order_cancelled_after_fill",
            (OrderPhase::Cancelled, 5_000, Some(833_000), None),
        ),
        (
            "private/order_post_only_cancelled",
            (OrderPhase::Cancelled, 0, None, post_only.clone()),
        ),
        (
            "private/order_post_only_rejected",
            (OrderPhase::Rejected, 0, None, post_only),
        ),
        (
            "private/order_rejected_after_fill",
            (
                OrderPhase::Cancelled,
                1_000,
                Some(833_000),
                reason("EC_ReachRiskPriceLimit"),
            ),
        ),
        (
            "private/order_second_filled_of_a_cancel_race",
            (
                OrderPhase::Filled,
                20_000,
                Some(833_000),
                reason("EC_OrigClOrdIDDoesNotExist"),
            ),
        ),
        ("private/order_stop", (OrderPhase::Open, 0, None, None)),
        (
            "private/order_unknown_status",
            (OrderPhase::Unknown, 0, None, None),
        ),
        (
            "private/order_spot",
            (OrderPhase::Cancelled, 11_000, Some(833_100), None),
        ),
    ] {
        assert_eq!(reported(name), expected, "{name}");
    }
}

#[test]
fn missing_fields_of_an_order_have_defaults_and_a_bad_order_loses_no_other() {
    let lean = orders("private/order_lean").remove(0);
    let expected = OrderUpdate {
        order_id: "v1".into(),
        link_id: "own-0002".into(),
        side: Side::Sell,
        phase: OrderPhase::Open,
        price_tick: 0,
        lot: scale().lot,
        qty_lots: 10_000,
        cum_lots: 0,
        avg_tick: None,
        updated_ns: CREATED_NS,
        reason: None,
    };
    assert_eq!(lean, expected);
    assert_eq!(orders("private/data_before_topic"), [expected]);
    assert_eq!(orders("private/order_spot")[0].updated_ns, CREATED_NS);
    let left = orders("private/order_bad_beside_good");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].link_id, "own-0003");
    assert!(orders("private/order_empty_list").is_empty());
}

#[test]
fn an_execution_is_a_fill_only_when_it_fills_an_order() {
    let maker = fills("private/execution_maker").remove(0);
    assert_eq!(
        (maker.tick, maker.lots, maker.order_lots),
        (833_000, 5_000, 20_000)
    );
    assert!(maker.maker && !maker.completes && maker.side == Side::Buy);
    assert_eq!(maker.exec_ns, 1_771_200_012_301_000_000);
    let two = fills("private/execution_two");
    let reported: Vec<_> = two.iter().map(|f| (f.lots, f.completes, f.maker)).collect();
    assert_eq!(reported, [(13_000, false, false), (2_000, true, false)]);
    assert!(fills("private/execution_funding").is_empty());
    assert_eq!(fills("private/execution_adl")[0].link_id, "");
    assert_eq!(
        fills("private/execution_other_types").len(),
        1,
        "only the bust trade"
    );
    let fast = fills("private/execution_fast_maker").remove(0);
    assert_eq!(
        (fast.link_id.as_str(), fast.order_lots, fast.completes),
        ("", 0, false)
    );
    assert!(fills("private/execution_fast_empty").is_empty());
}

#[test]
fn a_position_is_signed_by_its_side_and_flat_under_any_name() {
    let (at, seq) = (1_771_200_012_301_000_000, 55_120_050_001);
    assert_eq!(legs("private/position_long"), [(0, 5_000, at, seq)]);
    assert_eq!(legs("private/position_short"), [(0, -12_500, at, seq)]);
    let flat = [(0, 0, 1_771_200_018_108_000_000, -1)];
    assert_eq!(legs("private/position_flat_lean"), flat);
    assert_eq!(legs("private/position_flat_none"), [(0, 0, CREATED_NS, -1)]);
    let both = [(1, 120_000, at, seq), (2, -50_000, at, seq)];
    assert_eq!(legs("private/position_hedge"), both);
}

#[test]
fn a_position_with_both_names_of_its_price_is_read() {
    let json =
        r#"{"symbol":"X","side":"Buy","size":"1","positionIdx":0,"entryPrice":"2","avgPrice":"2"}"#;
    let body = format!(r#"{{"retCode":0,"result":{{"list":[{json}]}}}}"#);
    let answer = rest::positions(body.as_bytes()).unwrap();
    assert_eq!(
        answer.result.items[0].leg(&scale(), 0).unwrap().lots,
        10_000
    );
}

#[test]
fn a_frame_with_two_topics_is_refused() {
    let two = br#"{"topic":"order","creationTime":1,"data":[],"topic":"wallet"}"#;
    assert!(parse(two).is_err());
}

#[test]
fn a_failed_call_keeps_its_code_and_has_no_items() {
    for (name, code) in [("rest/error", 10_002), ("rest/error_null_result", 10_006)] {
        let bytes = own(name);
        let answer = rest::orders(&bytes).unwrap();
        assert_eq!(
            (answer.code, answer.result.items.len()),
            (code, 0),
            "{name}"
        );
    }
    assert!(
        rest::orders(&own("rest/order_ids")).is_err(),
        "no list, no success"
    );
}

#[test]
fn a_list_in_the_place_of_an_object_is_not_read_by_position() {
    let outcome = br#"["1000-1","0","OK",true,"order.create"]"#;
    assert!(hbl_venues::bybit::frames::trade::parse(outcome).is_err());
    assert!(rest::orders(br#"["0","OK","5",{"list":[]}]"#).is_err());
    let trades = br#"{"topic":"publicTrade.X","data":[[5,"X","Buy","1","2"]]}"#;
    assert!(public::parse(trades).is_err());
    let good = r#"{"symbol":"X","orderId":"v","side":"Buy","qty":"1","orderStatus":"New"}"#;
    let odd = r#"["linear","X","v","l","Buy","Limit","1","1","GTC","New"]"#;
    let frame = format!(r#"{{"topic":"order","creationTime":1,"data":[{odd},5,null,{good}]}}"#);
    let PrivateFrame::Orders(at, items) = parse(frame.as_bytes()).unwrap() else {
        panic!();
    };
    let read: Vec<bool> = items
        .iter()
        .map(|i| i.update(&scale(), at).is_ok())
        .collect();
    assert_eq!(read, [false, false, false, true], "and loses no other");
    let body = format!(r#"{{"retCode":0,"result":{{"list":[{odd},{good}]}}}}"#);
    let answer = rest::orders(body.as_bytes()).unwrap();
    let read: Vec<bool> = answer
        .result
        .items
        .iter()
        .map(|i| i.update(&scale(), at).is_ok())
        .collect();
    assert_eq!(read, [false, true]);
}
