//! The order in which the changes of one message are published.

use std::collections::HashSet;

use super::book_fusion::Change;

/// Puts deletions before the rest, from `first` on, so that no reader passes through a crossed book.
/// A level that was set and then deleted in the same message stays deleted.
pub fn deletions_first(changes: &mut Vec<Change>, first: usize) {
    let is_set = |change: &Change| change.qty > 0.0;
    let level = |change: &Change| (change.side.is_bid(), change.px.raw());
    let mut deleted = HashSet::new();
    let mut at = changes.len();
    while at > first {
        at -= 1;
        let change = changes[at];
        if !is_set(&change) {
            deleted.insert(level(&change));
        } else if !deleted.is_empty() && deleted.contains(&level(&change)) {
            changes.remove(at);
        }
    }
    changes[first..].sort_by_key(is_set);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::book::book_fusion::BookSide;
    use crate::kit::book::px::Px;

    fn change(side: BookSide, px: i64, qty: f64) -> Change {
        Change {
            side,
            px: Px::from_raw(px),
            qty,
        }
    }

    #[test]
    fn the_last_change_of_a_level_counts_and_deletions_come_first() {
        let (bid, ask) = (BookSide::Bid, BookSide::Ask);
        let before = change(bid, 1, 9.0);
        let mut changes = vec![
            before,
            change(bid, 10, 1.0),
            change(bid, 10, 0.0),
            change(ask, 10, 2.0),
            change(bid, 9, 0.0),
            change(bid, 9, 3.0),
        ];
        deletions_first(&mut changes, 1);
        let expected = [
            before,
            change(bid, 10, 0.0),
            change(bid, 9, 0.0),
            change(ask, 10, 2.0),
            change(bid, 9, 3.0),
        ];
        assert_eq!(changes, expected);
    }
}
