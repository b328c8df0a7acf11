//! The levels of one side, in one piece of memory.

/// Levels in order of price, (ticks, lots). A book of the venue has at most 1000 levels a side, and
/// nearly every message names levels that are there already: looking one up touches little memory,
/// and no level is allocated for itself.
#[derive(Debug, Default)]
pub struct Ladder(Vec<(i64, i64)>);

impl Ladder {
    /// Sets a level, 0 lots delete it; gives the lots from before, 0 when there was no such level.
    pub fn set(&mut self, tick: i64, lots: i64) -> i64 {
        match self.0.binary_search_by_key(&tick, |level| level.0) {
            Ok(at) if lots > 0 => std::mem::replace(&mut self.0[at].1, lots),
            Ok(at) => self.0.remove(at).1,
            Err(at) => {
                if lots > 0 {
                    self.0.insert(at, (tick, lots));
                }
                0
            }
        }
    }

    /// Lots of a level; 0 when there is no such level.
    pub fn lots(&self, tick: i64) -> i64 {
        let at = self.0.binary_search_by_key(&tick, |level| level.0);
        at.map_or(0, |at| self.0[at].1)
    }

    /// The level with the lowest price.
    pub fn lowest(&self) -> Option<(i64, i64)> {
        self.0.first().copied()
    }

    /// The level with the highest price.
    pub fn highest(&self) -> Option<(i64, i64)> {
        self.0.last().copied()
    }

    /// All levels, the lowest price first.
    pub fn levels(&self) -> impl DoubleEndedIterator<Item = (i64, i64)> + '_ {
        self.0.iter().copied()
    }

    /// Puts these levels in the place of all others. Levels of 0 lots are left out; of several with
    /// the same price the last one counts.
    pub fn fill(&mut self, levels: &[(i64, i64)]) {
        self.0.clear();
        self.0.extend(levels.iter().filter(|level| level.1 > 0));
        // The venue sends the best price first, each price once.
        if self.0.is_sorted_by(|a, b| a.0 > b.0) {
            self.0.reverse();
        } else if !self.0.is_sorted_by(|a, b| a.0 < b.0) {
            self.0.sort_by_key(|level| level.0);
            self.0.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    *kept = *later;
                }
                same
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Ladder;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_map_in_order_of_price(sets in prop::collection::vec((-20i64..20, 0i64..4), 0..200)) {
            let mut ladder = Ladder::default();
            let mut map = BTreeMap::new();
            for (tick, lots) in sets {
                let before = if lots > 0 { map.insert(tick, lots) } else { map.remove(&tick) };
                prop_assert_eq!(ladder.set(tick, lots), before.unwrap_or(0));
                prop_assert_eq!(ladder.lots(tick), lots);
                prop_assert_eq!(ladder.lots(tick + 1), map.get(&(tick + 1)).copied().unwrap_or(0));
                prop_assert!(ladder.levels().eq(map.iter().map(|level| (*level.0, *level.1))));
                prop_assert_eq!(ladder.lowest(), map.first_key_value().map(|level| (*level.0, *level.1)));
                prop_assert_eq!(ladder.highest(), map.last_key_value().map(|level| (*level.0, *level.1)));
            }
        }

        #[test]
        fn filling_it_is_setting_level_after_level(levels in prop::collection::vec((-20i64..20, 0i64..4), 0..60), order in 0u8..3) {
            let mut levels = levels;
            if order > 0 {
                levels.sort_unstable();
                levels.dedup_by_key(|level| level.0);
            }
            if order == 2 {
                levels.reverse();
            }
            let mut ladder = Ladder::default();
            ladder.set(7, 7);
            ladder.fill(&levels);
            let map: BTreeMap<i64, i64> = levels.into_iter().filter(|level| level.1 > 0).collect();
            prop_assert!(ladder.levels().eq(map));
        }
    }
}
