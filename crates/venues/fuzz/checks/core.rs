//! The whole protocol core, driven by lines: what the sockets say, what REST answers, what a bot
//! asks for, and time.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::bybit_script::{START_MS, Script, limit, settings};
use hbl_venues::bybit::core::{RestAnswer, RestFailure, Socket};
use hbl_venues::kit::order_registry::is_final;
use hbl_venues::kit::venue::{Amendment, Venue as _, VenueEvent};
use hftbacktest::types::{LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, Side, Status};

const HELD: [&str; 5] = [
    "/v5/order/realtime",
    "/v5/order/history",
    "/v5/execution/list",
    "/v5/position/list",
    "/v5/account/wallet-balance",
];

struct Run {
    script: Script,
    orders: u64,
    links: Vec<String>,
    created: HashSet<String>,
    ended: BTreeSet<u64>,
    levels: BTreeMap<(bool, i64), f64>,
    read: usize,
    sent: usize,
}

impl Run {
    /// One line: a letter that says what it is, and the rest.
    fn line(&mut self, line: &str) {
        let mut chars = line.chars();
        let Some(letter) = chars.next() else { return };
        let rest = chars.as_str();
        match letter {
            'p' => self.frame(Socket::Public, rest),
            'r' => self.frame(Socket::Private, rest),
            't' => self.frame(Socket::Trade, rest),
            'a' => self.answer(rest),
            'f' => self.fail(),
            'c' => {
                let sockets = [Socket::Public, Socket::Private, Socket::Trade];
                self.script.cut(sockets[rest.len() % 3]);
            }
            'w' => self.script.pass(10 << (rest.len() % 12)),
            's' => self.submit(rest),
            'x' => {
                let (at, handle) = (self.script.now(), rest.len() as u64);
                self.script.core.cancel(at, 0, handle);
            }
            'm' => {
                let (at, handle) = (self.script.now(), rest.len() as u64);
                let tick = 150 + i64::from(rest.bytes().next().unwrap_or(0));
                self.script.core.amend(
                    at,
                    0,
                    &Amendment {
                        handle,
                        price_tick: tick,
                        qty: 0.3,
                        deadline_ns: u64::MAX,
                    },
                );
            }
            'h' => self.script.held.extend(HELD),
            'g' => self.script.held.clear(),
            _ => {
                for socket in [Socket::Public, Socket::Private, Socket::Trade] {
                    self.frame(socket, line);
                }
            }
        }
        self.script.pump();
        self.look();
    }

    /// `$0`, `$1` … are our ids of the orders so far, `$T` is the time.
    fn named(&self, text: &str) -> String {
        let mut text = text.replace("$T", &(START_MS + self.script.ms).to_string());
        for (at, link) in self.links.iter().enumerate().take(10) {
            text = text.replace(&format!("${at}"), link);
        }
        text
    }

    fn frame(&mut self, socket: Socket, text: &str) {
        let text = self.named(text);
        if self.script.conns.contains_key(&socket) {
            self.script.text(socket, &text);
        }
    }

    fn answer(&mut self, text: &str) {
        if self.script.calls.is_empty() {
            return;
        }
        let (text, call) = (self.named(text), self.script.calls.remove(0));
        let at = self.script.now();
        let answer = RestAnswer::new(text.as_bytes());
        self.script.core.on_rest(at, call.id, Ok(answer));
    }

    fn fail(&mut self) {
        if !self.script.calls.is_empty() {
            let (at, call) = (self.script.now(), self.script.calls.remove(0));
            let failure = Err(RestFailure::Http(500));
            self.script.core.on_rest(at, call.id, failure);
        }
    }

    fn submit(&mut self, rest: &str) {
        if self.orders >= 200 {
            return;
        }
        self.orders += 1;
        let byte = rest.bytes().next().unwrap_or(b'a');
        let side = if byte & 1 == 0 { Side::Buy } else { Side::Sell };
        let order = limit(self.orders, side, 150 + i64::from(byte), 1.0);
        if let Some(frame) = self.script.submit(&order) {
            let link = frame["args"][0]["orderLinkId"].as_str().unwrap();
            self.links.push(link.to_owned());
        }
    }

    fn look(&mut self) {
        for (_, value) in &self.script.sent[self.sent..] {
            if value["op"] == "order.create" {
                let link = value["args"][0]["orderLinkId"].as_str().unwrap().to_owned();
                assert!(self.created.insert(link), "an order was sent twice");
            }
        }
        self.sent = self.script.sent.len();
        let mut inside = false;
        for event in &self.script.events[self.read..] {
            match event {
                VenueEvent::FeedBatchStart { .. } => {
                    assert!(!std::mem::replace(&mut inside, true), "a batch in a batch");
                }
                VenueEvent::FeedBatchEnd { .. } => assert!(std::mem::replace(&mut inside, false)),
                VenueEvent::Feed { event, .. } => {
                    assert!(inside, "a feed event outside of a batch");
                    let bid = event.ev == LOCAL_BID_DEPTH_EVENT;
                    if bid || event.ev == LOCAL_ASK_DEPTH_EVENT {
                        let key = (bid, (event.px * 2.0).round() as i64);
                        if event.qty > 0.0 {
                            self.levels.insert(key, event.qty);
                        } else {
                            self.levels.remove(&key);
                        }
                    }
                }
                VenueEvent::Order(report) => {
                    assert!(
                        !self.ended.contains(&report.handle),
                        "after its end: {report:?}"
                    );
                    assert!(
                        report.exec_qty >= 0.0 && report.leaves_qty >= 0.0,
                        "{report:?}"
                    );
                    let rejected = report.status == Status::Rejected;
                    if rejected || is_final(report.status) {
                        self.ended.insert(report.handle);
                    }
                }
                _ => {}
            }
        }
        assert!(!inside, "a batch that does not end");
        self.read = self.script.events.len();
        let bid = self
            .levels
            .keys()
            .filter(|key| key.0)
            .map(|key| key.1)
            .max();
        let ask = self
            .levels
            .keys()
            .filter(|key| !key.0)
            .map(|key| key.1)
            .min();
        assert!(bid.zip(ask).is_none_or(|(bid, ask)| bid < ask), "crossed");
    }
}

pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut script = Script::new(settings());
    script.start(0.5, 0.1);
    script.sent.clear();
    script.calls.clear();
    let mut run = Run {
        script,
        orders: 0,
        links: Vec::new(),
        created: HashSet::new(),
        ended: BTreeSet::new(),
        levels: BTreeMap::new(),
        read: 0,
        sent: 0,
    };
    run.look();
    for line in text.split('\n').take(400) {
        run.line(line);
    }
}
