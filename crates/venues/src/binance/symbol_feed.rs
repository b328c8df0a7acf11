//! The market data of one symbol: depth and best prices fused into one book, and trades.
//!
//! Continuity and fusion are those of the replay: prices are ticks and quantities lots there.

use hftbacktest::types::Event;

use super::frames::{DepthFrame, RawLevel, TopFrame, TradeFrame, level, units};
use super::rest_frames::Snapshot;
use crate::kit::book::book_fusion::{BookSide, Change};
use crate::kit::book::deletions_first::deletions_first;
use crate::kit::book::depth_sequencer::{DepthSequencer, Effect, Numbering};
use crate::kit::book::message::{Depth, DepthKind, Level, Top};
use crate::kit::book::px::Px;
use crate::kit::frame::FrameError;
use crate::kit::scale::Scale;

const OVERLAP_MAX_NS: i64 = 60_000_000_000;

/// The effect of a message on the book's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedEffect {
    /// Applied.
    Applied,
    /// Kept until a snapshot comes.
    Waiting,
    /// Older than what is known.
    Old,
    /// The book can be relied on from now on.
    Synced,
    /// The book was emptied and needs a snapshot, and why.
    Lost(String),
    /// The snapshot is older than the messages that wait; another one is needed.
    TooOld,
}

/// Market data of one symbol.
pub struct SymbolFeed {
    scale: Scale,
    sequencer: DepthSequencer,
    /// Number and venue time of the newest trade.
    last_trade: Option<(u64, i64)>,
}

impl SymbolFeed {
    /// Starts without a book.
    pub fn new(scale: Scale) -> Self {
        Self {
            scale,
            sequencer: DepthSequencer::new(Numbering::BinanceUsdm),
            last_trade: None,
        }
    }

    /// Tick and lot size.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// True when the book can be relied on.
    pub fn is_live(&self) -> bool {
        self.sequencer.is_synced()
    }

    /// The last update id of the depth stream in the book; `None` while it waits for a snapshot.
    pub fn last_id(&self) -> Option<u64> {
        self.sequencer.last_id()
    }

    /// Applies a depth message; what it changes is appended.
    ///
    /// # Errors
    /// When a level is off the grid. Its changes are missing then: the caller calls
    /// [`reset`](Self::reset).
    pub fn depth(
        &mut self,
        frame: &DepthFrame<'_>,
        out: &mut Vec<Change>,
    ) -> Result<FeedEffect, FrameError> {
        let depth = Depth {
            kind: DepthKind::Delta,
            reach: u32::MAX,
            first_id: frame.first_id,
            last_id: frame.last_id,
            prev_id: Some(frame.prev_id),
            seq: frame.last_id,
            exch_ts: frame.exch_ts,
            bids: self.levels_of(&frame.bids)?,
            asks: self.levels_of(&frame.asks)?,
        };
        Ok(self.apply(depth, out))
    }

    /// Applies a snapshot; what it changes is appended.
    ///
    /// # Errors
    /// When a level is off the grid; the book is as before.
    pub fn snapshot(
        &mut self,
        snapshot: &Snapshot<'_>,
        out: &mut Vec<Change>,
    ) -> Result<FeedEffect, FrameError> {
        let depth = Depth {
            kind: DepthKind::Snapshot,
            reach: u32::MAX,
            first_id: snapshot.last_id,
            last_id: snapshot.last_id,
            prev_id: None,
            seq: snapshot.last_id,
            exch_ts: snapshot.exch_ts.unwrap_or(0),
            bids: self.levels_of(&snapshot.bids)?,
            asks: self.levels_of(&snapshot.asks)?,
        };
        Ok(self.apply(depth, out))
    }

