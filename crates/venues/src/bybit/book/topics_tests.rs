//! Subscribing against a venue that refuses, forgets and falls silent.

use super::*;
use crate::bybit::frames::public::{PublicFrame, parse};

fn reply(topics: &mut Topics, now: u64, json: &str) -> Vec<TopicAct> {
    let mut out = Vec::new();
    match parse(json.as_bytes()).unwrap() {
        PublicFrame::Reply(frame) => topics.reply(now, &frame, &mut out),
        other => panic!("{other:?}"),
    }
    out
}

fn tick(topics: &mut Topics, now: u64) -> Vec<TopicAct> {
    let mut out = Vec::new();
    topics.tick(now, &mut out);
    out
}

fn wanting(names: &[&str]) -> Topics {
    let mut topics = Topics::default();
    for name in names {
        topics.want(name);
    }
    topics.opened(0);
    topics
}

const OK: &str = r#"{"success":true,"ret_msg":"","req_id":"ID","op":"subscribe"}"#;
const BAD: &str = r#"{"success":false,"ret_msg":"error:handler not found,topic:orderbook.500.X","req_id":"ID","op":"subscribe"}"#;

#[test]
fn one_bad_topic_does_not_take_the_others_with_it() {
    let mut topics = wanting(&["orderbook.1.X", "orderbook.500.X", "publicTrade.X"]);
    assert_eq!(tick(&mut topics, 0).len(), 1, "one frame for all");
    assert!(reply(&mut topics, 1, &BAD.replace("ID", "1")).is_empty());
    let alone = tick(&mut topics, 1);
    assert_eq!(alone.len(), 3, "{alone:?}");
    reply(&mut topics, 2, &OK.replace("ID", "2"));
    let refused = reply(&mut topics, 2, &BAD.replace("ID", "3"));
    assert!(matches!(&refused[..], [TopicAct::Refused(name, _)] if name == "orderbook.500.X"));
    reply(&mut topics, 2, &OK.replace("ID", "4"));
    assert_eq!(
        topics.live().collect::<Vec<_>>(),
        ["orderbook.1.X", "publicTrade.X"]
    );
    assert!(
        tick(&mut topics, 3).is_empty(),
        "a refused topic is not asked for again"
    );
}

#[test]
fn everything_is_asked_for_after_a_reconnect_also_what_was_refused() {
    let mut topics = wanting(&["orderbook.500.X", "publicTrade.X"]);
    tick(&mut topics, 0);
    reply(&mut topics, 0, &BAD.replace("ID", "1"));
    tick(&mut topics, 0);
    reply(&mut topics, 0, &BAD.replace("ID", "2"));
    topics.closed();
    assert!(tick(&mut topics, 5).is_empty() && topics.next_due().is_none());
    topics.opened(6);
    let sent = tick(&mut topics, 6);
    assert_eq!(
        sent.len(),
        2,
        "the refused one in a frame of its own: {sent:?}"
    );
}

#[test]
fn a_snapshot_before_the_answer_is_taken_and_a_missing_answer_is_fatal() {
    let mut topics = wanting(&["orderbook.1.X"]);
    tick(&mut topics, 0);
    topics.data(1, "orderbook.1.X", true);
    assert_eq!(topics.live().count(), 1);
    let mut topics = wanting(&["orderbook.1.X"]);
    tick(&mut topics, 0);
    assert!(matches!(
        tick(&mut topics, ANSWER_NS)[..],
        [TopicAct::Dead(_)]
    ));
}

#[test]
fn an_answer_without_a_snapshot_is_fatal() {
    let mut topics = wanting(&["orderbook.50.X"]);
    tick(&mut topics, 0);
    reply(&mut topics, 1, &OK.replace("ID", "1"));
    topics.data(2, "orderbook.50.X", false);
    assert!(matches!(
        tick(&mut topics, 1 + ANSWER_NS)[..],
        [TopicAct::Dead("no snapshot came")]
    ));
}

#[test]
fn a_resync_leaves_first_and_asks_again_once() {
    let mut topics = wanting(&["orderbook.50.X"]);
    tick(&mut topics, 0);
    reply(&mut topics, 0, &OK.replace("ID", "1"));
    topics.data(0, "orderbook.50.X", true);
    topics.resync(0, "orderbook.50.X");
    topics.resync(0, "orderbook.50.X");
    let sent = tick(&mut topics, 1);
    assert!(
        matches!(&sent[..], [TopicAct::Send(text)] if text.contains("unsubscribe")),
        "{sent:?}"
    );
    topics.data(2, "orderbook.50.X", false);
    assert!(tick(&mut topics, 2).is_empty());
    let left = OK
        .replace("ID", "2")
        .replace("\"subscribe", "\"unsubscribe");
    reply(&mut topics, 3, &left);
    let sent = tick(&mut topics, 3);
    assert!(
        matches!(&sent[..], [TopicAct::Send(text)] if text.contains("\"subscribe")),
        "{sent:?}"
    );
}

