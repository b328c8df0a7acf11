//! The venue as one state machine: messages, REST answers, registrations and times in; actions and
//! venue events out.

mod instruments;
mod lines;
mod market;
mod market_data;
mod probe;
mod protocol;
mod quiet_book;
mod rest;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hbl_exchange::Limits;

use super::codes;
use super::settings::CoreSettings;
use super::symbol_feed::SymbolFeed;
use super::weight::WeightBudget;
use crate::kit::clock::Now;
use crate::kit::frame::FrameError;
use crate::kit::listing::{Listing, RegisteredListing};
use crate::kit::net::NetAction;
use crate::kit::net::connect_limiter::ConnectLimiter;
use crate::kit::net::refresh::Refresh;
use crate::kit::venue::VenueEvent;

use lines::Group;

/// The venue allows 300 connections in five minutes; the rest is for other programs.
const CONNECTS_MAX: usize = 200;
/// Half of what the venue allowed when this was written; its own number is read at the start.
const WEIGHT_PER_MINUTE: u32 = 1_200;

/// The state of a symbol's book.
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
    registered: RegisteredListing,
    feed: SymbolFeed,
    sync: Sync,
    /// Snapshots asked for in a row without success.
    tries: u32,
    synced: bool,
    exch_ts: i64,
    /// When depth last went on, and how often it was silent since.
    depth_at: u64,
    silences: u32,
    /// Since when best prices are ahead of the depth.
    behind_since: Option<u64>,
    probe: quiet_book::Probe,
}

/// The venue without its sockets.
pub struct BinanceCore {
    settings: CoreSettings,
    connects: ConnectLimiter,
    budget: WeightBudget,
    /// What looking at quiet books may use of it.
    probe_budget: WeightBudget,
    groups: Vec<Group>,
    listings: BTreeMap<String, Listing>,
    limits: BTreeMap<String, Limits>,
    /// When the instruments are read.
    refresh: Refresh,
    /// Symbols whose registration waits for the next reading.
    judged_later: BTreeSet<String>,
    /// Symbols that a bot wanted and the venue did not have, and when that was read.
    not_listed: BTreeMap<String, u64>,
    /// By index.
    instruments: Vec<Instrument>,
    by_name: HashMap<String, usize>,
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
            connects: ConnectLimiter::new(settings.seed, CONNECTS_MAX),
            budget: WeightBudget::new(settings.weight_per_minute.unwrap_or(WEIGHT_PER_MINUTE)),
            probe_budget: WeightBudget::new(
                settings.weight_per_minute.unwrap_or(WEIGHT_PER_MINUTE) / 2,
            ),
            groups: Vec::new(),
            listings: BTreeMap::new(),
            limits: BTreeMap::new(),
            refresh: Refresh::new(rest::INSTRUMENTS_EVERY_NS, rest::INSTRUMENTS_RETRY_MAX_NS),
            judged_later: BTreeSet::new(),
            not_listed: BTreeMap::new(),
            instruments: Vec::new(),
            by_name: HashMap::new(),
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
    pub fn is_synced(&self) -> bool {
        self.instruments.iter().all(|instrument| instrument.synced)
    }

    /// Tells bots something, for what is noticed outside of the core.
    pub fn notice(&mut self, code: i64, text: String) {
        self.events
            .push(VenueEvent::Notice(codes::notice(code, text)));
    }

    fn tick(&mut self, now: Now) {
        self.tick_lines(now);
        self.tick_books(now);
        self.tick_rest(now);
        self.report_link();
    }

    /// Counts what could not be read; the first one and every hundredth are reported.
    fn unreadable(&mut self, what: &str, error: &FrameError) {
        self.frame_errors += 1;
        if self.frame_errors % 100 == 1 {
            let count = self.frame_errors;
            let text = format!("{what}: {error} ({count} so far)");
            self.notice(codes::FRAME_UNREADABLE, text);
        }
    }

    /// Something of a symbol could not be read. A number between two steps of the grid asks for the
    /// instruments, and says so unless a change is reported already.
    fn unreadable_of(&mut self, now: Now, index: usize, what: &str, error: &FrameError) {
        let instrument = &self.instruments[index];
        let (name, is_explained) = (
            instrument.name.clone(),
            instrument.registered.stopped().is_some(),
        );
        if !error.is_off_grid() {
            return self.unreadable(&format!("{what} of {name}"), error);
        }
        self.frame_errors += 1;
        if self.reread_off_grid(now) && !is_explained {
            let text = format!(
                "{what} of {name} does not fit its known sizes: {error}; the instruments are read again"
            );
            self.notice(codes::FRAME_UNREADABLE, text);
        }
    }

    fn due(&self) -> u64 {
        let dues = [self.lines_due(), self.books_due(), self.rest_due()];
        dues.into_iter().min().unwrap_or(u64::MAX)
    }
}
