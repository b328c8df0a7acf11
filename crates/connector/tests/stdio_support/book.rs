//! A book with tick size 0.1, built from JSON lines.

use std::collections::BTreeMap;

use serde_json::Value;

/// The book of a reader that applies the depth lines.
#[derive(Default)]
pub struct Book {
    /// Bids and asks: ten times the price to quantity.
    pub sides: [BTreeMap<u64, f64>; 2],
    last_id: u64,
}

impl Book {
    pub fn apply(&mut self, line: &Value) {
        let id = line["last_update_id"].as_u64().unwrap();
        assert!(id > self.last_id, "{line}");
        self.last_id = id;
        if line["snapshot"] == true {
            self.sides = Default::default();
        }
        for (side, key) in self.sides.iter_mut().zip(["bids", "asks"]) {
            for level in line[key].as_array().unwrap() {
                let tick = (level[0].as_f64().unwrap() * 10.0).round() as u64;
                match level[1].as_f64().unwrap() {
                    0.0 => side.remove(&tick),
                    qty => side.insert(tick, qty),
                };
            }
        }
        if let Some((bid, ask)) = self.best() {
            assert!(bid < ask, "crossed after {line}");
        }
    }

    /// Best bid and ask.
    pub fn best(&self) -> Option<(u64, u64)> {
        let bid = self.sides[0].keys().next_back()?;
        Some((*bid, *self.sides[1].keys().next()?))
    }
}