#[test]
fn a_silent_topic_is_asked_for_again_and_a_silent_socket_is_dead() {
    let mut topics = wanting(&["orderbook.1.X", "publicTrade.X"]);
    tick(&mut topics, 0);
    reply(&mut topics, 0, &OK.replace("ID", "1"));
    topics.data(0, "orderbook.1.X", true);
    topics.data(TOP_SILENCE_NS - 1, "publicTrade.X", true);
    let acts = tick(&mut topics, TOP_SILENCE_NS);
    assert!(
        acts.contains(&TopicAct::Silent("orderbook.1.X".into())),
        "{acts:?}"
    );
    let mut topics = wanting(&["orderbook.1.X"]);
    tick(&mut topics, 0);
    topics.data(0, "orderbook.1.X", true);
    assert_eq!(topics.next_due(), Some(TOP_SILENCE_NS));
    assert_eq!(
        tick(&mut topics, TOP_SILENCE_NS),
        [TopicAct::Dead("no data came")]
    );
}

#[test]
fn many_topics_go_in_frames_of_the_allowed_size() {
    let names: Vec<String> = (0..25).map(|n| format!("publicTrade.S{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut topics = wanting(&names);
    assert_eq!(tick(&mut topics, 0).len(), 3);
}

#[test]
fn trades_may_be_silent_for_ever() {
    let mut topics = wanting(&["publicTrade.X"]);
    tick(&mut topics, 0);
    topics.data(5, "publicTrade.X", true);
    assert!(tick(&mut topics, u64::MAX - 1).is_empty());
}

/// Both books live, the depth-1 one heard last at `top`, the other at `deep`.
fn living(top: u64, deep: u64) -> Topics {
    let mut topics = wanting(&["orderbook.1.X", "orderbook.50.X", "publicTrade.X"]);
    tick(&mut topics, 0);
    reply(&mut topics, 0, &OK.replace("ID", "1"));
    let mut said = [(top, "orderbook.1.X"), (deep, "orderbook.50.X")];
    said.sort_unstable();
    for (at, name) in said {
        topics.data(at, name, true);
    }
    topics
}

/// When the connection counts as dead, asked whenever something is due and every 100 ms.
fn dead_at(topics: &mut Topics) -> u64 {
    let mut now = 0;
    loop {
        if tick(topics, now)
            .iter()
            .any(|act| matches!(act, TopicAct::Dead(_)))
        {
            return now;
        }
        now = topics
            .next_due()
            .unwrap_or(u64::MAX)
            .clamp(now + 1, now + SECOND_NS / 10);
    }
}

#[test]
fn silence_of_everything_is_noticed_after_ten_seconds_whichever_topic_spoke_last() {
    for (top, deep) in [
        (0, 5_000_000),
        (5_000_000, 0),
        (SECOND_NS, SECOND_NS),
        (0, 9 * SECOND_NS),
    ] {
        let mut topics = living(top, deep);
        let last = top.max(deep);
        assert_eq!(dead_at(&mut topics), last + TOP_SILENCE_NS, "{top} {deep}");
    }
}

#[test]
fn a_symbol_whose_best_prices_went_silent_is_not_left_with_its_deeper_book() {
    let mut topics = living(0, SECOND_NS);
    topics.want("orderbook.1.Y");
    tick(&mut topics, SECOND_NS);
    reply(&mut topics, SECOND_NS, &OK.replace("ID", "2"));
    let mut silent = Vec::new();
    let mut now = SECOND_NS;
    while now < 12 * SECOND_NS {
        // Another symbol goes on, so the connection lives.
        topics.data(now, "orderbook.1.Y", true);
        for act in tick(&mut topics, now) {
            if let TopicAct::Silent(name) = act {
                silent.push((now, name));
            }
        }
        now += SECOND_NS / 10;
    }
    assert_eq!(
        silent,
        [
            (10 * SECOND_NS, "orderbook.1.X".to_owned()),
            (11 * SECOND_NS, "orderbook.50.X".to_owned()),
        ]
    );
}
