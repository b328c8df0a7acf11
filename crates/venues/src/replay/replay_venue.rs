//! The venue that plays recordings.

use std::path::PathBuf;

use hbl_exchange::Side as ExchangeSide;
use hftbacktest::types::Event;
use tracing::{info, warn};

use super::detect::{self, Recording};
use super::merge::Merge;
use super::pacing::Pacer;
use super::symbol_feed::{FeedCounters, SyncChange};
use super::symbols::Symbols;
use super::unread::Unread;
use crate::kit::book::book_fusion::{BookSide, Change};
use crate::kit::book::message::{Level, Message, Trade};
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::error::VenueError;
use crate::kit::nearest;
use crate::kit::notice::Notice;
use crate::kit::venue::{Amendment, Balance, MarketData, NewOrder, Reject, Venue, VenueEvent};
use crate::paper::paper_matcher::PaperMatcher;
use crate::replay::config::ReplayConfig;
use events::{depth_event, shown, trade_event};
use track::Track;

mod events;
mod track;

/// Messages played in one poll, so that requests have their turn.
const MESSAGES_MAX: usize = 64;

/// The venue that plays recordings.
pub struct ReplayVenue {
    config: ReplayConfig,
    recordings: Vec<(PathBuf, Recording)>,
    symbols: Symbols,
    tracks: Vec<Track>,
    merge: Merge,
    next: Option<Message>,
    pacer: Pacer,
    matcher: PaperMatcher,
    is_running: bool,
    is_finished: bool,
    /// Added to recorded times: grows with each turn of a loop.
    turn_shift_ns: i64,
    first_ts: Option<i64>,
    last_ts: i64,
    trades: Vec<Trade>,
    changes: Vec<Change>,
    /// Notices that go out with the next events.
    notices: Vec<Notice>,
    /// Unreadable parts of each recording; a loop reads the same again.
    unread: Vec<Unread>,
}

impl ReplayVenue {
    /// Looks into the recordings and opens them.
    ///
    /// # Errors
    /// When a file cannot be used, or a setting of the exchange is outside of its range.
    pub fn new(config: ReplayConfig, now: Now) -> Result<Self, VenueError> {
        let mut recordings = Vec::new();
        let mut symbols = Symbols::default();
        let mut tracks: Vec<Track> = Vec::new();
        for path in &config.files {
            let recording = detect::detect(path, config.symbol.as_deref())
                .map_err(|error| data_error(path, &error))?;
            for (own, name) in recording.symbols.all().iter().enumerate() {
                let index = symbols.intern(name);
                if index == tracks.len() {
                    tracks.push(Track::new(&recording));
                }
                tracks[index].steps.add(&recording.steps[own]);
            }
            info!(path = %path.display(), format = ?recording.format, symbols = ?recording.symbols.all(), "recording");
            recordings.push((path.clone(), recording));
        }
        let merge = open_all(&recordings, &config)?;
        let matcher = PaperMatcher::new(config.paper(), now)?;
        Ok(Self {
            unread: vec![Unread::default(); recordings.len()],
            pacer: Pacer::new(config.speed, config.max_rate),
            is_running: !config.wait_for_bot,
            config,
            recordings,
            symbols,
            tracks,
            merge,
            next: None,
            matcher,
            is_finished: false,
            turn_shift_ns: 0,
            first_ts: None,
            last_ts: 0,
            trades: Vec::new(),
            changes: Vec::new(),
            notices: Vec::new(),
        })
    }

    /// The symbols of the recordings.
    pub fn symbols(&self) -> &[String] {
        self.symbols.all()
    }

    /// The counters of a symbol up to now.
    pub fn counters(&self, symbol: u32) -> FeedCounters {
        self.tracks[symbol as usize].feed.counters()
    }

