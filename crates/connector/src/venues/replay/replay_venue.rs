//! The venue that plays recordings.

use std::path::PathBuf;

use hbl_exchange::Side as ExchangeSide;
use hftbacktest::types::{
    Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT,
    LOCAL_SELL_TRADE_EVENT,
};
use tracing::{info, warn};

use super::book_fusion::{BookSide, Change};
use super::detect::{self, Format, Recording};
use super::merge::Merge;
use super::message::{Level, Message, Trade};
use super::pacing::Pacer;
use super::px::Px;
use super::symbol_feed::{FeedCounters, SymbolFeed, Trust};
use super::symbols::Symbols;
use crate::clock::Now;
use crate::codes;
use crate::config::replay_config::ReplayConfig;
use crate::error::ConnectorError;
use crate::venue::{Balance, NewOrder, Refusal, Venue, VenueEvent};
use crate::venues::shadow_desk::{ShadowDesk, Shown};

/// Messages played in one poll, so that requests have their turn.
const MESSAGES_MAX: usize = 64;

/// One symbol of the recordings.
struct Track {
    feed: SymbolFeed,
    px_step: i64,
    qty_step: i64,
}

/// The venue that plays recordings.
pub struct ReplayVenue {
    config: ReplayConfig,
    recordings: Vec<(PathBuf, Recording)>,
    symbols: Symbols,
    tracks: Vec<Track>,
    merge: Merge,
    next: Option<Message>,
    pacer: Pacer,
    desk: ShadowDesk,
    is_running: bool,
    is_finished: bool,
    /// Added to recorded times: grows with each turn of a loop.
    turn_shift_ns: i64,
    first_ts: Option<i64>,
    last_ts: i64,
    trades: Vec<Trade>,
    changes: Vec<Change>,
}

