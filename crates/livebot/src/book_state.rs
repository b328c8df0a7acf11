//! States of a book: whether orders may go out on it, and why not.

use hbl_wire::Clock;
use hftbacktest::{
    depth::{INVALID_MAX, INVALID_MIN},
    types::Side,
};

use crate::book::Book;

/// State of an instrument's book, as records, state blocks and JavaScript carry it. Orders go out
/// only while it is [`BookState::Live`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum BookState {
    /// There is no link with the connector, or its market data connection with the venue is down.
    #[default]
    Disconnected = 0,
    /// Synced, and the venue's feed is live.
    Live = 1,
    /// The connector reports the venue's feed as stale: silent, broken or unreadable.
    Stale = 2,
    /// Messages of the connector were lost or could not be read.
    Gapped = 3,
    /// Bids are at or above asks for longer than a batch takes.
    Crossed = 4,
    /// Not synced: no book came yet, it was asked for again, or it has no level at all.
    Resyncing = 5,
}

/// Sides may cross for so long between two messages of one change; ns.
const CROSSED_NS: u64 = 100_000_000;

/// What the state of one book follows from.
#[derive(Debug, Default)]
pub(crate) struct BookCheck {
    /// As it was last reported.
    pub(crate) state: BookState,
    /// A registration was answered in full, and nothing has been lost since.
    pub(crate) synced: bool,
    /// Messages were lost since the last answer.
    pub(crate) gapped: bool,
    /// A message could not be read since the last registration.
    pub(crate) unreadable: bool,
    /// The connector reports the feed as stale.
    pub(crate) stale: bool,
    empty: bool,
    /// Since when the sides cross, monotonic; 0: they do not.
    crossed_since_ns: u64,
    /// Best bid and ask when they did not cross, ticks.
    bests: Option<(i64, i64)>,
}

impl BookCheck {
    pub(crate) fn judge(&self, has_feed: bool, now_ns: impl Fn() -> u64) -> BookState {
        if !has_feed {
            BookState::Disconnected
        } else if self.gapped || self.unreadable {
            BookState::Gapped
        } else if !self.synced {
            BookState::Resyncing
        } else if self.stale {
            BookState::Stale
        } else if self.empty {
            BookState::Resyncing
        } else if self.crossed_since_ns != 0 && now_ns() >= self.crossed_since_ns + CROSSED_NS {
            BookState::Crossed
        } else {
            BookState::Live
        }
    }

    /// True while the sides cross; [`CROSSED_NS`] later the state is [`BookState::Crossed`].
    pub(crate) const fn is_crossing(&self) -> bool {
        self.crossed_since_ns != 0
    }

    /// Notes whether the book is empty and whether its sides cross.
    pub(crate) fn look<MD: Book>(&mut self, depth: &MD, clock: &Clock) {
        let (bid, ask) = (depth.best_bid_tick(), depth.best_ask_tick());
        self.empty = bid == INVALID_MIN && ask == INVALID_MAX;
        if is_crossed(depth, self.bests, (bid, ask)) {
            if self.crossed_since_ns == 0 {
                self.crossed_since_ns = clock.monotonic_ns();
            }
        } else {
            self.crossed_since_ns = 0;
            self.bests = Some((bid, ask));
        }
    }

    /// Forgets the sides of a book that was cleared.
    pub(crate) const fn restart(&mut self) {
        self.crossed_since_ns = 0;
        self.bests = None;
    }

    /// Looks at every level of a book that has just been synced.
    pub(crate) fn look_at_all<MD: Book>(&mut self, depth: &MD, clock: &Clock) {
        let (mut bid, mut ask) = (INVALID_MIN, INVALID_MAX);
        depth.for_each_level(Side::Buy, |(tick, _)| bid = bid.max(tick));
        depth.for_each_level(Side::Sell, |(tick, _)| ask = ask.min(tick));
        self.crossed_since_ns = 0;
        self.bests = Some((bid, ask));
        self.look(depth, clock);
    }
}

