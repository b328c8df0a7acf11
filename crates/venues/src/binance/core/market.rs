//! Market data: frames to books, trades and feed states.

use super::quiet_book::Probe;
use super::{BinanceCore, Instrument, Sync};
use crate::binance::codes;
use crate::binance::frames::{DepthFrame, Frame, TopFrame, TradeFrame, parse};
use crate::binance::symbol_feed::FeedEffect;
use crate::kit::book::book_fusion::Change;
use crate::kit::clock::Now;
use crate::kit::named_in::named_in;
use crate::kit::net::SocketId;
use crate::kit::venue::VenueEvent;

const SECOND_NS: u64 = 1_000_000_000;
/// How long best prices may be ahead of the depth; the slowest stream sends every half second.
const BEHIND_NS: u64 = 5 * SECOND_NS;
/// Silence counts up to this many doublings.
const DOUBLINGS_MAX: u32 = 4;
/// First and longest wait before a snapshot is asked for again.
const RETRY_MIN_NS: u64 = SECOND_NS / 4;
const RETRY_MAX_NS: u64 = 30 * SECOND_NS;

impl BinanceCore {
    pub(super) fn message(&mut self, now: Now, id: SocketId, conn: u64, bytes: &[u8]) {
        let Some(line) = self.line_of(id, conn) else {
            return;
        };
        self.heard(now, line);
        let read = parse(bytes);
        match read {
            Ok(Frame::Depth(frame)) => self.depth(now, &frame),
            Ok(Frame::Top(frame)) => self.top(now, &frame),
            Ok(Frame::Trade(frame)) => self.trade(now, &frame),
            Ok(Frame::Reply(reply)) => {
                let mut acts = Vec::new();
                self.streams_of(line).reply(now.mono_ns, &reply, &mut acts);
                self.stream_acts(now, line, acts);
            }
            Ok(Frame::Other) => {}
            Err(error) => {
                // It may have held a change of this book.
                if named_in(bytes, "e") == Some("depthUpdate")
                    && let Some(symbol) = named_in(bytes, "s")
                    && let Some(&index) = self.by_name.get(symbol)
                {
                    self.unreadable_depth(now, index);
                }
                self.unreadable("a message", &error);
            }
        }
    }

    /// A change of a book could not be read, so the book is not synced any more.
    fn unreadable_depth(&mut self, now: Now, index: usize) {
        let instrument = &mut self.instruments[index];
        let exch_ts = instrument.exch_ts;
        let mut changes = Vec::new();
        instrument.feed.reset(&mut changes);
        self.show(now, index, exch_ts, &changes);
        let why = "a depth message could not be read".to_owned();
        self.judge(now, index, FeedEffect::Lost(why));
    }

    fn depth(&mut self, now: Now, frame: &DepthFrame<'_>) {
        let Some(&index) = self.by_name.get(&*frame.symbol) else {
            return;
        };
        let instrument = &mut self.instruments[index];
        let mut changes = Vec::new();
        let (effect, error) = match instrument.feed.depth(frame, &mut changes) {
            Ok(effect) => (effect, None),
            Err(error) => {
                instrument.feed.reset(&mut changes);
                let why = format!("a depth message could not be read: {error}");
                (FeedEffect::Lost(why), Some(error))
            }
        };
        if effect != FeedEffect::Old {
            instrument.depth_at = now.mono_ns;
            instrument.silences = 0;
            instrument.behind_since = None;
            instrument
                .probe
                .follow(now.mono_ns, instrument.feed.last_id());
        }
        if effect == FeedEffect::Waiting
            && let Sync::Wanted { at } = &mut instrument.sync
            && instrument.tries == 0
        {
            // There is something that a snapshot can be joined with.
            *at = (*at).min(now.mono_ns);
        }
        self.show(now, index, frame.exch_ts, &changes);
        self.judge(now, index, effect);
        if let Some(error) = error {
            self.unreadable_of(now, index, "a depth message", &error);
        }
    }

    fn top(&mut self, now: Now, frame: &TopFrame<'_>) {
        let Some(&index) = self.by_name.get(&*frame.symbol) else {
            return;
        };
        let instrument = &mut self.instruments[index];
        let mut changes = Vec::new();
        match instrument.feed.top(frame, &mut changes) {
            Ok(effect) => {
                if instrument
                    .feed
                    .last_id()
                    .is_some_and(|last| frame.id > last)
                {
                    instrument.behind_since.get_or_insert(now.mono_ns);
                }
                self.show(now, index, frame.exch_ts, &changes);
                self.judge(now, index, effect);
            }
            Err(error) => self.unreadable_of(now, index, "a best price", &error),
        }
    }

    fn trade(&mut self, now: Now, frame: &TradeFrame<'_>) {
        let Some(&index) = self.by_name.get(&*frame.symbol) else {
            return;
        };
        let symbol = u32::try_from(index).unwrap_or(u32::MAX);
        let read = self.instruments[index].feed.trade(frame, now.unix_ns);
        match read {
            Ok(None) => {}
            Ok(Some(event)) => {
                self.events.push(VenueEvent::FeedBatchStart { symbol });
                self.events.push(VenueEvent::Feed { symbol, event });
                self.events.push(VenueEvent::FeedBatchEnd { symbol });
            }
            Err(error) => self.unreadable_of(now, index, "a trade", &error),
        }
    }

