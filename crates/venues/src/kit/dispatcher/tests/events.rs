//! Events of the venue on their way to bots.

use super::*;

#[test]
fn feed_goes_to_all_but_only_for_registered_symbols() {
    let mut bench = Bench::registered();
    bench.says(VenueEvent::Feed {
        symbol: 0,
        event: level(2.0),
    });
    bench.says(VenueEvent::Feed {
        symbol: 1,
        event: level(3.0),
    });
    bench.says(VenueEvent::FeedBatchStart { symbol: 1 });
    assert_eq!(bench.sent(), ["0:feed X 2"]);
}

#[test]
fn send_errors_are_counted_and_nothing_stops() {
    let mut bench = Bench::registered();
    bench.out.broken = true;
    for _ in 0..3 {
        bench.says(VenueEvent::Feed {
            symbol: 0,
            event: level(2.0),
        });
    }
    assert_eq!(bench.dispatcher.send_errors(), 3);
}

fn socket(socket: VenueSocket, up: bool) -> VenueEvent {
    VenueEvent::Socket {
        socket,
        up,
        text: if up { "" } else { "closed" }.into(),
    }
}

#[test]
fn a_bot_that_comes_later_hears_of_what_does_not_work_and_gets_the_balances() {
    let mut dispatcher = Dispatcher::new(Scripted::default());
    let mut out = Notebook::default();
    dispatcher.handle(Now::default(), register(8, "X", 0.1), &mut out);
    let trouble = vec![
        socket(VenueSocket::Private, false),
        socket(VenueSocket::Trade, false),
        socket(VenueSocket::Trade, true),
        VenueEvent::Down("gone".into()),
        VenueEvent::FeedStale { symbol: 0 },
    ];
    says(&mut dispatcher, trouble);
    let mut out = Notebook::default();
    dispatcher.handle(Now::default(), register(BOT, "X", 0.1), &mut out);
    let all = [
        "7:start",
        "7:position X 0.25",
        "7:feed X 1",
        "7:socket Private false closed",
        "7:down",
        "7:side FeedStale { symbol: \"X\" }",
        "7:balance USDT 10",
        "7:end",
    ];
    assert_eq!(out.sent, all);
    let works = vec![
        socket(VenueSocket::Private, true),
        VenueEvent::Up,
        VenueEvent::FeedLive { symbol: 0 },
    ];
    says(&mut dispatcher, works);
    let mut out = Notebook::default();
    dispatcher.handle(Now::default(), register(9, "X", 0.1), &mut out);
    let all = [
        "start",
        "position X 0.25",
        "feed X 1",
        "balance USDT 10",
        "end",
    ];
    assert_eq!(out.sent, all.map(|what| format!("9:{what}")));
}

#[test]
fn a_balance_goes_to_every_bot() {
    let mut dispatcher = Dispatcher::new(Scripted::default());
    let sent = says(&mut dispatcher, vec![VenueEvent::Balance(balance(11.5))]);
    assert_eq!(sent, ["0:balance USDT 11.5"]);
}

#[test]
fn a_connection_is_lost_once_however_often_it_cannot_be_made_again() {
    let mut dispatcher = Dispatcher::new(Scripted::default());
    let events = vec![
        socket(VenueSocket::Public, true),
        socket(VenueSocket::Public, false),
        socket(VenueSocket::Public, false),
        socket(VenueSocket::Trade, false),
        socket(VenueSocket::Public, true),
        socket(VenueSocket::Public, true),
    ];
    let expected = [
        "0:socket Public true ",
        "0:socket Public false closed",
        "0:socket Trade false closed",
        "0:socket Public true ",
    ];
    assert_eq!(says(&mut dispatcher, events), expected);
}

#[test]
fn a_refused_key_is_sent_as_a_notice_and_as_an_error_that_upstream_bots_know() {
    let mut dispatcher = Dispatcher::new(Scripted::default());
    let notice = |code| VenueEvent::Notice(Notice::of(code, "words"));
    let events = vec![
        notice(codes::AUTH_REFUSED),
        notice(codes::UNFOLLOWED_ORDER),
        notice(codes::END_OF_DATA),
    ];
    let expected = [
        "0:notice Error 3213 0",
        "0:error CriticalConnectionError",
        "0:notice Warning 3216 0",
        "0:notice Info 3101 0",
    ];
    assert_eq!(says(&mut dispatcher, events), expected);
}

#[test]
fn a_late_fill_is_reported_to_the_owner_of_its_order() {
    let mut dispatcher = Dispatcher::new(Scripted::default());
    let mut out = Notebook::default();
    dispatcher.handle(Now::default(), register(BOT, "X", 0.1), &mut out);
    dispatcher.handle(Now::default(), submit(BOT, 5), &mut out);
    let handle = dispatcher.venue().submitted[0].handle;
    let about = |handle| VenueEvent::OrderNotice {
        handle,
        notice: Notice::of(codes::LATE_FILL, "late"),
    };
    let sent = says(&mut dispatcher, vec![about(handle), about(999)]);
    let expected = ["7:notice Warning 3214 X5", "0:notice Warning 3214 0"];
    assert_eq!(sent, expected, "an order that is forgotten is nobody's");
}

#[test]
fn bots_of_ours_hear_that_a_position_is_not_known_any_more() {
    let mut bench = Bench::registered();
    bench.out.states.insert(9, OwnerState::Upstream);
    bench.ask(register(9, "X", 0.1));
    bench.sent();
    bench.says(VenueEvent::PositionUnknown { symbol: 0 });
    assert_eq!(bench.sent(), ["7:position X NaN"]);
}
