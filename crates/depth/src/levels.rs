//! One side of a book.

use crate::{
    far_levels::FarLevels,
    window::{SPAN, Window},
};

/// Changes outside of the window beyond the number of its levels, after which it follows the touch.
const MISSES_MIN: usize = 32;

/// The levels of one side: a window of ticks that follows the touch, and what is outside of it.
///
/// A level may have a quantity that is not above zero: hftbacktest's snapshots bring such. It is there, and it
/// is no best price.
pub(crate) struct Levels {
    window: Window,
    far: FarLevels,
    /// Changes outside of the window since it was last looked at.
    misses: usize,
    /// Ticks from the first one of the window to the touch after a move.
    touch_offset: i64,
}

impl Levels {
    /// No bids: the window reaches further below the touch than above it.
    pub(crate) fn bids() -> Self {
        Self::new(SPAN / 4 * 3)
    }

    /// No asks: the window reaches further above the touch than below it.
    pub(crate) fn asks() -> Self {
        Self::new(SPAN / 4)
    }

    fn new(touch_offset: i64) -> Self {
        Self {
            window: Window::new(),
            far: FarLevels::default(),
            misses: 0,
            touch_offset,
        }
    }

    /// The quantity at a tick, 0.0 where there is no level.
    #[inline]
    pub(crate) fn qty(&self, tick: i64) -> f64 {
        if self.window.contains(tick) {
            self.window.qty(tick)
        } else {
            self.far.qty(tick)
        }
    }

    /// Sets a level. Returns the quantity before.
    #[inline]
    pub(crate) fn set(&mut self, tick: i64, qty: f64) -> f64 {
        if self.window.contains(tick) {
            self.window.set(tick, qty)
        } else {
            self.set_outside(tick, qty)
        }
    }

    fn set_outside(&mut self, tick: i64, qty: f64) -> f64 {
        if self.window.len() == 0 && self.far.is_empty() {
            self.move_to(tick);
            return self.window.set(tick, qty);
        }
        self.misses += 1;
        self.far.set(tick, qty)
    }

    /// Takes a level away, if it is there. Returns the quantity before.
    #[inline]
    pub(crate) fn remove(&mut self, tick: i64) -> f64 {
        if self.window.contains(tick) {
            self.window.remove(tick)
        } else {
            self.misses += 1;
            self.far.remove(tick)
        }
    }

    pub(crate) fn clear(&mut self) {
        self.window.clear();
        self.far.clear();
        self.misses = 0;
    }

    /// Takes every level away from `from` on and below `end`.
    pub(crate) fn remove_range(&mut self, from: i64, end: i64) {
        let mut next = self.at_or_above(from);
        while let Some((tick, _)) = next.filter(|level| level.0 < end) {
            self.remove(tick);
            next = self.at_or_above(tick);
        }
    }

    /// The highest level at a tick or below it.
    #[inline]
    pub(crate) fn at_or_below(&self, tick: i64) -> Option<(i64, f64)> {
        if self.window.contains(tick)
            && let Some(found) = self.window.at_or_below(tick)
        {
            return Some((found, self.window.qty(found)));
        }
        self.at_or_below_far(tick)
    }

    fn at_or_below_far(&self, tick: i64) -> Option<(i64, f64)> {
        let far = self.far.at_or_below(tick);
        if tick <= self.window.last() || far.is_some_and(|level| level.0 > self.window.last()) {
            return far;
        }
        match self.window.at_or_below(self.window.last()) {
            Some(found) => Some((found, self.window.qty(found))),
            None => far,
        }
    }

    /// The lowest level at a tick or above it.
    #[inline]
    pub(crate) fn at_or_above(&self, tick: i64) -> Option<(i64, f64)> {
        if self.window.contains(tick)
            && let Some(found) = self.window.at_or_above(tick)
        {
            return Some((found, self.window.qty(found)));
        }
        self.at_or_above_far(tick)
    }

    fn at_or_above_far(&self, tick: i64) -> Option<(i64, f64)> {
        let far = self.far.at_or_above(tick);
        if tick >= self.window.first() || far.is_some_and(|level| level.0 < self.window.first()) {
            return far;
        }
        match self.window.at_or_above(self.window.first()) {
            Some(found) => Some((found, self.window.qty(found))),
            None => far,
        }
    }

    /// The highest tick from `floor` on and below `tick` with a quantity above zero.
    #[inline]
    pub(crate) fn best_below(&self, tick: i64, floor: i64) -> Option<i64> {
        let mut next = self.at_or_below(tick.checked_sub(1)?)?;
        while next.0 >= floor {
            if next.1 > 0.0 {
                return Some(next.0);
            }
            next = self.at_or_below(next.0.checked_sub(1)?)?;
        }
        None
    }

    /// The lowest tick from `from` on and below `end` with a quantity above zero.
    #[inline]
    pub(crate) fn best_above(&self, from: i64, end: i64) -> Option<i64> {
        let mut next = self.at_or_above(from)?;
        while next.0 < end {
            if next.1 > 0.0 {
                return Some(next.0);
            }
            next = self.at_or_above(next.0 + 1)?;
        }
        None
    }

    /// Moves the window to the touch once more changes were outside of it than it has levels, so that moving
    /// them costs less than one step per change.
    #[inline]
    pub(crate) fn follow(&mut self, touch: i64) {
        if self.misses > self.window.len() + MISSES_MIN {
            self.follow_far(touch);
        }
    }

    #[cold]
    fn follow_far(&mut self, touch: i64) {
        self.misses = 0;
        let margin = SPAN / 8;
        let inner = self.window.first() + margin..=self.window.last() - margin;
        // The touch of an empty side is no tick.
        if touch != i64::MIN && touch != i64::MAX && !inner.contains(&touch) {
            self.move_to(touch);
        }
    }

    #[cold]
    fn move_to(&mut self, touch: i64) {
        let Self { window, far, .. } = self;
        let first = touch.saturating_sub(self.touch_offset);
        window.move_to(first, |tick, qty| {
            far.set(tick, qty);
        });
        let mut next = far.at_or_above(window.first());
        while let Some((tick, qty)) = next.filter(|level| level.0 <= window.last()) {
            far.remove(tick);
            window.set(tick, qty);
            next = far.at_or_above(tick);
        }
    }
}

#[cfg(test)]
#[path = "levels_tests.rs"]
mod tests;