    /// Publishes changes of one symbol as one batch.
    pub(super) fn show(&mut self, now: Now, index: usize, exch_ts: i64, changes: &[Change]) {
        let instrument = &mut self.instruments[index];
        instrument.exch_ts = instrument.exch_ts.max(exch_ts);
        if changes.is_empty() {
            return;
        }
        let symbol = u32::try_from(index).unwrap_or(u32::MAX);
        self.events.push(VenueEvent::FeedBatchStart { symbol });
        for change in changes {
            let event = instrument.feed.level_event(change, exch_ts, now.unix_ns);
            self.events.push(VenueEvent::Feed { symbol, event });
        }
        self.events.push(VenueEvent::FeedBatchEnd { symbol });
    }

    /// Follows what a message did to the book as a whole.
    pub(super) fn judge(&mut self, now: Now, index: usize, effect: FeedEffect) {
        match effect {
            FeedEffect::Applied | FeedEffect::Waiting | FeedEffect::Old => {}
            FeedEffect::Synced => {
                let instrument = &mut self.instruments[index];
                instrument.sync = Sync::Live;
                instrument.tries = 0;
                instrument.behind_since = None;
                instrument.probe = Probe::at(now.mono_ns);
                if !std::mem::replace(&mut instrument.synced, true) {
                    let symbol = u32::try_from(index).unwrap_or(u32::MAX);
                    self.events.push(VenueEvent::FeedLive { symbol });
                }
            }
            FeedEffect::Lost(why) => {
                self.lose(index, &why);
                if self.instruments[index].sync != Sync::Unsubscribed {
                    self.retry(now, index);
                }
            }
            FeedEffect::TooOld => {
                // The same answer may stand for a moment.
                let instrument = &mut self.instruments[index];
                instrument.tries = instrument.tries.max(1);
                self.retry(now, index);
            }
        }
    }

    /// Tells that a book cannot be relied on, and why.
    fn lose(&mut self, index: usize, why: &str) {
        let instrument = &mut self.instruments[index];
        if std::mem::replace(&mut instrument.synced, false) {
            let text = format!("{}: {why}; the book is read anew", instrument.name);
            let symbol = u32::try_from(index).unwrap_or(u32::MAX);
            self.events.push(VenueEvent::FeedStale { symbol });
            self.notice(codes::BOOK_LOST, text);
        }
    }

    /// Plans the next snapshot, the later the more often it failed.
    pub(super) fn retry(&mut self, now: Now, index: usize) {
        let random = self.connects.random();
        let instrument = &mut self.instruments[index];
        let wait = match instrument.tries {
            0 => 0,
            tries => {
                let most = RETRY_MIN_NS << tries.min(16);
                let most = most.min(RETRY_MAX_NS);
                most / 2 + random % (most / 2)
            }
        };
        instrument.tries = instrument.tries.saturating_add(1);
        instrument.sync = Sync::Wanted {
            at: now.mono_ns + wait,
        };
    }

    /// Looks for books that do not go on.
    pub(super) fn tick_books(&mut self, now: Now) {
        self.tick_probes(now);
        for index in 0..self.instruments.len() {
            let instrument = &self.instruments[index];
            if instrument.sync != Sync::Live || now.mono_ns < self.book_due(instrument) {
                continue;
            }
            let behind = instrument
                .behind_since
                .is_some_and(|at| now.mono_ns >= at + BEHIND_NS);
            let why = if instrument.probe.is_behind(now.mono_ns) {
                "the venue's book has gone on and no depth message came"
            } else if behind {
                "best prices go on and depth does not"
            } else {
                "no depth message came for too long"
            };
            self.silent(now, index, why);
        }
    }

    fn silent(&mut self, now: Now, index: usize, why: &str) {
        let instrument = &mut self.instruments[index];
        instrument.silences += 1;
        instrument.behind_since = None;
        instrument.depth_at = now.mono_ns;
        instrument.probe = Probe::at(now.mono_ns);
        instrument.feed.suspend();
        instrument.sync = Sync::Unsubscribed;
        let again = instrument.silences.is_multiple_of(2);
        let stream = self.settings.depth_stream(&instrument.name);
        self.lose(index, why);
        let Some(line) = self.current_of(&stream) else {
            return;
        };
        if again {
            // Asking for the stream anew did not help.
            self.kill(now, line, why);
        } else {
            self.streams_of(line).renew(&stream);
        }
    }

    fn book_due(&self, instrument: &Instrument) -> u64 {
        let silence = u64::try_from(self.settings.silence.as_nanos()).unwrap_or(u64::MAX);
        let most = silence.saturating_mul(1 << instrument.silences.min(DOUBLINGS_MAX));
        let behind = instrument
            .behind_since
            .map_or(u64::MAX, |at| at + BEHIND_NS);
        behind
            .min(instrument.probe.behind_at())
            .min(instrument.depth_at.saturating_add(most))
    }

    pub(super) fn books_due(&self) -> u64 {
        let live = self.instruments.iter();
        let live = live.filter(|instrument| instrument.sync == Sync::Live);
        live.map(|instrument| self.book_due(instrument).min(instrument.probe.next_due()))
            .min()
            .unwrap_or(u64::MAX)
    }
}
