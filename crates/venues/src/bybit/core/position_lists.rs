//! What lists of positions say by what they do not name.

use crate::bybit::core::BybitCore;
use crate::bybit::core::positions::{Positions, Unlisted};
use crate::kit::clock::Now;

impl Positions {
    /// Only positions that are not flat are listed: those that a list asked for at `asked_ns` (venue, Unix
    /// nanoseconds) did not name are flat. Returns their symbols.
    fn unlisted_are_flat(
        &mut self,
        listed: &[(String, Option<usize>)],
        asked_ns: i64,
    ) -> Vec<String> {
        let mut flat = Vec::new();
        for (symbol, legs) in &mut self.legs {
            for (idx, leg) in legs.iter_mut().enumerate() {
                let is_listed = listed
                    .iter()
                    .any(|(s, i)| s.is_empty() || s == symbol && i.is_none_or(|i| i == idx));
                if !is_listed && leg.lots != 0 && leg.updated_ns < asked_ns {
                    let known_ns = leg.updated_ns;
                    let unlisted = Unlisted { known_ns, asked_ns };
                    self.unlisted.insert((symbol.clone(), idx), unlisted);
                    leg.lots = 0;
                    leg.updated_ns = asked_ns;
                    flat.push(symbol.clone());
                }
            }
        }
        flat
    }

    /// A later list names the leg of a position: what an earlier one did not name says nothing any more,
    /// however long ago the position changed last.
    pub(super) fn is_listed_again(&mut self, symbol: &str, idx: usize) {
        let Some(unlisted) = self.unlisted.remove(&(symbol.to_owned(), idx)) else {
            return;
        };
        // What the venue has reported since stands.
        if let Some(leg) = self.legs.get_mut(symbol).and_then(|legs| legs.get_mut(idx))
            && leg.updated_ns == unlisted.asked_ns
        {
            leg.updated_ns = unlisted.known_ns;
        }
    }
}

impl BybitCore {
    /// Only positions that are not flat are listed.
    pub(super) fn flatten_unlisted(&mut self, now: Now) {
        let before = self.asked_ns(now);
        let flat = self.positions.unlisted_are_flat(&self.calls.legs, before);
        self.unread_are_flat(before);
        for symbol in flat {
            self.report_position(&symbol, self.clock.server_ms(now).saturating_mul(1_000_000));
        }
    }

    /// A list that was asked for at `asked_ns` (venue, Unix nanoseconds) does not name the position
    /// of a symbol that could not be read: it is flat.
    fn unread_are_flat(&mut self, asked_ns: i64) {
        let named = &self.calls.legs;
        let mut flat = Vec::new();
        self.positions.unread.retain(|symbol, (_, since_ns)| {
            // The symbol of such an item is not known.
            let is_named = named
                .iter()
                .any(|(name, _)| name == symbol || name.is_empty());
            let stays = is_named || *since_ns >= asked_ns;
            if !stays {
                flat.push(symbol.clone());
            }
            stays
        });
        for symbol in flat {
            let legs = self.positions.legs.get_mut(&symbol).into_iter().flatten();
            for (idx, leg) in legs.enumerate() {
                leg.lots = 0;
                if leg.updated_ns < asked_ns {
                    let known_ns = leg.updated_ns;
                    let unlisted = Unlisted { known_ns, asked_ns };
                    let key = (symbol.clone(), idx);
                    self.positions.unlisted.insert(key, unlisted);
                    leg.updated_ns = asked_ns;
                }
            }
        }
    }
}
