use super::*;

fn sent(streams: &mut Streams, now: u64) -> Vec<String> {
    let mut out = Vec::new();
    streams.tick(now, &mut out);
    let texts = out.into_iter().map(|act| match act {
        StreamAct::Send(text) => text,
        other => panic!("{other:?}"),
    });
    texts.collect()
}

fn ok(id: u64) -> Reply {
    Reply {
        id: Some(id),
        error: None,
        list: None,
    }
}

fn refused(id: Option<u64>) -> Reply {
    Reply {
        id,
        error: Some((2, "no".to_owned())),
        list: None,
    }
}

fn opened(names: &[&str]) -> Streams {
    let mut streams = Streams::default();
    for name in names {
        streams.want(name);
    }
    streams.opened(0);
    streams
}

#[test]
fn everything_wanted_is_asked_for_after_every_opening() {
    let mut streams = opened(&["a@depth", "a@trade"]);
    let text = r#"{"method":"SUBSCRIBE","params":["a@depth","a@trade"],"id":1}"#;
    assert_eq!(sent(&mut streams, 0), [text]);
    assert!(!streams.is_complete());
    let mut out = Vec::new();
    streams.reply(0, &ok(1), &mut out);
    assert_eq!(
        out,
        [
            StreamAct::Live("a@depth".into()),
            StreamAct::Live("a@trade".into())
        ]
    );
    assert!(streams.is_complete());
    streams.closed();
    assert!(!streams.is_complete() && streams.next_due().is_none());
    streams.opened(SECOND_NS);
    assert!(sent(&mut streams, SECOND_NS)[0].contains(r#"["a@depth","a@trade"],"id":2"#));
}

#[test]
fn requests_keep_well_below_ten_in_a_second_and_names_are_split() {
    let names: Vec<String> = (0..400)
        .map(|i| format!("sym{i:04}usdt@depth@100ms"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut streams = opened(&names);
    let (mut at, mut asked) = (Vec::new(), 0);
    for now in (0..5 * SECOND_NS).step_by(SECOND_NS as usize / 100) {
        for text in sent(&mut streams, now) {
            asked += text.matches("@depth").count();
            assert!(text.len() < 4096);
            at.push(now);
            let id = at.len() as u64;
            streams.reply(0, &ok(id), &mut Vec::new());
        }
    }
    assert_eq!(asked, 400);
    for (i, first) in at.iter().enumerate() {
        assert!(
            at[i..]
                .iter()
                .take_while(|t| **t < first + SECOND_NS)
                .count()
                <= 5
        );
    }
}

#[test]
fn a_refused_request_is_asked_again_stream_by_stream() {
    let mut streams = opened(&["a", "b"]);
    sent(&mut streams, 0);
    streams.reply(0, &refused(None), &mut Vec::new());
    assert!(sent(&mut streams, SECOND_NS)[0].contains(r#"["a"]"#));
    let mut out = Vec::new();
    streams.reply(0, &refused(Some(2)), &mut out);
    assert_eq!(out, [StreamAct::Refused("a".into(), "2 no".into())]);
    assert!(sent(&mut streams, 2 * SECOND_NS)[0].contains(r#"["b"]"#));
    streams.reply(0, &ok(3), &mut Vec::new());
    assert!(streams.is_complete());
    // It may have been a passing reject.
    assert_eq!(streams.next_due(), Some(REFUSED_NS));
    assert!(sent(&mut streams, REFUSED_NS)[0].contains(r#"["a"]"#));
    streams.reply(0, &refused(Some(4)), &mut Vec::new());
    streams.opened(3 * SECOND_NS);
    assert!(sent(&mut streams, 3 * SECOND_NS)[0].contains(r#"["b"]"#));
    assert!(sent(&mut streams, 4 * SECOND_NS)[0].contains(r#"["a"]"#));
}

#[test]
fn what_the_venue_does_not_list_is_asked_for_again_unless_something_was_under_way() {
    let listed = |id, names: &[&str]| Reply {
        id: Some(id),
        error: None,
        list: Some(names.iter().map(|name| (*name).to_owned()).collect()),
    };
    let mut streams = opened(&["a", "b"]);
    sent(&mut streams, 0);
    streams.reply(0, &ok(1), &mut Vec::new());
    streams.list();
    assert_eq!(
        sent(&mut streams, SECOND_NS),
        [r#"{"method":"LIST_SUBSCRIPTIONS","id":2}"#]
    );
    let mut out = Vec::new();
    streams.reply(0, &listed(2, &["a"]), &mut out);
    assert_eq!(out, [StreamAct::Alive]);
    assert!(sent(&mut streams, 2 * SECOND_NS)[0].contains(r#"["b"]"#));
    streams.reply(0, &ok(3), &mut Vec::new());
    streams.list();
    sent(&mut streams, 3 * SECOND_NS);
    streams.want("c");
    sent(&mut streams, 4 * SECOND_NS);
    streams.reply(0, &ok(5), &mut Vec::new());
    streams.reply(0, &listed(4, &["a", "b"]), &mut Vec::new());
    assert!(streams.is_complete(), "an old list says nothing about c");
}

#[test]
fn a_broken_stream_is_left_before_it_is_asked_for_again() {
    let mut streams = opened(&["a", "b"]);
    sent(&mut streams, 0);
    streams.reply(0, &ok(1), &mut Vec::new());
    streams.renew("a");
    assert_eq!(
        sent(&mut streams, SECOND_NS),
        [r#"{"method":"UNSUBSCRIBE","params":["a"],"id":2}"#]
    );
    assert!(sent(&mut streams, 2 * SECOND_NS).is_empty());
    streams.reply(0, &ok(2), &mut Vec::new());
    assert!(sent(&mut streams, 3 * SECOND_NS)[0].contains(r#""SUBSCRIBE","params":["a"]"#));
}

#[test]
fn a_missing_answer_ends_the_connection() {
    let mut streams = opened(&["a"]);
    sent(&mut streams, 0);
    assert_eq!(streams.next_due(), Some(ANSWER_NS));
    let mut out = Vec::new();
    streams.tick(ANSWER_NS, &mut out);
    assert!(matches!(out[..], [StreamAct::Dead(_)]), "{out:?}");
}
