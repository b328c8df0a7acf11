//! Deadlines of requests, and read-only bots.

use super::*;

fn asked(deadline_mono_ns: Option<u64>) -> Asked {
    Asked {
        sent_mono_ns: 0,
        deadline_mono_ns,
        tag: 0,
    }
}

fn at_ms(ms: u64) -> Now {
    Now {
        mono_ns: ms * 1_000_000,
        unix_ns: 1_764_000_000_000_000_000 + ms.cast_signed() * 1_000_000,
    }
}

#[test]
fn what_comes_after_its_deadline_is_refused_except_a_cancellation() {
    let mut bench = Bench::registered();
    let late = asked(Some(400_000_000));
    let Bench { dispatcher, out } = &mut bench;
    dispatcher.handle_asked(at_ms(399), submit(BOT, 1), late, out);
    assert_eq!(out.sent, [""; 0], "in time");
    dispatcher.handle_asked(at_ms(401), submit(BOT, 2), late, out);
    dispatcher.handle_asked(at_ms(401), amend(BOT, 1), late, out);
    dispatcher.handle_asked(at_ms(401), cancel(BOT, 1), late, out);
    assert_eq!(
        out.sent,
        ["7:reject 2 3123", "7:order X 2 Expired", "7:reject 1 3123"]
    );
}

#[test]
fn a_bot_that_names_no_deadline_has_the_connectors_and_hftbacktests_says_when_it_sent() {
    let mut bench = Bench::registered();
    let upstream = 77;
    bench.out.states.insert(upstream, OwnerState::Upstream);
    bench.ask(register(upstream, "X", 0.1));
    bench.out.sent.clear();
    let Bench { dispatcher, out } = &mut bench;
    dispatcher.orders_are_good_for(1_000_000_000);
    dispatcher.handle_asked(at_ms(999), submit(BOT, 1), asked(None), out);
    assert_eq!(out.sent, [""; 0], "in time");
    dispatcher.handle_asked(at_ms(1_001), submit(BOT, 2), asked(None), out);
    assert_eq!(out.sent[0], "7:reject 2 3123");
    let sent_ms_ago = |id, age_ms: i64| {
        let mut order = order(id);
        order.local_timestamp = at_ms(5_000).unix_ns - age_ms * 1_000_000;
        let symbol = "X".into();
        (
            Request::Submit {
                bot: upstream,
                symbol,
                order,
            },
            Asked::received_at(at_ms(5_000).mono_ns),
        )
    };
    for (id, age_ms, is_refused) in [
        (10, 900, false),
        (11, 1_100, true),
        // The clocks differ: counts from its receipt.
        (12, -50, false),
        (13, 7_200_000, false),
    ] {
        out.sent.clear();
        let (request, asked) = sent_ms_ago(id, age_ms);
        dispatcher.handle_asked(at_ms(5_000), request, asked, out);
        let refused = out.sent.iter().any(|line| line.contains("3123"));
        let refused = refused || out.sent.iter().any(|line| line.contains("Expired"));
        assert_eq!(refused, is_refused, "{age_ms} ms: {:?}", out.sent);
    }
}

#[test]
fn a_read_only_bot_may_not_trade_and_takes_over_no_order() {
    let (reader, trader) = (20, 21);
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.out.states.insert(BOT, OwnerState::Orphaned);
    bench.out.states.insert(reader, OwnerState::ReadOnly);
    bench.out.sent.clear();
    bench.ask(register(reader, "X", 0.1));
    assert!(!bench.out.sent.iter().any(|line| line.contains("order X")));
    bench.ask(submit(reader, 5));
    bench.ask(amend(reader, 1));
    let sent = |line: &&String| line.starts_with("20:reject") || line.contains("order X");
    let lines: Vec<&String> = bench.out.sent.iter().filter(sent).collect();
    assert_eq!(
        lines,
        [
            "20:reject 5 3124",
            "20:order X 5 Expired",
            "20:reject 1 3124"
        ]
    );
    bench.out.sent.clear();
    bench.ask(register(trader, "X", 0.1));
    assert!(bench.out.sent.contains(&"21:order X 1 New".to_owned()));
}
