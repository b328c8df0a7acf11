//! Orders of upstream bots that are not sent because of what these bots cannot see.

use hbl_wire::VenueSocket;

use super::*;

/// An upstream bot.
const UP: u64 = 9;

/// A venue that keeps orders, with a bot of each kind.
fn bench() -> Bench {
    let mut bench = unregistered();
    bench.ask(register(UP, "X", 0.1));
    bench.ask(register(BOT, "X", 0.1));
    bench.sent();
    bench
}

fn unregistered() -> Bench {
    let venue = Scripted {
        keeps_orders: true,
        knows_sizes: true,
        ..Scripted::default()
    };
    let mut out = Notebook::default();
    out.states.insert(UP, OwnerState::Upstream);
    let dispatcher = Dispatcher::new(venue);
    Bench { dispatcher, out }
}

impl Bench {
    /// Whether an order of this bot reaches the venue; one that does not ends as refused, with this code.
    fn is_sent(&mut self, bot: u64, id: u64, code: i64) -> bool {
        let before = self.dispatcher.venue.submitted.len();
        self.sent();
        self.ask(submit(bot, id));
        let is_sent = self.dispatcher.venue.submitted.len() > before;
        if !is_sent {
            let refused = [
                format!("{bot}:reject {id} {code}"),
                format!("{bot}:error OrderError"),
                format!("{bot}:order X {id} Expired"),
            ];
            assert_eq!(self.sent(), refused);
        }
        is_sent
    }

    /// Orders of the upstream bot are refused for this reason, all else goes.
    fn assert_refuses_upstream(&mut self, ids: [u64; 4], code: i64) {
        let [open, refused, ours, last] = ids;
        assert!(!self.is_sent(UP, refused, code));
        assert!(self.is_sent(BOT, ours, 0), "it judges for itself");
        let canceled = self.dispatcher.venue.canceled.len();
        self.ask(cancel(UP, open));
        assert_eq!(self.dispatcher.venue.canceled.len(), canceled + 1);
        assert!(
            !self.is_sent(UP, last, code),
            "a cancellation changes nothing"
        );
    }
}

#[test]
fn an_order_of_a_bot_that_may_be_for_elsewhere_is_no_registration_and_not_sent() {
    let mut bench = unregistered();
    bench.out.destination = Some("elsewhere".into());
    assert!(!bench.is_sent(UP, 1, codes::BOT_NOT_MET));
    assert!(bench.dispatcher.registered.is_empty());
    // A cancellation is one, and agrees to nothing.
    bench.ask(cancel(UP, 5));
    assert!(!bench.is_sent(UP, 2, codes::BOT_NOT_MET));
    bench.ask(register(BOT, "X", 0.1));
    assert!(bench.is_sent(BOT, 3, 0), "its requests carry where they go");
    bench.out.destination = None;
    assert!(bench.is_sent(UP, 4, 0));
}

fn public(up: bool) -> VenueEvent {
    VenueEvent::Socket {
        socket: VenueSocket::Public,
        up,
        text: "closed".into(),
    }
}

#[test]
fn an_upstream_bots_order_is_not_sent_while_the_book_is_not_live() {
    let stale = || VenueEvent::FeedStale { symbol: 0 };
    let live = || VenueEvent::FeedLive { symbol: 0 };
    for (trouble, end) in [(stale(), live()), (public(false), public(true))] {
        let mut bench = bench();
        assert!(bench.is_sent(UP, 1, 0));
        bench.says(report(1, Status::New));
        bench.says(trouble);
        bench.assert_refuses_upstream([1, 2, 3, 4], codes::BOOK_NOT_LIVE);
        bench.says(end);
        assert!(bench.is_sent(UP, 5, 0));
    }
    let mut bench = bench();
    bench.dispatcher.venue.without_book = true;
    assert!(!bench.is_sent(UP, 1, codes::BOOK_NOT_LIVE));
    // Also where orders are filled in the connector.
    bench.dispatcher.venue.keeps_orders = false;
    assert!(!bench.is_sent(UP, 2, codes::BOOK_NOT_LIVE));
    bench.dispatcher.require_live_book(false);
    assert!(bench.is_sent(UP, 3, 0));
}

