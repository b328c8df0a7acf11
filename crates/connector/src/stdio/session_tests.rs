use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::*;
use hbl_venues::kit::notice::Notice;
use hbl_venues::kit::test_venue::{Script, ScriptedVenue, ask, batch, bid, feed, sold};

struct Bench {
    session: Session,
    venue: ScriptedVenue,
    script: Rc<RefCell<Script>>,
    now: Now,
}

impl Bench {
    fn new() -> Self {
        let script = Rc::<RefCell<Script>>::default();
        script.borrow_mut().book = vec![bid(99.0, 1.0), ask(101.0, 2.0)];
        let now = Now {
            mono_ns: 1,
            unix_ns: 1_700_000_000_000_000_000,
        };
        Self {
            session: Session::new(now, 1_000_000_000),
            venue: ScriptedVenue(Rc::clone(&script)),
            script,
            now,
        }
    }

    fn lines(&mut self) -> Vec<Value> {
        let mut out = Vec::new();
        self.now.mono_ns += 1;
        self.session.poll(self.now, &mut self.venue, &mut out);
        let text = String::from_utf8(out).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn asks(&mut self, line: &str) -> Vec<Value> {
        self.session
            .command(self.now, line.as_bytes(), &mut self.venue);
        self.lines()
    }

    fn says(&mut self, events: impl IntoIterator<Item = VenueEvent>) -> Vec<Value> {
        self.script.borrow_mut().says.extend(events);
        self.lines()
    }
}

const DEPTH: &str = r#"{"command":"subscribe","channel":"depth","symbol":"X"}"#;
const TRADES: &str = r#"{"command":"subscribe","channel":"trades","symbol":"X"}"#;

#[test]
fn the_first_line_says_who_is_there_and_where_orders_would_go() {
    let mut bench = Bench::new();
    bench.session.ready("sim", ("simulated", "simulated"), true);
    let lines = bench.lines();
    assert_eq!(
        (&lines[0]["type"], &lines[0]["status"]),
        (&json!("status"), &json!("ready"))
    );
    assert_eq!(
        (&lines[0]["kind"], &lines[0]["paper"]),
        (&json!("sim"), &json!(true))
    );
    assert_eq!(lines[0]["pid"], std::process::id());
}

#[test]
fn a_subscription_is_answered_and_the_book_follows() {
    let mut bench = Bench::new();
    let lines = bench.asks(DEPTH);
    assert_eq!(
        lines[0],
        json!({"type": "status", "status": "subscribed", "channel": "depth", "symbol": "X", "tick": 0.1, "lot": 0.001})
    );
    assert_eq!(
        (&lines[1]["type"], &lines[1]["snapshot"]),
        (&json!("depth"), &json!(true))
    );
    assert_eq!(bench.asks(TRADES).len(), 1);
    assert_eq!(bench.script.borrow().registered, ["X"], "once for both");
    let mut says = batch([bid(99.0, 0.0), bid(98.0, 1.0)]);
    says.push(feed(sold(98.0, 0.5)));
    let lines = bench.says(says);
    let kinds: Vec<_> = lines.iter().map(|line| &line["type"]).collect();
    assert_eq!(kinds, ["status", "depth", "trade"]);
    assert_eq!(lines[0]["status"], "connected");
    assert!(lines[1].get("symbol").is_some_and(|symbol| symbol == "X"));
}

#[test]
fn an_unsubscribed_channel_is_silent() {
    let mut bench = Bench::new();
    bench.asks(TRADES);
    bench.asks(DEPTH);
    let line = r#"{"command":"unsubscribe","channel":"depth","symbol":"X"}"#;
    assert_eq!(bench.asks(line)[0]["status"], "unsubscribed");
    let lines = bench.says([feed(bid(98.0, 1.0)), feed(sold(98.0, 1.0))]);
    assert_eq!(
        lines.iter().filter(|line| line["type"] == "depth").count(),
        0
    );
    assert_eq!(
        lines.iter().filter(|line| line["type"] == "trade").count(),
        1
    );
}

#[test]
fn what_cannot_be_understood_is_an_error_line_and_never_the_end() {
    let mut bench = Bench::new();
    for line in [
        "nonsense",
        "{}",
        r#"{"command":"buy","symbol":"X"}"#,
        "\u{0}",
    ] {
        let lines = bench.asks(line);
        assert_eq!(lines.len(), 1, "{line}");
        assert_eq!(
            (&lines[0]["type"], &lines[0]["code"]),
            (&json!("error"), &json!(3107))
        );
    }
    assert!(bench.asks("").is_empty() && bench.asks("  \r").is_empty());
    assert!(!bench.session.is_stopped());
    assert_eq!(
        bench.asks(r#"{"command":"ping","id":5}"#),
        [json!({"type": "status", "status": "pong", "id": 5})]
    );
    bench.asks(r#"{"command":"stop"}"#);
    assert!(bench.session.is_stopped());
}

#[test]
fn a_symbol_that_the_venue_does_not_have_is_refused_with_its_reason() {
    let mut bench = Bench::new();
    let lines = bench.asks(r#"{"command":"subscribe","channel":"trades","symbol":"Z"}"#);
    assert_eq!(
        lines,
        [
            json!({"type": "error", "code": 3001, "message": "there is no Z", "channel": "trades", "symbol": "Z"})
        ]
    );
}

#[test]
fn given_sizes_count_in_every_subscription_and_are_in_its_answer() {
    let mut bench = Bench::new();
    let with = |channel: &str, sizes: &str| {
        format!(r#"{{"command":"subscribe","channel":"{channel}","symbol":"X"{sizes}}}"#)
    };
    let reported = |lines: Vec<Value>| (lines[0]["tick"].clone(), lines[0]["lot"].clone());
    assert_eq!(
        reported(bench.asks(&with("trades", r#","tick":0.05"#))),
        (json!(0.05), json!(0.001))
    );
    assert_eq!(
        reported(bench.asks(&with("depth", ""))),
        (json!(0.05), json!(0.001)),
        "as they were given before"
    );
    assert_eq!(
        reported(bench.asks(&with("depth", r#","tick":0.02,"lot":0.0005"#))),
        (json!(0.02), json!(0.0005))
    );
    bench.asks(&with("trades", r#","lot":0.0005"#));
    assert_eq!(
        bench.script.borrow().with_sizes,
        [(0.05, 0.001), (0.02, 0.0005)],
        "the venue is asked when they are other ones"
    );
    for bad in [r#","tick":0"#, r#","lot":-1"#] {
        let lines = bench.asks(&with("trades", bad));
        assert_eq!(
            (&lines[0]["type"], &lines[0]["code"]),
            (&json!("error"), &json!(3003)),
            "{bad}"
        );
    }
}

#[test]
fn a_subscription_waits_for_the_venues_instruments_but_not_for_ever() {
    let mut bench = Bench::new();
    bench.script.borrow_mut().pending_reason = Some("they are being read".into());
    assert!(bench.asks(TRADES).is_empty());
    assert!(bench.asks(TRADES).is_empty());
    bench.script.borrow_mut().pending_reason = None;
    let lines = bench.lines();
    assert_eq!(lines.len(), 1, "asked twice, answered once");
    assert_eq!(lines[0]["status"], "subscribed");
    bench.script.borrow_mut().pending_reason = Some("they are being read".into());
    assert!(
        bench
            .asks(r#"{"command":"subscribe","channel":"depth","symbol":"Y"}"#)
            .is_empty()
    );
    assert_eq!(
        bench.session.next_due_ns(),
        Some(bench.now.mono_ns - 1 + 1_000_000_000)
    );
    bench.now.mono_ns += 1_000_000_000;
    let lines = bench.lines();
    assert_eq!(
        (&lines[0]["code"], &lines[0]["symbol"]),
        (&json!(3208), &json!("Y"))
    );
}

#[test]
fn the_state_of_the_venue_is_reported_once_per_change() {
    let mut bench = Bench::new();
    bench.asks(DEPTH);
    let words = |lines: Vec<Value>| -> Vec<String> {
        let word = |line: &Value| line["status"].as_str().unwrap_or("depth").to_owned();
        lines.iter().map(word).collect()
    };
    let up = |up| VenueEvent::Socket {
        socket: VenueSocket::Public,
        up,
        text: "cut".into(),
    };
    assert_eq!(words(bench.says([up(true), VenueEvent::Up])), ["connected"]);
    let lost = [
        VenueEvent::FeedStale { symbol: 0 },
        up(false),
        VenueEvent::Down("cut".into()),
    ];
    assert_eq!(words(bench.says(lost)), ["stale", "down"]);
    let mut back = vec![VenueEvent::Up];
    back.extend(batch([bid(97.0, 1.0)]));
    back.push(VenueEvent::FeedLive { symbol: 0 });
    let lines = bench.says(back);
    assert_eq!(
        lines.last().map(|line| &line["snapshot"]),
        Some(&json!(true))
    );
    let words = words(lines);
    assert_eq!(words.first().map(String::as_str), Some("up"));
    assert!(words.contains(&"fresh".to_owned()), "{words:?}");
    let notice = VenueEvent::Notice(Notice::of(3102, "a \"hole\""));
    assert_eq!(
        bench.says([notice]),
        [json!({"type": "status", "status": "notice", "code": 3102, "message": "a \"hole\""})]
    );
}

#[test]
fn a_book_that_is_not_there_yet_comes_with_the_first_change() {
    let mut bench = Bench::new();
    bench.script.borrow_mut().book.clear();
    assert_eq!(bench.asks(DEPTH).len(), 1);
    bench.script.borrow_mut().book = vec![bid(98.0, 1.0)];
    let lines = bench.says(batch([bid(98.0, 1.0)]));
    assert_eq!(
        lines.last().map(|line| &line["snapshot"]),
        Some(&json!(true))
    );
}
