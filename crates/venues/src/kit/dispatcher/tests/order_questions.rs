//! Questions of bots about their orders.

use super::*;

fn submit_at(id: u64, sent_ts: i64) -> Request {
    let mut order = order(id);
    order.local_timestamp = sent_ts;
    Request::Submit {
        bot: BOT,
        symbol: "X".into(),
        order,
    }
}

#[test]
fn a_question_about_an_order_is_answered_with_what_is_proven_and_nothing_else() {
    let mut bench = Bench::registered();
    bench.dispatcher.venue.keeps_orders = true;
    bench.ask(submit_at(1, 50));
    bench.sent();
    bench.ask(ask(1, 50, true));
    assert_eq!(bench.sent(), ["7:fate 1 Pending"]);
    bench.says(report(1, Status::New));
    bench.sent();
    bench.ask(ask(1, 0, true));
    assert_eq!(bench.sent(), ["7:order X 1 New"]);
    // Sent later than the order of this id that is known: it never came.
    bench.ask(ask(1, 60, true));
    bench.ask(ask(2, 60, true));
    assert_eq!(
        bench.sent(),
        ["7:fate 1 NotReceived", "7:fate 2 NotReceived"]
    );
    // Sent to a previous session: only the venue knows its state.
    bench.ask(ask(2, 60, false));
    assert_eq!(bench.sent(), ["7:fate 2 Unknown"]);
    bench.dispatcher.venue.found_gone = true;
    bench.ask(ask(2, 60, false));
    assert_eq!(bench.sent(), ["7:fate 2 Gone"]);
    // The bot had a report of it, so this session had it, and has forgotten it.
    bench.ask(ask(3, 0, true));
    assert_eq!(bench.sent(), ["7:fate 3 Unknown"]);
    bench.says(report(1, Status::Filled));
    bench.sent();
    bench.ask(ask(1, 0, true));
    assert_eq!(bench.sent(), ["7:order X 1 Filled"]);
}

#[test]
fn what_ended_and_was_forgotten_is_gone_and_was_not_lost_on_its_way() {
    let mut bench = Bench::registered();
    for id in 1..=4_097 {
        bench.ask(submit_at(id, i64::try_from(id).unwrap()));
        bench.says(report(id, Status::Canceled));
    }
    bench.sent();
    bench.ask(ask(1, 1, true));
    bench.ask(ask(1, 0, true));
    bench.ask(ask(9_000, 5_000, true));
    let expected = ["7:fate 1 Gone", "7:fate 1 Gone", "7:fate 9000 NotReceived"];
    assert_eq!(bench.sent(), expected);
}

#[test]
fn an_order_of_a_previous_session_of_an_exchange_that_died_with_it_is_gone() {
    let mut bench = Bench::registered();
    bench.ask(ask(5, 0, false));
    assert_eq!(bench.sent(), ["7:fate 5 Gone"]);
}
