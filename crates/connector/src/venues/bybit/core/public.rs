//! Market data.

use super::{BybitCore, Socket};
use crate::clock::Now;
use crate::venue::VenueEvent;
use crate::venues::bybit::codes;
use crate::venues::bybit::frames::FrameError;
use crate::venues::bybit::frames::public::book_topic;
use crate::venues::bybit::frames::public::{Print, PublicFrame, parse};
use crate::venues::bybit::frames::quick::QuickFrame;
use crate::venues::bybit::symbol_feed::{FeedEffect, SymbolFeed};
use crate::venues::bybit::topic_book::{BookUpdate, Flaw, LevelChange};
use crate::venues::bybit::topics::TopicAct;

/// What a book message is about.
struct BookMessage<'a> {
    topic: &'a str,
    symbol: &'a str,
    depth: u32,
    exch_ts: i64,
    /// True when it needs nothing before it.
    whole: bool,
}

impl BybitCore {
    pub(super) fn public_frame(&mut self, now: Now, bytes: &[u8]) -> Result<(), FrameError> {
        if self.quick_frame(now, bytes) {
            return Ok(());
        }
        match parse(bytes)? {
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
                    whole: frame.snapshot || frame.u == 1,
                };
                self.book_message(now, &message, |feed, out| feed.book(&frame, out));
            }
            PublicFrame::Trades(frame) => {
                self.topics.data(now.mono_ns, frame.topic, true);
                if let Some(instrument) = self.instruments.get(frame.symbol) {
                    let prints = instrument.feed.trades(&frame)?;
                    self.show_prints(now, frame.symbol, &prints);
                }
            }
            PublicFrame::OtherTopic(_) => {}
        }
        Ok(())
    }

    /// Takes in what nearly every frame is; false when it has to be read in the general way.
    fn quick_frame(&mut self, now: Now, bytes: &[u8]) -> bool {
        let mut quick = std::mem::take(&mut self.quick);
        let instruments = &self.instruments;
        let scale_of = |symbol: &str| Some(*instruments.get(symbol)?.feed.scale());
        let frame = quick.read(bytes, scale_of);
        match frame {
            Some(QuickFrame::Book(frame)) => {
                let message = BookMessage {
                    topic: frame.topic,
                    symbol: frame.symbol,
                    depth: frame.depth,
                    exch_ts: frame.exch_ts,
                    whole: frame.snapshot || frame.u == 1,
                };
                let update = BookUpdate {
                    snapshot: frame.snapshot,
                    u: frame.u,
                    seq: frame.seq,
                    bids: &quick.bids,
                    asks: &quick.asks,
                };
                self.book_message(now, &message, |feed, out| {
                    Ok(feed.apply(frame.depth, &update, out))
                });
            }
            Some(QuickFrame::Trades { topic, symbol }) => {
                self.topics.data(now.mono_ns, topic, true);
                self.show_prints(now, symbol, &quick.prints);
            }
            None => {}
        }
        self.quick = quick;
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
        self.topics.data(now.mono_ns, message.topic, message.whole);
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
                if !std::mem::replace(&mut instrument.fresh, true) {
                    self.events.push(VenueEvent::FeedFresh { symbol: index });
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
                let stale = *primary && std::mem::replace(&mut instrument.fresh, false);
                if stale {
                    self.events.push(VenueEvent::FeedStale { symbol: index });
                }
            }
        }
    }

    /// Publishes changes of one symbol as one batch.
    fn show(&mut self, now: Now, symbol: &str, exch_ts: i64, changes: &[LevelChange]) {
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
                TopicAct::Silent(topic) => self.silent(now, &topic),
                TopicAct::Dead(reason) => {
                    self.kill(now, Socket::Public, reason);
                    return;
                }
            }
        }
    }

    fn silent(&mut self, now: Now, topic: &str) {
        let Some((depth, symbol)) = book_topic(topic) else {
            return;
        };
        let mut changes = Vec::new();
        let Some(instrument) = self.instruments.get_mut(symbol) else {
            return;
        };
        let exch_ts = instrument.exch_ts;
        let effect = instrument
            .feed
            .drop_depth(depth, Flaw::Silent, &mut changes);
        self.show(now, symbol, exch_ts, &changes);
        self.judge(now, symbol, topic, &effect);
    }

    /// Tells that no book can be relied on.
    pub(super) fn tell_stale(&mut self) {
        let mut stale: Vec<u32> = Vec::new();
        for instrument in self.instruments.values_mut() {
            if std::mem::replace(&mut instrument.fresh, false) {
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
