//! Market data.

use crate::bybit::book::level_change::LevelChange;
use crate::bybit::book::symbol_feed::{FeedEffect, SymbolFeed};
use crate::bybit::book::topic_book::{BookUpdate, Flaw};
use crate::bybit::book::topics::TopicAct;
use crate::bybit::core::{BybitCore, Socket};
use crate::bybit::frames::FrameError;
use crate::bybit::frames::fast_path::FastFrame;
use crate::bybit::frames::public::book_topic;
use crate::bybit::frames::public::{Print, PublicFrame, parse};
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::named_in::named_in;
use crate::kit::venue::VenueEvent;

/// Topic, symbol and time of a book message.
struct BookMessage<'a> {
    topic: &'a str,
    symbol: &'a str,
    depth: u32,
    exch_ts: i64,
    /// True when it needs nothing before it.
    is_snapshot: bool,
}

impl BybitCore {
    pub(super) fn public_frame(&mut self, now: Now, bytes: &[u8]) -> Result<(), FrameError> {
        if self.fast_frame(now, bytes) {
            return Ok(());
        }
        let frame = match parse(bytes) {
            Ok(frame) => frame,
            Err(error) => {
                // It may have held a change of this book.
                if let Some(topic) = named_in(bytes, "topic") {
                    self.lose_topic(now, topic, Flaw::Unreadable);
                }
                return Err(error);
            }
        };
        match frame {
            PublicFrame::Pong => self.link(Socket::Public).pong(),
            PublicFrame::Reply(reply) => {
                let mut acts = Vec::new();
                self.topics.reply(now.mono_ns, &reply, &mut acts);
                self.topic_acts(now, acts);
            }
            PublicFrame::Book(frame) => {
                let message = BookMessage {
                    topic: frame.topic,
                    symbol: frame.symbol,
                    depth: frame.depth,
                    exch_ts: frame.exch_ts,
                    is_snapshot: frame.snapshot || frame.u == 1,
                };
                self.book_message(now, &message, |feed, out| feed.book(&frame, out));
            }
            PublicFrame::Trades(frame) => {
                self.topics.data(now.mono_ns, frame.topic, true);
                if let Some(instrument) = self.instruments.get(frame.symbol) {
                    match instrument.feed.trades(&frame) {
                        Ok(prints) => self.show_prints(now, frame.symbol, &prints),
                        Err(error) => {
                            if error.is_off_grid() {
                                self.reread(now, frame.symbol);
                            }
                            return Err(error);
                        }
                    }
                }
            }
            PublicFrame::OtherTopic(_) => {}
        }
        Ok(())
    }

    /// Takes a frame by the fast path; false when it has to go to the general parser.
    fn fast_frame(&mut self, now: Now, bytes: &[u8]) -> bool {
        let mut fast_path = std::mem::take(&mut self.fast_path);
        let instruments = &self.instruments;
        let scale_of = |symbol: &str| Some(*instruments.get(symbol)?.feed.scale());
        let frame = fast_path.read(bytes, scale_of);
        match frame {
            Some(FastFrame::Book(frame)) => {
                let message = BookMessage {
                    topic: frame.topic,
                    symbol: frame.symbol,
                    depth: frame.depth,
                    exch_ts: frame.exch_ts,
                    is_snapshot: frame.snapshot || frame.u == 1,
                };
                let update = BookUpdate {
                    snapshot: frame.snapshot,
                    u: frame.u,
                    seq: frame.seq,
                    bids: &fast_path.bids,
                    asks: &fast_path.asks,
                };
                self.book_message(now, &message, |feed, out| {
                    Ok(feed.apply(frame.depth, &update, out))
                });
            }
            Some(FastFrame::Trades { topic, symbol }) => {
                self.topics.data(now.mono_ns, topic, true);
                self.show_prints(now, symbol, &fast_path.prints);
            }
            None => {}
        }
        self.fast_path = fast_path;
        frame.is_some()
    }

    fn book_message(
        &mut self,
        now: Now,
        message: &BookMessage<'_>,
        apply: impl FnOnce(&mut SymbolFeed, &mut Vec<LevelChange>) -> Result<FeedEffect, FrameError>,
    ) {
        let Some(instrument) = self.instruments.get_mut(message.symbol) else {
            return;
        };
        self.topics
            .data(now.mono_ns, message.topic, message.is_snapshot);
        let mut changes = std::mem::take(&mut self.changes);
        instrument.exch_ts = instrument.exch_ts.max(message.exch_ts);
        let (effect, error) = match apply(&mut instrument.feed, &mut changes) {
            Ok(effect) => (effect, None),
            Err(error) => {
                let feed = &mut instrument.feed;
                let effect = feed.drop_depth(message.depth, Flaw::Unreadable, &mut changes);
                (effect, Some(error))
            }
        };
        self.show(now, message.symbol, message.exch_ts, &changes);
        changes.clear();
        self.changes = changes;
        self.judge(now, message.symbol, message.topic, &effect);
        if let Some(error) = error {
            self.unreadable(message.topic, &error);
            if error.is_off_grid() {
                self.reread(now, message.symbol);
            }
        }
    }