    fn play(&mut self, now: Now, message: Message, out: &mut Vec<VenueEvent>) {
        let index = message.symbol;
        // A symbol that the heads of the files did not show has no track: no bot can have it.
        let Some(track) = self.tracks.get_mut(index) else {
            return;
        };
        let symbol = index as u32;
        let recorded_local_ts = message.local_ts;
        let depth_exch_ts = message.exch_ts();
        let (mut trades, mut changes) = (
            std::mem::take(&mut self.trades),
            std::mem::take(&mut self.changes),
        );
        let sync = track.feed.apply(message, &mut trades, &mut changes);
        for trade in &trades {
            let aggressor = match trade.buyer_takes {
                true => ExchangeSide::Buy,
                false => ExchangeSide::Sell,
            };
            self.matcher
                .trade(now, symbol, aggressor, trade.px.to_f64(), trade.qty);
        }
        if !changes.is_empty() {
            let shown = |change: &Change| shown(change.side, change.px, change.qty);
            self.matcher.levels(now, symbol, changes.iter().map(shown));
        }
        let shift = if self.config.rebase_time {
            now.unix_ns - recorded_local_ts
        } else {
            self.turn_shift_ns
        };
        let local_ts = recorded_local_ts + shift;
        let count = trades.len() + changes.len();
        if count > 1 {
            out.push(VenueEvent::FeedBatchStart { symbol });
        }
        for trade in trades.drain(..) {
            let event = trade_event(&trade, trade.exch_ts + shift, local_ts);
            out.push(VenueEvent::Feed { symbol, event });
        }
        for change in changes.drain(..) {
            let event = depth_event(
                change.side,
                change.px,
                change.qty,
                depth_exch_ts + shift,
                local_ts,
            );
            out.push(VenueEvent::Feed { symbol, event });
        }
        if count > 1 {
            out.push(VenueEvent::FeedBatchEnd { symbol });
        }
        (self.trades, self.changes) = (trades, changes);
        self.pacer.sent(now.mono_ns, count);
        match sync {
            SyncChange::Same => {}
            SyncChange::Gained => {
                info!(symbol = self.symbols.name(index), "the book is complete");
                out.push(VenueEvent::FeedLive { symbol });
            }
            SyncChange::Lost(reason) => {
                let text = format!("{}: {reason}", self.symbols.name(index));
                warn!("{text}");
                out.push(VenueEvent::FeedStale { symbol });
                out.push(VenueEvent::Notice(Notice::of(codes::FEED_GAP, text)));
            }
        }
    }

    /// Fetches the next message; at the end starts again or finishes.
    fn fetch(&mut self, out: &mut Vec<VenueEvent>) -> bool {
        if self.next.is_some() {
            return true;
        }
        if self.is_finished {
            return false;
        }
        self.next = self.merge.next(&mut self.symbols);
        self.report_unread(self.next.is_none(), out);
        if self.next.is_none() && self.config.repeat && self.first_ts.is_some() {
            self.start_again(out);
            self.next = self.merge.next(&mut self.symbols);
        }
        let Some(next) = &mut self.next else {
            self.is_finished = true;
            let counters: Vec<_> = self
                .tracks
                .iter()
                .map(|track| track.feed.counters())
                .collect();
            info!(?counters, "end of the recording");
            let text = "the recording is at its end".to_owned();
            out.push(VenueEvent::Notice(Notice::of(codes::END_OF_DATA, text)));
            return false;
        };
        self.first_ts.get_or_insert(next.local_ts);
        self.last_ts = self.last_ts.max(next.local_ts);
        true
    }

    /// Tells what could not be read: that there is something as soon as it is met, and all of it at
    /// the end.
    fn report_unread(&mut self, is_end: bool, out: &mut Vec<VenueEvent>) {
        for (index, unread) in self.merge.unread().iter().enumerate() {
            let (path, reported) = (&self.recordings[index].0, &mut self.unread[index]);
            let is_news = reported.is_nothing() && !unread.is_nothing();
            if is_news || (is_end && !unread.is_nothing()) {
                let path = path.display();
                let text = match is_end {
                    true => format!("{path}: {unread}; everything else was played"),
                    false => format!(
                        "{path}: a part cannot be read and is left out; what comes behind it is played, and its amount is reported at the end"
                    ),
                };
                out.push(VenueEvent::Notice(Notice::of(codes::UNREADABLE, text)));
                *reported = *unread;
            }
        }
    }

    fn start_again(&mut self, out: &mut Vec<VenueEvent>) {
        match open_all(&self.recordings, &self.config) {
            Ok(merge) => self.merge = merge,
            Err(error) => {
                warn!(%error, "the recording cannot be started again");
                return;
            }
        }
        // One millisecond between the last message of a turn and the first of the next.
        self.turn_shift_ns += self.last_ts - self.first_ts.unwrap_or(self.last_ts) + 1_000_000;
        self.pacer.restart();
        for index in 0..self.tracks.len() {
            let symbol = index as u32;
            let track = &mut self.tracks[index];
            let mut changes = Vec::new();
            track.feed.reset(&mut changes);
            let exch_ts = track.feed.exch_ts() + self.turn_shift_ns;
            out.push(VenueEvent::FeedBatchStart { symbol });
            for change in changes {
                let event = depth_event(change.side, change.px, 0.0, exch_ts, exch_ts);
                out.push(VenueEvent::Feed { symbol, event });
            }
            out.push(VenueEvent::FeedBatchEnd { symbol });
        }
        let text = "the recording starts again".to_owned();
        out.push(VenueEvent::Notice(Notice::of(codes::RESTARTED, text)));
    }
}

