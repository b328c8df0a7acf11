//! Registrations of symbols, and the batch that answers them.

use super::*;

#[test]
fn a_registering_bot_gets_orders_position_book_and_balances_in_one_batch_of_its_own() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.sent();
    bench.ask(register(BOT, "X", 0.1));
    assert_eq!(
        bench.sent(),
        [
            "7:start",
            "7:order X 1 New",
            "7:position X 0.25",
            "7:feed X 1",
            "7:balance USDT 10",
            "7:end"
        ]
    );
    bench.ask(register(8, "X", 0.1));
    assert_eq!(
        bench.sent(),
        [
            "8:start",
            "8:position X 0.25",
            "8:feed X 1",
            "8:balance USDT 10",
            "8:end"
        ]
    );
}

#[test]
fn without_an_account_a_bot_is_notified_that_orders_are_unknown_and_none_is_reported_as_ended() {
    let venue = Scripted {
        without_account: true,
        ..Scripted::default()
    };
    let mut dispatcher = Dispatcher::new(venue);
    let mut out = Notebook::default();
    out.states.insert(9, OwnerState::Upstream);
    dispatcher.handle(at(1), register(BOT, "X", 0.1), &mut out);
    assert_eq!(out.sent[0], "7:side OrdersUnknown { text: \"no key\" }");
    assert_eq!(out.sent[1..3], ["7:start", "7:position X 0.25"]);
    out.sent.clear();
    dispatcher.handle(at(2), register(9, "X", 0.1), &mut out);
    let position = out.sent.iter().any(|what| what.contains("position"));
    assert!(
        !position,
        "an upstream bot would believe it: {:?}",
        out.sent
    );
    out.sent.clear();
    dispatcher.handle(at(3), cancel(BOT, 5), &mut out);
    dispatcher.handle(at(3), cancel(9, 5), &mut out);
    assert_eq!(
        out.sent,
        ["7:reject 5 3110", "9:reject 5 3110", "9:error OrderError"]
    );
    // The account is read.
    out.sent.clear();
    dispatcher.poll(at(4), &mut out);
    dispatcher.venue_mut().without_account = false;
    dispatcher.venue_mut().keeps_orders = true;
    dispatcher.poll(at(5), &mut out);
    dispatcher.poll(at(6), &mut out);
    assert_eq!(out.sent, ["0:side OrdersKnown"]);
    dispatcher.handle(at(7), register(BOT, "X", 0.1), &mut out);
    assert_eq!(out.sent[1], "7:side OrdersKnown");
    // Nor does an order end because a venue that keeps orders does not list it.
    dispatcher.handle(at(8), cancel(BOT, 5), &mut out);
    assert_eq!(out.sent.last().unwrap(), "7:reject 5 3006");
    dispatcher.venue_mut().found_gone = true;
    dispatcher.handle(at(9), cancel(BOT, 5), &mut out);
    assert_eq!(out.sent.last().unwrap(), "7:order X 5 Expired");
}

#[test]
fn a_registration_names_what_is_on_its_way_before_its_batch() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.ask(submit(BOT, 2));
    bench.says(report(2, Status::New));
    bench.sent();
    bench.ask(register(BOT, "X", 0.1));
    let sent = bench.sent();
    assert_eq!(
        sent[..3],
        ["7:fate 1 Pending", "7:start", "7:order X 2 New"]
    );
}

#[test]
fn a_registration_is_answered_with_the_first_whole_book_and_not_before() {
    let venue = Scripted {
        without_book: true,
        ..Scripted::default()
    };
    let mut dispatcher = Dispatcher::new(venue);
    let mut out = Notebook::default();
    dispatcher.handle(at(1), register(BOT, "X", 0.1), &mut out);
    dispatcher.handle(at(2), register(8, "X", 0.1), &mut out);
    // A bot that has no answer asks again.
    dispatcher.handle(at(1_000_000_000), register(BOT, "X", 0.1), &mut out);
    dispatcher.poll(at(1_000_000_001), &mut out);
    assert_eq!(out.sent, Vec::<String>::new(), "no answer without a book");
    dispatcher.handle(at(1_000_000_002), submit(BOT, 1), &mut out);
    assert_eq!(dispatcher.venue().submitted.len(), 1, "orders need no book");
    dispatcher.venue_mut().without_book = false;
    dispatcher.poll(at(1_000_000_003), &mut out);
    let answer = [
        "start",
        "position X 0.25",
        "feed X 1",
        "balance USDT 10",
        "end",
    ];
    let to = |bot: u64| answer.map(|what| format!("{bot}:{what}"));
    assert_eq!(out.sent[0], "7:fate 1 Pending");
    assert_eq!(out.sent[1..], [to(BOT), to(8)].concat());
    dispatcher.poll(at(9_000_000_000), &mut out);
    assert_eq!(out.sent.len(), 11, "one answer for each");
}

