use hftbacktest::types::{OrdType, Side, Status, TimeInForce};

use super::*;
use crate::sim::SimVenue;
use crate::sim::config::SimConfig;

const MS: u64 = 1_000_000;

fn at(ms: u64) -> Now {
    let mono_ns = 1_000_000_000 + ms * MS;
    Now {
        mono_ns,
        unix_ns: 1_700_000_000_000_000_000 + mono_ns as i64,
    }
}

struct Rig {
    venue: FaultyVenue,
    faults: Rc<VenueFaults>,
    ms: u64,
}

impl Rig {
    fn new() -> Self {
        let sim = SimVenue::new(&SimConfig::default(), at(0)).expect("its defaults");
        let mut venue = FaultyVenue::new(Box::new(sim));
        let faults = venue.faults();
        let index = venue.register(at(0), "BTCUSDT", 0.1, 0.001);
        assert_eq!(index, Ok(0));
        let mut rig = Self {
            venue,
            faults,
            ms: 0,
        };
        rig.run(500);
        rig
    }

    /// Polls every millisecond.
    fn run(&mut self, ms: u64) -> Vec<VenueEvent> {
        let mut out = Vec::new();
        for _ in 0..ms {
            self.ms += 1;
            self.venue.poll(at(self.ms), &mut out);
        }
        out
    }

    fn buy(&mut self, handle: u64) {
        let order = NewOrder {
            handle,
            owner: 1,
            order_id: handle,
            price_tick: 520_000,
            qty: 0.001,
            side: Side::Buy,
            order_type: OrdType::Limit,
            time_in_force: TimeInForce::GTC,
            deadline_ns: u64::MAX,
        };
        self.venue.submit(at(self.ms), 0, &order);
    }
}

fn reports(events: &[VenueEvent]) -> Vec<(u64, Status)> {
    let report = |event: &VenueEvent| match event {
        VenueEvent::Order(report) => Some((report.handle, report.status)),
        _ => None,
    };
    events.iter().filter_map(report).collect()
}

fn has_feed(events: &[VenueEvent]) -> bool {
    let is_feed = |event: &VenueEvent| matches!(event, VenueEvent::Feed { symbol: 0, .. });
    events.iter().any(is_feed)
}

/// The levels of a book, and what a bot has of it that takes all events.
fn book(venue: &FaultyVenue, ms: u64) -> BTreeMap<(u64, u64), f64> {
    let mut levels = Vec::new();
    venue.book(at(ms), 0, &mut levels);
    let level = |event: &Event| ((event.ev, event.px.to_bits()), event.qty);
    levels.iter().map(level).collect()
}

#[test]
fn a_rejected_order_does_not_reach_the_venue_and_the_next_one_does() {
    let mut rig = Rig::new();
    let text = "as asked".to_owned();
    rig.faults.ask(Fault::RejectNext { code: 42, text });
    rig.buy(1);
    rig.buy(2);
    let events = rig.run(5);
    let reported = reports(&events);
    assert_eq!(reported.first(), Some(&(1, Status::Rejected)));
    assert_eq!(reported.last(), Some(&(2, Status::Filled)));
    let code = events.iter().find_map(|event| match event {
        VenueEvent::Order(report) => report.reject.as_ref().map(|reject| reject.code),
        _ => None,
    });
    assert_eq!(code, Some(42));
}

#[test]
fn nothing_of_a_silent_order_is_reported_until_the_time_is_over() {
    let mut rig = Rig::new();
    rig.faults.ask(Fault::SilenceNext { for_ns: 50 * MS });
    rig.buy(1);
    rig.buy(2);
    let early = reports(&rig.run(49));
    assert!(
        !early.is_empty() && early.iter().all(|(handle, _)| *handle == 2),
        "{early:?}"
    );
    let late = reports(&rig.run(2));
    assert_eq!(late.last(), Some(&(1, Status::Filled)), "{late:?}");
}

#[test]
fn a_late_fill_comes_with_its_position() {
    let mut rig = Rig::new();
    rig.faults.ask(Fault::DelayNextFill { for_ns: 50 * MS });
    rig.buy(1);
    let is_position = |event: &VenueEvent| matches!(event, VenueEvent::Position { .. });
    let early = rig.run(49);
    assert_eq!(reports(&early), [(1, Status::New)]);
    assert!(!early.iter().any(is_position));
    let late = rig.run(2);
    assert_eq!(reports(&late), [(1, Status::Filled)]);
    assert!(late.iter().any(is_position));
}

#[test]
fn a_stale_feed_is_silent_and_then_brings_what_changed() {
    let mut rig = Rig::new();
    let mut seen = book(&rig.venue, rig.ms);
    let symbol = "BTCUSDT".to_owned();
    let for_ns = 100 * MS;
    rig.faults.ask(Fault::Stale { symbol, for_ns });
    let silent = rig.run(99);
    assert!(silent.contains(&VenueEvent::FeedStale { symbol: 0 }));
    assert!(!has_feed(&silent));
    assert_eq!(book(&rig.venue, rig.ms), seen);
    let after = rig.run(100);
    assert!(after.contains(&VenueEvent::FeedLive { symbol: 0 }));
    for event in &after {
        let VenueEvent::Feed { symbol: 0, event } = event else {
            continue;
        };
        if event.ev & 0xff != hftbacktest::types::DEPTH_EVENT {
            continue;
        }
        let level = (event.ev, event.px.to_bits());
        match event.qty > 0.0 {
            true => seen.insert(level, event.qty),
            false => seen.remove(&level),
        };
    }
    assert_eq!(book(&rig.venue, rig.ms), seen);
}

#[test]
fn while_disconnected_requests_are_rejected_and_reports_wait() {
    let mut rig = Rig::new();
    rig.buy(1);
    rig.faults.ask(Fault::Disconnect { for_ns: 50 * MS });
    rig.buy(2);
    let down = rig.run(49);
    assert_eq!(reports(&down), [(2, Status::Rejected)]);
    assert!(!has_feed(&down));
    assert!(
        down.iter()
            .any(|event| matches!(event, VenueEvent::Down(_)))
    );
    let after = rig.run(5);
    let up = after.iter().position(|event| *event == VenueEvent::Up);
    let fill = after
        .iter()
        .position(|event| matches!(event, VenueEvent::Order(_)));
    assert!(up < fill && up.is_some(), "{up:?} {fill:?}");
    assert!(has_feed(&after));
    rig.buy(3);
    assert_eq!(reports(&rig.run(5)).last(), Some(&(3, Status::Filled)));
}

#[test]
fn the_end_of_a_fault_is_due_by_itself() {
    let mut rig = Rig::new();
    let quiet_ns = rig.venue.next_due_ns();
    rig.faults.ask(Fault::Disconnect { for_ns: 1 });
    rig.venue.poll(at(rig.ms), &mut Vec::new());
    let due_ns = rig.venue.next_due_ns();
    assert!(
        due_ns.is_some() && due_ns < quiet_ns,
        "{due_ns:?} {quiet_ns:?}"
    );
    assert_eq!(due_ns, Some(at(rig.ms).mono_ns + 1));
}
