//! The venue as one machine: messages, REST answers, registrations and times in; actions and venue
//! events out.

mod lines;
mod market;
mod protocol;
mod rest;
mod venue;

use std::collections::{BTreeMap, HashMap};

use super::codes;
use super::settings::CoreSettings;
use super::symbol_feed::SymbolFeed;
use super::weight::WeightBudget;
use crate::clock::Now;
use crate::venue::{Refusal, VenueEvent};
use crate::venues::common::connects::Connects;
use crate::venues::common::decimal::Scale;
use crate::venues::common::frame::FrameError;
use crate::venues::net::NetAction;

use lines::Group;

/// The venue allows 300 connections in five minutes; the rest is for other programs.
const CONNECTS_MAX: usize = 200;
/// Half of what the venue allowed when this was written; its own number is read at the start.
const WEIGHT_PER_MINUTE: u32 = 1_200;

/// Where the book of a symbol stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sync {
    /// The depth stream is not subscribed.
    Unsubscribed,
    /// A snapshot has to be asked for.
    Wanted { at: u64 },
    /// A snapshot was asked for with this call.
    Asked { call: u64 },
    /// The book follows the stream.
    Live,
}

struct Instrument {
    name: String,
    feed: SymbolFeed,
    sync: Sync,
    /// Snapshots asked for in a row without success.
    tries: u32,
    fresh: bool,
    exch_ts: i64,
    /// When depth last went on, and how often it was silent since.
    depth_at: u64,
    silences: u32,
    /// Since when best prices are ahead of the depth.
    behind_since: Option<u64>,
}

/// The venue without its sockets.
pub struct BinanceCore {
    settings: CoreSettings,
    connects: Connects,
    budget: WeightBudget,
    groups: Vec<Group>,
    scales: BTreeMap<String, Scale>,
    instruments_at: u64,
    instruments_call: Option<u64>,
    instruments_tries: u32,
    /// By index.
    instruments: Vec<Instrument>,
    by_name: HashMap<String, usize>,
    /// Symbols to subscribe as soon as the instruments are known.
    wanted: Vec<String>,
    calls: HashMap<u64, rest::Purpose>,
    last_call: u64,
    actions: Vec<NetAction>,
    events: Vec<VenueEvent>,
    frame_errors: u64,
    was_up: bool,
}

impl BinanceCore {
    /// Starts; nothing is connected until a symbol is registered.
    pub fn new(settings: CoreSettings) -> Self {
        Self {
            connects: Connects::with_budget(settings.seed, CONNECTS_MAX),
            budget: WeightBudget::new(settings.weight_per_minute.unwrap_or(WEIGHT_PER_MINUTE)),
            groups: Vec::new(),
            scales: BTreeMap::new(),
            instruments_at: 0,
            instruments_call: None,
            instruments_tries: 0,
            instruments: Vec::new(),
            by_name: HashMap::new(),
            wanted: Vec::new(),
            calls: HashMap::new(),
            last_call: 0,
            actions: Vec::new(),
            events: Vec::new(),
            frame_errors: 0,
            was_up: true,
            settings,
        }
    }

    /// Messages and answers that could not be read, since the start.
    pub fn frame_errors(&self) -> u64 {
        self.frame_errors
    }

    /// Streams that the venue has confirmed on the connections in use.
    pub fn live_streams(&self) -> Vec<String> {
        let lines = self.groups.iter().map(Group::current);
        let names = lines.flat_map(|line| line.streams.live().map(ToOwned::to_owned));
        names.collect()
    }

    /// True when the book of every registered symbol can be relied on.
    pub fn is_fresh(&self) -> bool {
        self.instruments.iter().all(|instrument| instrument.fresh)
    }

    /// Subscribes these symbols as soon as the instruments are known, so that the first bot finds a
    /// book. One that the venue does not have is told.
    pub fn follow(&mut self, symbols: &[String]) {
        self.wanted = symbols.to_vec();
    }

    /// Tells bots something, for what is noticed outside of the core.
    pub fn notice(&mut self, code: i64, text: String) {
        self.events.push(VenueEvent::Notice(Refusal { code, text }));
    }

    fn tick(&mut self, now: Now) {
        self.tick_lines(now);
        self.tick_books(now);
        self.tick_rest(now);
        self.tell_link();
    }

    /// Counts what could not be read; the first one and every hundredth are told.
    fn unreadable(&mut self, what: &str, error: &FrameError) {
        self.frame_errors += 1;
        if self.frame_errors % 100 == 1 {
            let count = self.frame_errors;
            let text = format!("{what}: {error} ({count} so far)");
            self.notice(codes::FRAME_UNREADABLE, text);
        }
    }

    fn due(&self) -> u64 {
        let dues = [self.lines_due(), self.books_due(), self.rest_due()];
        dues.into_iter().min().unwrap_or(u64::MAX)
    }
}
