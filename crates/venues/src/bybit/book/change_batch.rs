//! Level changes in the order in which they are published.

use crate::bybit::book::level_change::{BookSide, LevelChange};

/// Orders batches of changes; keeps its memory from batch to batch.
#[derive(Debug, Default)]
pub struct ChangeBatch {
    /// Side, tick and place of each change.
    places: Vec<(bool, i64, usize)>,
    /// Changes that come after the deletions.
    later: Vec<LevelChange>,
}

impl ChangeBatch {
    /// Keeps only the last of several changes of a level, and puts deletions first, so that no
    /// reader passes through a crossed book. Changes before `first` stay as they are.
    pub fn settle(&mut self, changes: &mut Vec<LevelChange>, first: usize) {
        if !is_in_order(&changes[first..]) {
            self.keep_last(changes, first);
        }
        self.deletions_first(&mut changes[first..]);
    }

    fn keep_last(&mut self, changes: &mut Vec<LevelChange>, first: usize) {
        let places = &mut self.places;
        places.clear();
        let new = changes[first..].iter().enumerate();
        places.extend(new.map(|(at, change)| (is_bid(change), change.tick, at)));
        places.sort_unstable();
        places.dedup_by(|later, kept| {
            let same = (later.0, later.1) == (kept.0, kept.1);
            if same {
                kept.2 = later.2;
            }
            same
        });
        if places.len() == changes.len() - first {
            return;
        }
        places.sort_unstable_by_key(|place| place.2);
        for (to, (_, _, from)) in places.iter().enumerate() {
            changes[first + to] = changes[first + from];
        }
        changes.truncate(first + places.len());
    }

    fn deletions_first(&mut self, changes: &mut [LevelChange]) {
        if changes.is_sorted_by_key(|change| change.lots > 0) {
            return;
        }
        self.later.clear();
        let mut deletions = 0;
        for at in 0..changes.len() {
            if changes[at].lots > 0 {
                self.later.push(changes[at]);
            } else {
                changes[deletions] = changes[at];
                deletions += 1;
            }
        }
        changes[deletions..].copy_from_slice(&self.later);
    }
}

fn is_bid(change: &LevelChange) -> bool {
    change.side == BookSide::Bid
}

/// True when each side goes strictly up or strictly down, as the venue sends it: then no level comes
/// twice.
fn is_in_order(changes: &[LevelChange]) -> bool {
    // Per side: the last tick, and whether it goes up.
    let mut sides: [Option<(i64, Option<bool>)>; 2] = [None, None];
    changes.iter().all(|change| {
        let side = &mut sides[usize::from(is_bid(change))];
        let up = match *side {
            None => None,
            Some((last, _)) if last == change.tick => return false,
            Some((last, up)) => {
                let goes_up = change.tick > last;
                if up.is_some_and(|up| up != goes_up) {
                    return false;
                }
                Some(goes_up)
            }
        };
        *side = Some((change.tick, up));
        true
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use proptest::prelude::*;

    fn changes() -> impl Strategy<Value = Vec<LevelChange>> {
        let change = (any::<bool>(), 0i64..12, 0i64..3).prop_map(|(bid, tick, lots)| LevelChange {
            side: if bid { BookSide::Bid } else { BookSide::Ask },
            tick,
            lots,
        });
        prop::collection::vec(change, 0..30)
    }

    proptest! {
        #[test]
        fn of_each_level_the_last_change_is_left_deletions_first(
            earlier in changes(), new in changes(), sorted in any::<bool>(),
        ) {
            let mut new = new;
            if sorted {
                new.sort_by_key(|change| (is_bid(change), change.tick));
                new.dedup_by_key(|change| (is_bid(change), change.tick));
            }
            let key = |change: &LevelChange| (is_bid(change), change.tick);
            let last: HashMap<_, usize> = new.iter().enumerate().map(|(at, c)| (key(c), at)).collect();
            let kept = new.iter().enumerate().filter(|(at, c)| last[&key(c)] == *at).map(|(_, c)| *c);
            let (rest, deletions): (Vec<_>, Vec<_>) = kept.partition(|change| change.lots > 0);
            let mut all = [earlier.clone(), new].concat();
            ChangeBatch::default().settle(&mut all, earlier.len());
            prop_assert_eq!(all, [earlier, deletions, rest].concat());
        }
    }
}
