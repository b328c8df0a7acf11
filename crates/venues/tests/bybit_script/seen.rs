//! What was sent to the venue and reported to bots.

use hbl_venues::bybit::core::{RestCall, Socket};
use hbl_venues::kit::notice::Notice;
use hbl_venues::kit::venue::{MarketData as _, OrderReport, Reject, VenueEvent};
use hftbacktest::types::{Event, LOCAL_BID_DEPTH_EVENT, Status};
use serde_json::Value;

use super::Script;

impl Script {
    /// Frames of one operation that were sent.
    pub fn sent_ops(&self, op: &str) -> Vec<&Value> {
        let all = self.sent.iter();
        all.filter(|(_, value)| value["op"] == op)
            .map(|(_, value)| value)
            .collect()
    }

    /// Topics in frames of one operation, sorted.
    pub fn sent_topics(&self, op: &str) -> Vec<String> {
        let frames = self.sent.iter();
        let frames = frames.filter(|(at, v)| *at == Socket::Public && v["op"] == op);
        let mut topics: Vec<String> = frames
            .flat_map(|(_, value)| value["args"].as_array().unwrap())
            .map(|topic| topic.as_str().unwrap().to_owned())
            .collect();
        topics.sort();
        topics
    }

    /// Calls of a path.
    pub fn called(&self, path: &str) -> Vec<RestCall> {
        let calls = self.calls.iter().filter(|call| call.path == path);
        calls.cloned().collect()
    }

    /// Reports of an order, oldest first.
    pub fn reports(&self, handle: u64) -> Vec<OrderReport> {
        let reported = self.events.iter().filter_map(|event| match event {
            VenueEvent::Order(report) if report.handle == handle => Some(report.clone()),
            _ => None,
        });
        reported.collect()
    }

    pub fn statuses(&self, handle: u64) -> Vec<Status> {
        self.reports(handle).iter().map(|r| r.status).collect()
    }

    pub fn filled(&self, handle: u64) -> f64 {
        self.reports(handle).iter().map(|r| r.exec_qty).sum()
    }

    pub fn rejects(&self, handle: u64) -> Vec<Reject> {
        let reported = self.events.iter().filter_map(|event| match event {
            VenueEvent::RequestReject { handle: of, reject } if *of == handle => {
                Some(reject.clone())
            }
            _ => None,
        });
        reported.collect()
    }

    /// Codes and texts of the notices about an order.
    pub fn order_notices(&self, handle: u64) -> Vec<(i64, String)> {
        let reported = self.events.iter().filter_map(|event| match event {
            VenueEvent::OrderNotice { handle: of, notice } if *of == handle => {
                Some((notice.code, notice.text.clone()))
            }
            _ => None,
        });
        reported.collect()
    }

    pub fn notices(&self) -> Vec<Notice> {
        let reported = self.events.iter().filter_map(|event| match event {
            VenueEvent::Notice(reject) => Some(reject.clone()),
            _ => None,
        });
        reported.collect()
    }

    /// The last reported position, and its time.
    pub fn position(&self) -> Option<(f64, i64)> {
        let mut reported = self.events.iter().rev().filter_map(|event| match event {
            VenueEvent::Position { qty, exch_ts, .. } => Some((*qty, *exch_ts)),
            _ => None,
        });
        reported.next()
    }

    pub fn feed(&self) -> Vec<Event> {
        let reported = self.events.iter().filter_map(|event| match event {
            VenueEvent::Feed { event, .. } => Some(event.clone()),
            _ => None,
        });
        reported.collect()
    }

    pub fn is_reported(&self, wanted: impl Fn(&VenueEvent) -> bool) -> bool {
        self.events.iter().any(wanted)
    }

    /// The book as a bot that registers now gets it: (is bid, price, quantity), best first.
    pub fn book_now(&self) -> Vec<(bool, f64, f64)> {
        let mut events = Vec::new();
        self.core.book(self.now(), 0, &mut events);
        events
            .iter()
            .map(|e| (e.ev == LOCAL_BID_DEPTH_EVENT, e.px, e.qty))
            .collect()
    }
}