/// hftbacktest's books hide what a new best price goes through instead of showing it: such levels
/// stand between the other side's former best price and the new one.
fn is_crossed<MD: Book>(depth: &MD, before: Option<(i64, i64)>, (bid, ask): (i64, i64)) -> bool {
    bid >= ask
        || before.is_some_and(|(bid_before, ask_before)| {
            hidden(depth, Side::Sell, ask_before, bid) || hidden(depth, Side::Buy, ask, bid_before)
        })
}

/// True when a level stands from `low` to `high`.
fn hidden<MD: Book>(depth: &MD, side: Side, low: i64, high: i64) -> bool {
    low <= high && low != INVALID_MIN && high != INVALID_MAX && depth.has_level(side, low, high)
}

#[cfg(test)]
mod tests {
    use hbl_depth::LadderMarketDepth;
    use hftbacktest::depth::{HashMapMarketDepth, ROIVectorMarketDepth};

    use super::*;

    fn synced() -> BookCheck {
        BookCheck {
            synced: true,
            ..BookCheck::default()
        }
    }

    #[test]
    fn the_worst_known_condition_is_the_state() {
        let live = synced();
        assert_eq!(live.judge(true, || 0), BookState::Live);
        assert_eq!(live.judge(false, || 0), BookState::Disconnected);
        assert_eq!(BookCheck::default().judge(true, || 0), BookState::Resyncing);
        let mut check = synced();
        check.empty = true;
        assert_eq!(check.judge(true, || 0), BookState::Resyncing);
        check.stale = true;
        assert_eq!(check.judge(true, || 0), BookState::Stale);
        check.unreadable = true;
        assert_eq!(check.judge(true, || 0), BookState::Gapped);
        check.unreadable = false;
        check.gapped = true;
        assert_eq!(check.judge(true, || 0), BookState::Gapped);
    }

    fn crosses_only_while_it_does<MD: Book>(mut depth: MD) {
        let mut check = synced();
        depth.update_bid_depth(99.0, 1.0, 1);
        for ask in [100.0, 101.0, 102.0] {
            depth.update_ask_depth(ask, 1.0, 1);
        }
        check.look(&depth, &Clock::Real);
        assert!(!check.is_crossing());
        depth.update_bid_depth(101.5, 1.0, 1);
        check.look(&depth, &Clock::Real);
        let since = check.crossed_since_ns;
        assert!(check.is_crossing());
        assert_eq!(check.judge(true, || since), BookState::Live, "at once");
        assert_eq!(check.judge(true, || since + CROSSED_NS), BookState::Crossed);
        depth.update_ask_depth(100.0, 0.0, 1);
        check.look(&depth, &Clock::Real);
        assert!(check.is_crossing(), "101 is still there");
        assert_eq!(check.crossed_since_ns, since);
        depth.update_ask_depth(101.0, 0.0, 1);
        check.look(&depth, &Clock::Real);
        assert!(!check.is_crossing());
        depth.update_ask_depth(98.5, 1.0, 1);
        check.look(&depth, &Clock::Real);
        assert!(check.is_crossing(), "bids at 99 and 101.5 are hidden");
        for bid in [101.5, 99.0] {
            depth.update_bid_depth(bid, 0.0, 1);
        }
        check.look(&depth, &Clock::Real);
        assert!(!check.is_crossing());
        assert_eq!(
            check.judge(true, || 0),
            BookState::Live,
            "one side is a book"
        );
        depth.update_ask_depth(98.5, 0.0, 1);
        depth.update_ask_depth(102.0, 0.0, 1);
        check.look(&depth, &Clock::Real);
        assert_eq!(check.judge(true, || 0), BookState::Resyncing);
    }

    #[test]
    fn sides_that_cross_for_longer_than_a_change_takes_are_seen_on_every_depth() {
        crosses_only_while_it_does(LadderMarketDepth::new(0.5, 0.001));
        crosses_only_while_it_does(HashMapMarketDepth::new(0.5, 0.001));
        crosses_only_while_it_does(ROIVectorMarketDepth::new(0.5, 0.001, 0.0, 1_000.0));
    }
}