    /// Applies a best bid and ask; what it changes is appended.
    ///
    /// # Errors
    /// When a price is off the grid; the book is as before.
    pub fn top(
        &mut self,
        frame: &TopFrame<'_>,
        out: &mut Vec<Change>,
    ) -> Result<FeedEffect, FrameError> {
        let side = |raw: RawLevel<'_>| match units("quantity", raw.1, &self.scale.lot)? {
            // A side without orders has no price either.
            0 => Ok(None),
            _ => level(raw, &self.scale).map(|level| Some(to_level(level))),
        };
        let top = Top {
            seq: frame.id,
            exch_ts: frame.exch_ts,
            bid: side(frame.bid)?,
            ask: side(frame.ask)?,
        };
        let first = out.len();
        let effect = self.sequencer.on_top(top, out);
        Ok(self.judge(effect, first, out))
    }

    fn apply(&mut self, depth: Depth, out: &mut Vec<Change>) -> FeedEffect {
        let first = out.len();
        let effect = self.sequencer.on_depth(depth, out);
        self.judge(effect, first, out)
    }

    fn judge(&mut self, effect: Effect, first: usize, out: &mut Vec<Change>) -> FeedEffect {
        let effect = match effect {
            Effect::Applied => FeedEffect::Applied,
            Effect::Waiting => FeedEffect::Waiting,
            Effect::Stale => FeedEffect::Old,
            Effect::Ready => FeedEffect::Synced,
            Effect::SnapshotTooOld => FeedEffect::TooOld,
            Effect::Gap { expected, got } => FeedEffect::Lost(format!(
                "depth messages are missing: {expected} had to come, {got} came"
            )),
        };
        if self.sequencer.book().is_crossed() {
            // What the message changed stands before the deletions, which win.
            self.sequencer.reset(out);
            return FeedEffect::Lost("the book is crossed".to_owned());
        }
        deletions_first(out, first);
        effect
    }

    /// Waits for a snapshot but keeps the levels: they are old, not wrong.
    pub fn suspend(&mut self) {
        self.sequencer.suspend();
    }

    /// Forgets the book; the deletions are appended.
    pub fn reset(&mut self, out: &mut Vec<Change>) {
        self.sequencer.reset(out);
    }

    /// A trade as bots apply it; `None` when it never met the book or is known already.
    ///
    /// # Errors
    /// When a number is off the grid.
    pub fn trade(
        &mut self,
        frame: &TradeFrame<'_>,
        local_ts: i64,
    ) -> Result<Option<Event>, FrameError> {
        // Two connections overlap when one takes over from the other. Numbers that begin anew come
        // with a later time.
        let is_known = self.last_trade.is_some_and(|(id, exch_ts)| {
            frame.id <= id && frame.exch_ts <= exch_ts.saturating_add(OVERLAP_MAX_NS)
        });
        if !frame.met_book || is_known {
            return Ok(None);
        }
        let (tick, lots) = level((frame.price, frame.qty), &self.scale)?;
        self.last_trade = Some((frame.id, frame.exch_ts));
        Ok(Some(self.scale.trade_event(
            frame.buyer_takes,
            (tick, lots),
            frame.exch_ts,
            local_ts,
        )))
    }

    /// The levels of a side, best first, (ticks, lots).
    pub fn levels(&self, side: BookSide) -> Vec<(i64, i64)> {
        let book = self.sequencer.book();
        match side {
            BookSide::Bid => book.bids().map(to_units).collect(),
            BookSide::Ask => book.asks().map(to_units).collect(),
        }
    }

    /// A change of a level as bots apply it.
    pub fn level_event(&self, change: &Change, exch_ts: i64, local_ts: i64) -> Event {
        let units = to_units(Level {
            px: change.px,
            qty: change.qty,
        });
        self.scale
            .level_event(change.side.is_bid(), units, exch_ts, local_ts)
    }

    /// The whole book as level events.
    pub fn book(&self, exch_ts: i64, local_ts: i64, out: &mut Vec<Event>) {
        let book = self.sequencer.book();
        let bids = book.bids().map(|level| (true, level));
        let asks = book.asks().map(|level| (false, level));
        out.extend(bids.chain(asks).map(|(is_bid, level)| {
            self.scale
                .level_event(is_bid, to_units(level), exch_ts, local_ts)
        }));
    }

    fn levels_of(&self, raw: &[RawLevel<'_>]) -> Result<Vec<Level>, FrameError> {
        let levels = raw.iter().map(|raw| level(*raw, &self.scale).map(to_level));
        levels.collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "lots are far below 2^53")]
fn to_level((tick, lots): (i64, i64)) -> Level {
    Level {
        px: Px::from_raw(tick),
        qty: lots as f64,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "whole lots, put in as such"
)]
fn to_units(level: Level) -> (i64, i64) {
    (level.px.raw(), level.qty as i64)
}
