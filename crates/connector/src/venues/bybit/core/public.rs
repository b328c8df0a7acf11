//! Market data.

use super::{BybitCore, Socket};
use crate::clock::Now;
use crate::venue::VenueEvent;
use crate::venues::bybit::codes;
use crate::venues::bybit::frames::FrameError;
use crate::venues::bybit::frames::public::book_topic;
use crate::venues::bybit::frames::public::{BookFrame, PublicFrame, TradesFrame, parse};
use crate::venues::bybit::symbol_feed::FeedEffect;
use crate::venues::bybit::topic_book::{Flaw, LevelChange};
use crate::venues::bybit::topics::TopicAct;

impl BybitCore {
    pub(super) fn public_frame(&mut self, now: Now, bytes: &[u8]) -> Result<(), FrameError> {
        match parse(bytes)? {
            PublicFrame::Pong => self.link(Socket::Public).pong(),
            PublicFrame::Reply(reply) => {
                let mut acts = Vec::new();
                self.topics.reply(now.mono_ns, &reply, &mut acts);
                self.topic_acts(now, acts);
            }
            PublicFrame::Book(frame) => self.book_frame(now, &frame),
            PublicFrame::Trades(frame) => self.trades_frame(now, &frame)?,
            PublicFrame::OtherTopic(_) => {}
        }
        Ok(())
    }

    fn book_frame(&mut self, now: Now, frame: &BookFrame<'_>) {
        let Some(instrument) = self.instruments.get_mut(frame.symbol) else {
            return;
        };
        let whole = frame.snapshot || frame.u == 1;
        self.topics.data(now.mono_ns, frame.topic, whole);
        let mut changes = Vec::new();
        instrument.exch_ts = instrument.exch_ts.max(frame.exch_ts);
        let (effect, error) = match instrument.feed.book(frame, &mut changes) {
            Ok(effect) => (effect, None),
            Err(error) => {
                let feed = &mut instrument.feed;
                let effect = feed.drop_depth(frame.depth, Flaw::Unreadable, &mut changes);
                (effect, Some(error))
            }
        };
        self.show(now, frame.symbol, frame.exch_ts, &changes);
        self.judge(now, frame.symbol, frame.topic, &effect);
        if let Some(error) = error {
            self.unreadable(frame.topic, &error);
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

    fn trades_frame(&mut self, now: Now, frame: &TradesFrame<'_>) -> Result<(), FrameError> {
        self.topics.data(now.mono_ns, frame.topic, true);
        let Some(instrument) = self.instruments.get(frame.symbol) else {
            return Ok(());
        };
        let index = instrument.symbol;
        let prints = instrument.feed.trades(frame)?;
        if prints.is_empty() {
            return Ok(());
        }
        self.events
            .push(VenueEvent::FeedBatchStart { symbol: index });
        for print in &prints {
            let event = instrument.feed.trade_event(print, now.unix_ns);
            self.events.push(VenueEvent::Feed {
                symbol: index,
                event,
            });
        }
        self.events.push(VenueEvent::FeedBatchEnd { symbol: index });
        Ok(())
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