impl ReplayVenue {
    /// Looks into the recordings and opens them.
    ///
    /// # Errors
    /// When a file cannot be used, or a setting of the exchange is outside of its range.
    pub fn new(config: ReplayConfig, now: Now) -> Result<Self, ConnectorError> {
        let mut recordings = Vec::new();
        let mut symbols = Symbols::default();
        let mut tracks: Vec<Track> = Vec::new();
        for path in &config.files {
            let recording = detect::detect(path, config.symbol.as_deref())
                .map_err(|error| data_error(path, &error))?;
            for (own, name) in recording.symbols.all().iter().enumerate() {
                let index = symbols.intern(name);
                let numbering = match recording.format {
                    Format::Text(numbering) => Some(numbering),
                    Format::Array => None,
                };
                let (px_step, qty_step) = (recording.px_step[own], recording.qty_step[own]);
                if index == tracks.len() {
                    let feed = SymbolFeed::new(numbering);
                    tracks.push(Track {
                        feed,
                        px_step,
                        qty_step,
                    });
                } else {
                    let track = &mut tracks[index];
                    track.px_step = super::px::common_step(track.px_step, px_step);
                    track.qty_step = super::px::common_step(track.qty_step, qty_step);
                }
            }
            info!(path = %path.display(), format = ?recording.format, symbols = ?recording.symbols.all(), "recording");
            recordings.push((path.clone(), recording));
        }
        let merge = open_all(&recordings, &config)?;
        let desk = ShadowDesk::new(config.paper(), now)?;
        Ok(Self {
            pacer: Pacer::new(config.speed, config.max_rate),
            is_running: !config.wait_for_bot,
            config,
            recordings,
            symbols,
            tracks,
            merge,
            next: None,
            desk,
            is_finished: false,
            turn_shift_ns: 0,
            first_ts: None,
            last_ts: 0,
            trades: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// The symbols of the recordings.
    pub fn symbols(&self) -> &[String] {
        self.symbols.all()
    }

    /// What was seen of a symbol so far.
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
        let trust = track.feed.apply(message, &mut trades, &mut changes);
        for trade in &trades {
            let aggressor = match trade.buyer_takes {
                true => ExchangeSide::Buy,
                false => ExchangeSide::Sell,
            };
            self.desk
                .trade(now, symbol, aggressor, trade.px.to_f64(), trade.qty);
        }
        if !changes.is_empty() {
            let shown = |change: &Change| shown(change.side, change.px, change.qty);
            self.desk.levels(now, symbol, changes.iter().map(shown));
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
        match trust {
            Trust::Same => {}
            Trust::Gained => {
                info!(symbol = self.symbols.name(index), "the book is complete");
                out.push(VenueEvent::FeedFresh { symbol });
            }
            Trust::Lost(reason) => {
                let text = format!("{}: {reason}", self.symbols.name(index));
                warn!("{text}");
                out.push(VenueEvent::FeedStale { symbol });
                out.push(VenueEvent::Notice(Refusal {
                    code: codes::FEED_GAP,
                    text,
                }));
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
            info!(
                ?counters,
                bad_lines = self.merge.bad_lines(),
                "end of the recording"
            );
            let text = "the recording is at its end".to_owned();
            out.push(VenueEvent::Notice(Refusal {
                code: codes::END_OF_DATA,
                text,
            }));
            return false;
        };
        self.first_ts.get_or_insert(next.local_ts);
        self.last_ts = self.last_ts.max(next.local_ts);
        true
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
        out.push(VenueEvent::Notice(Refusal {
            code: codes::RESTARTED,
            text,
        }));
    }
}

fn data_error(path: &std::path::Path, error: &std::io::Error) -> ConnectorError {
    ConnectorError::Data {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn open_all(
    recordings: &[(PathBuf, Recording)],
    config: &ReplayConfig,
) -> Result<Merge, ConnectorError> {
    let mut sources = Vec::new();
    for (path, recording) in recordings {
        sources.push(detect::open(path, recording).map_err(|error| data_error(path, &error))?);
    }
    Ok(Merge::new(sources, config.order))
}

fn event(ev: u64, px: Px, qty: f64, exch_ts: i64, local_ts: i64) -> Event {
    Event {
        ev,
        exch_ts,
        local_ts,
        px: px.to_f64(),
        qty,
        order_id: 0,
        ival: 0,
        fval: 0.0,
    }
}

fn depth_event(side: BookSide, px: Px, qty: f64, exch_ts: i64, local_ts: i64) -> Event {
    let ev = match side {
        BookSide::Bid => LOCAL_BID_DEPTH_EVENT,
        BookSide::Ask => LOCAL_ASK_DEPTH_EVENT,
    };
    event(ev, px, qty, exch_ts, local_ts)
}

fn trade_event(trade: &Trade, exch_ts: i64, local_ts: i64) -> Event {
    let ev = if trade.buyer_takes {
        LOCAL_BUY_TRADE_EVENT
    } else {
        LOCAL_SELL_TRADE_EVENT
    };
    event(ev, trade.px, trade.qty, exch_ts, local_ts)
}

fn shown(side: BookSide, px: Px, qty: f64) -> Shown {
    let side = match side {
        BookSide::Bid => ExchangeSide::Buy,
        BookSide::Ask => ExchangeSide::Sell,
    };
    (side, px.to_f64(), qty)
}

/// True when all recorded values are multiples of a bot's step.
fn fits(step: f64, recorded: i64) -> bool {
    recorded == 0
        || Px::from_f64(step).is_some_and(|step| step.raw() > 0 && recorded % step.raw() == 0)
}

impl Venue for ReplayVenue {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Refusal> {
        let Some(index) = self
            .symbols
            .find(symbol)
            .filter(|index| *index < self.tracks.len())
        else {
            let known = self.symbols.all().join(", ");
            let text = format!("{symbol} is not in the recording; there is {known}");
            return Err(Refusal {
                code: codes::SYMBOL_UNKNOWN,
                text,
            });
        };
        let track = &self.tracks[index];
        for (what, step, recorded) in [("tick", tick, track.px_step), ("lot", lot, track.qty_step)]
        {
            if !fits(step, recorded) {
                let recorded = Px::from_raw(recorded).to_f64();
                let text = format!(
                    "{symbol} is recorded in steps of {recorded}, which a {what} size of {step} cannot show"
                );
                return Err(Refusal {
                    code: codes::SIZE_MISMATCH,
                    text,
                });
            }
        }
        let refuse = |error: hbl_exchange::SetupError| Refusal {
            code: codes::SIZE_INVALID,
            text: error.to_string(),
        };
        let side = |side| {
            let levels = track.feed.levels(side).into_iter();
            levels.map(move |level| shown(side, level.px, level.qty))
        };
        let book = side(BookSide::Bid).chain(side(BookSide::Ask));
        self.desk
            .list(now, index as u32, symbol, (tick, lot), book)
            .map_err(refuse)?;
        self.is_running = true;
        Ok(index as u32)
    }

    /// The coarsest steps that show every value that was looked at.
    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let track = self.tracks.get(self.symbols.find(symbol)?)?;
        let size = |step: i64| (step > 0).then(|| Px::from_raw(step).to_f64());
        Some((size(track.px_step)?, size(track.qty_step)?))
    }

    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        self.desk.submit(now, symbol, order);
    }

    fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.desk.cancel(now, symbol, handle);
    }

    fn amend(&mut self, now: Now, symbol: u32, handle: u64, price_tick: i64, qty: f64) {
        self.desk.amend(now, symbol, handle, price_tick, qty);
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
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
        self.desk.poll(now, out);
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
        match (message_ns, self.desk.next_due_ns()) {
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

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        out.push(self.desk.balance(now));
    }

    fn position(&self, symbol: u32) -> f64 {
        self.desk.position(symbol)
    }

    fn step(&mut self) {
        self.pacer.step();
    }

    fn is_finished(&self) -> bool {
        self.is_finished && self.next.is_none()
    }
}

#[cfg(test)]
mod tests;