    fn judge(&mut self, now: Now, symbol: &str, topic: &str, effect: &FeedEffect) {
        let Some(instrument) = self.instruments.get_mut(symbol) else {
            return;
        };
        let index = instrument.symbol;
        match effect {
            FeedEffect::Same => {}
            FeedEffect::Fresh => {
                if !std::mem::replace(&mut instrument.is_live, true) {
                    self.events.push(VenueEvent::FeedLive { symbol: index });
                }
            }
            FeedEffect::Resync { flaw, primary } => {
                let deepest = self.settings.depths.iter().max().copied().unwrap_or(0);
                let broken = if *primary && *flaw == Flaw::Crossed {
                    format!("orderbook.{deepest}.{symbol}")
                } else {
                    topic.to_owned()
                };
                self.topics.resync(now.mono_ns, &broken);
                let stale = *primary && std::mem::replace(&mut instrument.is_live, false);
                if stale {
                    self.events.push(VenueEvent::FeedStale { symbol: index });
                }
            }
        }
    }

    /// Publishes changes of one symbol as one batch.
    pub(super) fn show(&mut self, now: Now, symbol: &str, exch_ts: i64, changes: &[LevelChange]) {
        let Some(instrument) = self.instruments.get(symbol) else {
            return;
        };
        if changes.is_empty() {
            return;
        }
        let index = instrument.symbol;
        self.events
            .push(VenueEvent::FeedBatchStart { symbol: index });
        for change in changes {
            let event = instrument.feed.level_event(change, exch_ts, now.unix_ns);
            self.events.push(VenueEvent::Feed {
                symbol: index,
                event,
            });
        }
        self.events.push(VenueEvent::FeedBatchEnd { symbol: index });
    }

    /// Publishes trades of one symbol as one batch.
    fn show_prints(&mut self, now: Now, symbol: &str, prints: &[Print]) {
        let Some(instrument) = self.instruments.get(symbol) else {
            return;
        };
        if prints.is_empty() {
            return;
        }
        let index = instrument.symbol;
        self.events
            .push(VenueEvent::FeedBatchStart { symbol: index });
        for print in prints {
            let event = instrument.feed.trade_event(print, now.unix_ns);
            self.events.push(VenueEvent::Feed {
                symbol: index,
                event,
            });
        }
        self.events.push(VenueEvent::FeedBatchEnd { symbol: index });
    }

    pub(super) fn tick_topics(&mut self, now: Now) {
        let mut acts = Vec::new();
        self.topics.tick(now.mono_ns, &mut acts);
        self.topic_acts(now, acts);
    }

    fn topic_acts(&mut self, now: Now, acts: Vec<TopicAct>) {
        for act in acts {
            match act {
                TopicAct::Send(text) => self.send(Socket::Public, text),
                TopicAct::Refused(topic, words) => {
                    let text = format!("the venue refuses {topic}: {words}");
                    self.notice(codes::TOPIC_REFUSED, text);
                }
                TopicAct::Silent(topic) => self.lose_topic(now, &topic, Flaw::Silent),
                TopicAct::Dead(reason) => {
                    self.kill(now, Socket::Public, reason);
                    return;
                }
            }
        }
    }

    /// The book of a topic cannot be relied on any more; other topics are passed over.
    fn lose_topic(&mut self, now: Now, topic: &str, flaw: Flaw) {
        let Some((depth, symbol)) = book_topic(topic) else {
            return;
        };
        let mut changes = Vec::new();
        let Some(instrument) = self.instruments.get_mut(symbol) else {
            return;
        };
        let exch_ts = instrument.exch_ts;
        let effect = instrument.feed.drop_depth(depth, flaw, &mut changes);
        self.show(now, symbol, exch_ts, &changes);
        self.judge(now, symbol, topic, &effect);
    }

    /// Reports every live feed as stale.
    pub(super) fn report_stale(&mut self) {
        let mut stale: Vec<u32> = Vec::new();
        for instrument in self.instruments.values_mut() {
            if std::mem::replace(&mut instrument.is_live, false) {
                stale.push(instrument.symbol);
            }
        }
        stale.sort_unstable();
        let events = stale
            .into_iter()
            .map(|symbol| VenueEvent::FeedStale { symbol });
        self.events.extend(events);
    }
}