#[test]
fn a_registration_whose_book_does_not_come_is_answered_as_stale_after_five_seconds() {
    let venue = Scripted {
        without_book: true,
        ..Scripted::default()
    };
    let mut dispatcher = Dispatcher::new(venue);
    let mut out = Notebook::default();
    dispatcher.handle(at(1), register(BOT, "X", 0.1), &mut out);
    dispatcher.poll(at(BOOK_WAIT_NS), &mut out);
    assert_eq!(out.sent, Vec::<String>::new());
    dispatcher.poll(at(BOOK_WAIT_NS + 1), &mut out);
    let stale = [
        "start",
        "position X 0.25",
        "notice Warning 3109 0",
        "side FeedStale { symbol: \"X\" }",
        "balance USDT 10",
        "end",
    ];
    assert_eq!(out.sent, stale.map(|what| format!("{BOT}:{what}")));
    // Who comes later does not wait again: the answer names orders too.
    out.sent.clear();
    dispatcher.handle(at(BOOK_WAIT_NS + 2), register(8, "X", 0.1), &mut out);
    assert_eq!(out.sent, stale.map(|what| format!("8:{what}")));
    out.sent.clear();
    dispatcher.venue_mut().without_book = false;
    dispatcher
        .venue()
        .says
        .borrow_mut()
        .push(VenueEvent::FeedLive { symbol: 0 });
    dispatcher.poll(at(BOOK_WAIT_NS + 3), &mut out);
    assert_eq!(out.sent, ["0:side FeedLive { symbol: \"X\" }"]);
}

#[test]
fn a_rejected_registration_reaches_a_bot_in_a_form_that_it_knows() {
    let mut bench = Bench::registered();
    bench.ask(register(8, "NOPE", 0.1));
    assert_eq!(bench.sent(), ["8:refused NOPE 3001"]);
    bench.ask(register(8, "X", 0.5));
    assert_eq!(bench.sent(), ["8:refused X 3002 has 0.1 0.001"]);
    bench.ask(register(8, "X", f64::NAN));
    assert_eq!(bench.sent(), ["8:refused X 3003 has 0.1 0.001"]);
    bench.out.states.insert(9, OwnerState::Upstream);
    bench.ask(register(9, "X", 0.5));
    assert_eq!(
        bench.sent(),
        ["9:refused X 3002 has 0.1 0.001", "9:error Custom(3002)"]
    );
}

fn suspended(text: &str) -> VenueEvent {
    VenueEvent::Suspended {
        symbol: 0,
        reject: Reject {
            code: codes::INSTRUMENT_CHANGED,
            text: text.into(),
        },
    }
}

fn amend_to(bot: u64, order_id: u64, price_tick: i64) -> Request {
    Request::Amend {
        bot,
        symbol: "X".into(),
        order_id,
        price_tick,
        qty: 2.0,
    }
}

#[test]
fn a_changed_symbol_takes_no_orders_until_it_is_registered_with_the_sizes_of_now() {
    let mut bench = Bench::registered();
    bench.dispatcher.venue.tick = Some(0.1);
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.dispatcher.venue.tick = Some(0.01);
    bench.sent();
    bench.says(suspended("changed"));
    let sent = bench.sent();
    assert!(
        sent.iter()
            .any(|what| what.contains("notice") && what.contains("3220")),
        "{sent:?}"
    );
    bench.ask(submit(BOT, 2));
    assert_eq!(bench.sent(), ["7:reject 2 3220", "7:order X 2 Expired"]);
    assert_eq!(bench.dispatcher.venue.submitted.len(), 1);
    // What exists goes on in its unit.
    bench.ask(amend_to(BOT, 1, 99));
    assert_eq!(bench.dispatcher.venue.amended, [(1, 99)]);

    // A new bot with the old sizes is refused, one that was served hears of its orders.
    bench.ask(register(8, "X", 0.1));
    assert_eq!(bench.sent(), ["8:refused X 3002 has 0.01 0.001"]);
    bench.ask(register(BOT, "X", 0.1));
    assert!(bench.sent().contains(&"7:order X 1 New".to_owned()));

    bench.ask(register(BOT, "X", 0.01));
    assert!(bench.sent().contains(&"7:order X 1 New".to_owned()));
    bench.says(VenueEvent::Resumed { symbol: 0 });
    bench.sent();
    bench.ask(submit(BOT, 3));
    assert_eq!(bench.sent()[0], "7:reject 3 3002", "made with the old tick");
    let mut fine = order(4);
    fine.tick_size = 0.01;
    bench.ask(Request::Submit {
        bot: BOT,
        symbol: "X".into(),
        order: fine,
    });
    assert_eq!(bench.dispatcher.venue.submitted.len(), 2);
    // The number would be another price.
    bench.sent();
    bench.ask(amend_to(BOT, 1, 990));
    assert_eq!(bench.sent()[0], "7:reject 1 3002");
    assert_eq!(bench.dispatcher.venue.amended.len(), 1);
    bench.ask(cancel(BOT, 1));
    assert_eq!(bench.dispatcher.venue.canceled, [1]);
}

#[test]
fn a_registration_waits_while_the_venue_looks_whether_its_sizes_are_right() {
    let mut bench = Bench::registered();
    bench.dispatcher.venue.tick = Some(0.1);
    bench.dispatcher.venue.looks = true;
    bench.ask(register(8, "X", 0.01));
    assert_eq!(bench.sent(), [] as [&str; 0]);
    bench.dispatcher.venue.looks = false;
    bench.dispatcher.venue.tick = Some(0.01);
    bench.dispatcher.poll(Now::default(), &mut bench.out);
    assert!(bench.sent().contains(&"8:position X 0.25".to_owned()));
}

#[test]
fn a_position_that_is_not_known_is_not_reported_as_zero() {
    let mut bench = Bench::registered();
    bench.dispatcher.venue.no_position = true;
    bench.ask(register(8, "X", 0.1));
    let sent = bench.sent();
    assert!(sent.contains(&"8:position X NaN".to_owned()), "{sent:?}");
    bench.out.states.insert(9, OwnerState::Upstream);
    bench.ask(register(9, "X", 0.1));
    let sent = bench.sent();
    assert!(sent.contains(&"9:end".to_owned()));
    let position = sent.iter().any(|what| what.contains("position"));
    assert!(!position, "an upstream bot would reckon with it: {sent:?}");
}