fn data_error(path: &std::path::Path, error: &std::io::Error) -> VenueError {
    VenueError::Data {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn open_all(
    recordings: &[(PathBuf, Recording)],
    config: &ReplayConfig,
) -> Result<Merge, VenueError> {
    let mut sources = Vec::new();
    for (path, recording) in recordings {
        sources.push(detect::open(path, recording).map_err(|error| data_error(path, &error))?);
    }
    Ok(Merge::new(sources, config.order))
}

impl MarketData for ReplayVenue {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        let Some(index) = self
            .symbols
            .find(symbol)
            .filter(|index| *index < self.tracks.len())
        else {
            let known = self.symbols.all();
            let hint = nearest::hint(symbol, known.iter().map(String::as_str));
            let known = known.join(", ");
            let text = format!("{symbol} is not in the recording; there is {known}{hint}");
            return Err(Reject {
                code: codes::SYMBOL_UNKNOWN,
                text,
            });
        };
        let track = &self.tracks[index];
        let finer = track.steps.check(symbol, tick, lot)?;
        let refuse = |error: hbl_exchange::SetupError| Reject {
            code: codes::SIZE_INVALID,
            text: error.to_string(),
        };
        let side = |side| {
            let levels = track.feed.levels(side).into_iter();
            levels.map(move |level| shown(side, level.px, level.qty))
        };
        let book = side(BookSide::Bid).chain(side(BookSide::Ask));
        self.matcher
            .list(now, index as u32, symbol, (tick, lot), None, book)
            .map_err(refuse)?;
        self.notices.extend(finer);
        self.is_running = true;
        Ok(index as u32)
    }

    /// The coarsest steps that show every value that was looked at.
    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let track = self.tracks.get(self.symbols.find(symbol)?)?;
        track.steps.sizes()
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        out.extend(self.notices.drain(..).map(VenueEvent::Notice));
        if self.is_running {
            for _ in 0..MESSAGES_MAX {
                if !self.fetch(out) {
                    break;
                }
                let due =
                    |pacer: &mut Pacer, next: &Message| pacer.due_ns(next.local_ts, now.mono_ns);
                match self.next.take() {
                    Some(next) if due(&mut self.pacer, &next) <= now.mono_ns => {
                        self.play(now, next, out);
                    }
                    other => {
                        self.next = other;
                        break;
                    }
                }
            }
        }
        self.matcher.poll(now, out);
    }

    fn next_due_ns(&self) -> Option<u64> {
        let message_ns = match &self.next {
            Some(next) if self.is_running => {
                // Reading only: the anchor stands since the first message was fetched.
                Some(self.pacer.clone().due_ns(next.local_ts, 0))
            }
            // The next one has yet to be fetched.
            None if self.is_running && !self.is_finished => Some(0),
            _ => None,
        };
        match (message_ns, self.matcher.next_due_ns()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        let feed = &self.tracks[symbol as usize].feed;
        let exch_ts = if self.config.rebase_time {
            now.unix_ns
        } else {
            feed.exch_ts() + self.turn_shift_ns
        };
        for side in [BookSide::Bid, BookSide::Ask] {
            let level = |level: &Level| depth_event(side, level.px, level.qty, exch_ts, exch_ts);
            out.extend(feed.levels(side).iter().map(level));
        }
    }

    fn step(&mut self) {
        self.pacer.step();
    }

    fn is_finished(&self) -> bool {
        self.is_finished && self.next.is_none()
    }

    fn unread(&self) -> Option<String> {
        let files = self.recordings.iter().zip(&self.unread);
        let files = files.filter(|(_, unread)| !unread.is_nothing());
        let texts: Vec<_> = files
            .map(|((path, _), unread)| format!("{}: {unread}", path.display()))
            .collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

impl Venue for ReplayVenue {
    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        self.matcher.submit(now, symbol, order);
    }

    fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.matcher.cancel(now, symbol, handle);
    }

    fn amend(&mut self, now: Now, symbol: u32, change: &Amendment) {
        self.matcher.amend(now, symbol, change);
    }

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        out.push(self.matcher.balance(now));
    }

    fn position(&self, symbol: u32) -> Option<f64> {
        Some(self.matcher.position(symbol))
    }
}

#[cfg(test)]
mod tests;