#[test]
fn an_order_that_counts_as_a_registration_waits_for_no_book() {
    let mut bench = unregistered();
    bench.dispatcher.venue.without_book = true;
    assert!(!bench.is_sent(UP, 1, codes::BOOK_NOT_LIVE));
    bench.dispatcher.require_live_book(false);
    // The answer with the position waits for the book.
    assert!(!bench.is_sent(UP, 2, codes::POSITION_NOT_SENT));
    bench.dispatcher.venue.without_book = false;
    bench.dispatcher.poll(at(1), &mut bench.out);
    assert!(bench.sent().contains(&"9:position X 0.25".to_owned()));
    assert!(bench.is_sent(UP, 3, 0));
}

#[test]
fn an_upstream_bots_order_is_not_sent_while_the_position_is_not_known() {
    let mut bench = bench();
    assert!(bench.is_sent(UP, 1, 0));
    bench.says(report(1, Status::New));
    bench.dispatcher.venue.no_position = true;
    bench.says(VenueEvent::PositionUnknown { symbol: 0 });
    bench.assert_refuses_upstream([1, 2, 3, 4], codes::POSITION_NOT_SENT);
    bench.dispatcher.require_live_book(false);
    assert!(!bench.is_sent(UP, 5, codes::POSITION_NOT_SENT));
    bench.dispatcher.venue.no_position = false;
    assert!(bench.is_sent(UP, 6, 0));
    // Orders that are filled here have a position of their own.
    bench.dispatcher.venue.no_position = true;
    bench.dispatcher.venue.keeps_orders = false;
    assert!(bench.is_sent(UP, 7, 0));
}

#[test]
fn a_bot_that_registered_without_a_position_gets_it_before_its_first_order_is_sent() {
    for is_event in [false, true] {
        let mut bench = unregistered();
        bench.dispatcher.venue.no_position = true;
        bench.ask(register(UP, "X", 0.1));
        assert!(!bench.is_sent(UP, 1, codes::POSITION_NOT_SENT));
        bench.dispatcher.venue.no_position = false;
        assert!(
            !bench.is_sent(UP, 2, codes::POSITION_NOT_SENT),
            "it still reads 0"
        );
        if is_event {
            bench.says(VenueEvent::Position {
                symbol: 0,
                qty: 0.25,
                exch_ts: 1,
            });
            assert_eq!(bench.sent(), ["0:position X 0.25"]);
        } else {
            bench.dispatcher.poll(at(1), &mut bench.out);
            assert_eq!(bench.sent(), ["9:position X 0.25"]);
        }
        assert!(bench.is_sent(UP, 3, 0));
        bench.dispatcher.poll(at(2), &mut bench.out);
        assert_eq!(bench.sent(), [] as [&str; 0], "once");
    }
}

#[test]
fn a_position_is_not_sent_to_an_upstream_bot_while_the_account_is_not_known() {
    let mut bench = unregistered();
    bench.dispatcher.venue.without_account = true;
    bench.ask(register(UP, "X", 0.1));
    bench.dispatcher.poll(at(1), &mut bench.out);
    assert!(!bench.is_sent(UP, 1, codes::POSITION_NOT_SENT));
    bench.dispatcher.venue.without_account = false;
    bench.dispatcher.poll(at(2), &mut bench.out);
    assert!(bench.sent().contains(&"9:position X 0.25".to_owned()));
    assert!(bench.is_sent(UP, 2, 0));
}

#[test]
fn a_reject_does_not_end_the_open_order_of_this_id_of_another_upstream_bot() {
    let mut bench = bench();
    bench.out.states.insert(10, OwnerState::Upstream);
    assert!(bench.is_sent(UP, 1, 0));
    bench.says(report(1, Status::New));
    bench.ask(register(10, "X", 0.1));
    bench.says(VenueEvent::FeedStale { symbol: 0 });
    assert!(!bench.is_sent(10, 1, codes::BOOK_NOT_LIVE));
    let end = bench.out.orders.last().unwrap();
    assert_eq!((end.order_id, end.status), (1, Status::Expired));
    // As its answers to all show, it lives.
    bench.ask(cancel(UP, 1));
    bench.says(report(1, Status::Canceled));
    assert!(bench.sent().contains(&"0:order X 1 Canceled".to_owned()));
}
