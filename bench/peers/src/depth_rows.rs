//! Changes of one book as a venue sends them: made up, or read from a file.

use std::{collections::BTreeMap, error::Error, fs};

use crate::market::{LOT_SIZE, TICK_SIZE};

/// One level: bid or ask, price, quantity; quantity 0 takes it away.
pub type Row = (bool, f64, f64);

/// Rows of the made-up streams.
pub const ROWS: usize = 200_000;
/// The tick where the made-up market starts.
const START: i64 = 500_000;

/// Random numbers, the same in every run.
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: i64) -> i64 {
        (self.next() % end.unsigned_abs()).cast_signed()
    }
}

/// A market that wanders: levels by tick, and the rows so far.
struct Market {
    random: Random,
    /// Bids, asks.
    sides: [BTreeMap<i64, i64>; 2],
    rows: Vec<Row>,
}

#[expect(clippy::cast_precision_loss, reason = "ticks and lots far below 2^53")]
impl Market {
    fn set(&mut self, is_bid: bool, tick: i64, lots: i64) {
        let side = &mut self.sides[usize::from(!is_bid)];
        if lots == 0 {
            side.remove(&tick);
        } else {
            side.insert(tick, lots);
        }
        let row = (is_bid, tick as f64 * TICK_SIZE, lots as f64 * LOT_SIZE);
        self.rows.push(row);
    }

    fn best(&self, is_bid: bool) -> i64 {
        let best = if is_bid {
            self.sides[0].last_key_value()
        } else {
            self.sides[1].first_key_value()
        };
        best.map_or(START, |(tick, _)| *tick)
    }

    /// A level that is `away` ticks behind the best one of its side.
    fn change(&mut self, away: i64) {
        let is_bid = self.random.below(2) == 0;
        let sign = if is_bid { -1 } else { 1 };
        let tick = self.best(is_bid) + sign * away;
        let is_gone = away > 0 && self.random.below(3) == 0;
        let lots = if is_gone {
            0
        } else {
            self.random.below(5_000) + 1
        };
        self.set(is_bid, tick, lots);
    }

    /// A trade takes up to four levels, and the other side moves up behind it.
    fn trade(&mut self) {
        let is_bid = self.random.below(2) == 0;
        for _ in 0..=self.random.below(4) {
            self.set(is_bid, self.best(is_bid), 0);
        }
        let sign = if is_bid { -1 } else { 1 };
        let (from, to) = (self.best(!is_bid), self.best(is_bid));
        let mut tick = from + sign;
        while tick != to && (to - tick) * sign > 0 {
            let lots = self.random.below(3_000) + 1;
            self.set(!is_bid, tick, lots);
            tick += sign;
        }
    }

    /// Every level again, the best first.
    fn snapshot(&mut self) {
        for distance in 1..=500 {
            for (is_bid, tick) in [(true, START - distance), (false, START + distance)] {
                let lots = self.random.below(5_000) + 1;
                self.set(is_bid, tick, lots);
            }
        }
    }
}

/// Changes of a book of 500 levels a side, most of them near the touch, one of fifty a trade through levels.
/// With `wide` a seventh of them are thousands of ticks away, as in a feed of a whole book.
#[must_use]
pub fn made_up(wide: bool) -> Vec<Row> {
    let mut market = Market {
        random: Random(0x9e37_79b9_7f4a_7c15),
        sides: [BTreeMap::new(), BTreeMap::new()],
        rows: Vec::with_capacity(ROWS + 1_000),
    };
    market.snapshot();
    while market.rows.len() < ROWS {
        let kind = market.random.below(100);
        let away = match kind {
            0..2 => {
                market.trade();
                continue;
            }
            2..60 => market.random.below(5),
            60..85 => market.random.below(50),
            85..97 if !wide => market.random.below(500),
            _ if wide => market.random.below(60_000),
            _ => market.random.below(2_000),
        };
        market.change(away);
    }
    market.rows
}

/// The snapshot alone.
#[must_use]
pub fn snapshot() -> Vec<Row> {
    let mut rows = made_up(false);
    rows.truncate(1_000);
    rows
}

/// Lines of `b|a PRICE QTY`.
///
/// # Errors
/// When the file cannot be read.
pub fn recorded(file: &str) -> Result<Vec<Row>, Box<dyn Error>> {
    let row = |line: &str| -> Result<Row, Box<dyn Error>> {
        let [side, price, qty] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("no row: {line}").into());
        };
        Ok((side == "b", price.parse()?, qty.parse()?))
    };
    fs::read_to_string(file)?.lines().map(row).collect()
}
