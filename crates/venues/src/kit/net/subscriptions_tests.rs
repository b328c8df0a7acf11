use super::*;

const LIMITS: RequestLimits = RequestLimits {
    subscribe_max: 2,
    unsubscribe_max: 1,
    chars_max: 100,
    answer_ns: 1_000,
    pause_ns: 10,
    refused_ns: 500,
    renews_alone: false,
};

fn open(limits: RequestLimits, names: &[&str]) -> Subscriptions<u32> {
    let mut wanted = Subscriptions::new(limits);
    for name in names {
        wanted.want(name, 0);
    }
    wanted.opened(0);
    wanted
}

/// Names and kind of the next request, answered at once.
fn next(
    wanted: &mut Subscriptions<u32>,
    now: u64,
    is_refused: bool,
) -> (bool, Vec<String>, Vec<Subscribed>) {
    let request = wanted.next(now).unwrap();
    let mut known = Vec::new();
    wanted.answered(now, request.id, is_refused, &mut known);
    (request.subscribe, request.names, known)
}

#[test]
fn names_go_in_requests_of_the_allowed_size_with_a_pause_between_them() {
    let mut wanted = open(LIMITS, &["a", "b", "c"]);
    assert_eq!(next(&mut wanted, 0, false).1, ["a", "b"]);
    assert_eq!((wanted.next(9), wanted.next_due()), (None, Some(10)));
    assert_eq!(next(&mut wanted, 10, false).1, ["c"]);
    assert!(wanted.is_complete());
    let few = RequestLimits {
        chars_max: 3,
        ..LIMITS
    };
    let mut wanted = open(few, &["aaaa", "bb", "c"]);
    assert_eq!(next(&mut wanted, 0, false).1, ["aaaa"]);
    assert_eq!(next(&mut wanted, 10, false).1, ["bb", "c"]);
}

#[test]
fn only_a_name_that_is_refused_alone_counts_as_refused_and_for_a_time() {
    let mut wanted = open(LIMITS, &["a", "b"]);
    assert_eq!(next(&mut wanted, 0, true).2, []);
    let refused = Subscribed::Refused("a".into());
    assert_eq!(next(&mut wanted, 10, true).2, [refused]);
    let live = Subscribed::Live("b".into());
    assert_eq!(next(&mut wanted, 20, false).2, [live]);
    assert_eq!((wanted.refused(), wanted.is_complete()), (1, true));
    assert_eq!(wanted.next_due(), Some(510));
    assert_eq!(next(&mut wanted, 510, false).1, ["a"]);
    assert_eq!((wanted.refused(), wanted.is_complete()), (0, true));
}

#[test]
fn the_next_connection_asks_for_everything_and_for_what_was_refused_alone() {
    let mut wanted = open(LIMITS, &["a"]);
    next(&mut wanted, 0, true);
    wanted.want("b", 0);
    wanted.want("c", 0);
    wanted.closed();
    assert_eq!((wanted.next(5), wanted.next_due()), (None, None));
    wanted.opened(20);
    assert_eq!(next(&mut wanted, 20, false).1, ["b", "c"]);
    assert_eq!(next(&mut wanted, 30, false).1, ["a"]);
}

#[test]
fn a_name_that_broke_is_left_first_and_then_asked_for_again() {
    for renews_alone in [false, true] {
        let limits = RequestLimits {
            renews_alone,
            ..LIMITS
        };
        let mut wanted = open(limits, &["a", "b"]);
        next(&mut wanted, 0, false);
        assert!(wanted.renew("a", 15) && wanted.renew("b", 15));
        assert!(!wanted.renew("a", 15), "it is broken already");
        assert_eq!(wanted.next_due(), Some(15));
        assert_eq!(next(&mut wanted, 15, false).1, ["a"]);
        assert_eq!(wanted.live().count(), 0);
        let (subscribes, names, _) = next(&mut wanted, 25, false);
        assert_eq!((subscribes, names), (false, vec!["b".to_owned()]));
        let together = next(&mut wanted, 35, false).1.len();
        assert_eq!(together, if renews_alone { 1 } else { 2 });
    }
}

#[test]
fn an_answer_for_a_name_that_broke_meanwhile_says_nothing() {
    let mut wanted = open(LIMITS, &["a"]);
    let request = wanted.next(0).unwrap();
    wanted.renew("a", 0);
    let mut known = Vec::new();
    wanted.answered(1, request.id, false, &mut known);
    assert_eq!((known.len(), wanted.live().count()), (0, 0));
}

#[test]
fn a_message_is_as_good_as_an_answer_which_is_still_awaited_without_one() {
    let mut wanted = open(LIMITS, &["a", "b"]);
    wanted.next(0).unwrap();
    *wanted.heard("a", true).unwrap() += 1;
    assert_eq!(wanted.heard("b", false), Some(&mut 0));
    assert_eq!(wanted.heard("c", true), None);
    assert_eq!(wanted.live().collect::<Vec<_>>(), ["a"]);
    let all: Vec<_> = wanted.iter().collect();
    assert_eq!(all, [("a", true, &1), ("b", false, &0)]);
    assert!(!wanted.is_late(999) && wanted.is_late(1_000));
    assert_eq!(wanted.next_due(), Some(1_000));
}

#[test]
fn what_the_venue_does_not_have_is_asked_for_again() {
    let mut wanted = open(LIMITS, &["a", "b"]);
    next(&mut wanted, 0, false);
    wanted.compare(|name| name == "b");
    assert_eq!(next(&mut wanted, 10, false).1, ["a"]);
}
