//! The levels outside of the window, sorted by tick.

/// Most levels of a block.
const BLOCK: usize = 64;

struct Block {
    len: usize,
    ticks: [i64; BLOCK],
    qtys: [f64; BLOCK],
}

impl Block {
    const EMPTY: Self = Self {
        len: 0,
        ticks: [0; BLOCK],
        qtys: [0.0; BLOCK],
    };

    fn ticks(&self) -> &[i64] {
        &self.ticks[..self.len]
    }

    const fn level(&self, at: usize) -> (i64, f64) {
        (self.ticks[at], self.qtys[at])
    }

    fn insert(&mut self, at: usize, tick: i64, qty: f64) {
        self.ticks.copy_within(at..self.len, at + 1);
        self.qtys.copy_within(at..self.len, at + 1);
        (self.ticks[at], self.qtys[at]) = (tick, qty);
        self.len += 1;
    }

    fn remove(&mut self, at: usize) -> f64 {
        let qty = self.qtys[at];
        self.ticks.copy_within(at + 1..self.len, at);
        self.qtys.copy_within(at + 1..self.len, at);
        self.len -= 1;
        qty
    }

    /// Appends the levels of `other` from `from` on, which are above all of this block's.
    fn append(&mut self, other: &mut Self, from: usize) {
        let moved = other.len - from;
        self.ticks[self.len..self.len + moved].copy_from_slice(&other.ticks[from..other.len]);
        self.qtys[self.len..self.len + moved].copy_from_slice(&other.qtys[from..other.len]);
        self.len += moved;
        other.len = from;
    }
}

/// Levels in blocks of up to [`BLOCK`], in ascending order.
///
/// A search is two binary ones, a change moves at most a block. Two blocks beside each other are joined once
/// they fit into half a block; blocks that are not needed are kept for later.
#[derive(Default)]
#[expect(
    clippy::vec_box,
    reason = "blocks stay in their place while their list grows and shrinks"
)]
pub(crate) struct FarLevels {
    /// The first tick of each block.
    firsts: Vec<i64>,
    blocks: Vec<Box<Block>>,
    spare: Vec<Box<Block>>,
}

impl FarLevels {
    pub(crate) const fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Block and place of a level, or where it would have to go.
    fn find(&self, tick: i64) -> Result<(usize, usize), (usize, usize)> {
        let block = self.firsts.partition_point(|first| *first <= tick);
        let block = block.saturating_sub(1);
        let Some(found) = self.blocks.get(block) else {
            return Err((0, 0));
        };
        match found.ticks().binary_search(&tick) {
            Ok(at) => Ok((block, at)),
            Err(at) => Err((block, at)),
        }
    }

    /// The quantity at a tick, 0.0 where there is no level.
    pub(crate) fn qty(&self, tick: i64) -> f64 {
        self.find(tick)
            .map_or(0.0, |(block, at)| self.blocks[block].qtys[at])
    }

    /// Sets a level. Returns the quantity before.
    pub(crate) fn set(&mut self, tick: i64, qty: f64) -> f64 {
        let (mut block, mut at) = match self.find(tick) {
            Ok((block, at)) => {
                return core::mem::replace(&mut self.blocks[block].qtys[at], qty);
            }
            Err(place) => place,
        };
        if self.blocks.is_empty() {
            self.add_block(0);
        } else if self.blocks[block].len == BLOCK {
            self.split(block);
            if at > BLOCK / 2 {
                (block, at) = (block + 1, at - BLOCK / 2);
            }
        }
        self.blocks[block].insert(at, tick, qty);
        self.firsts[block] = self.blocks[block].ticks[0];
        0.0
    }

    /// Takes a level away, if it is there. Returns the quantity before.
    pub(crate) fn remove(&mut self, tick: i64) -> f64 {
        let Ok((block, at)) = self.find(tick) else {
            return 0.0;
        };
        let qty = self.blocks[block].remove(at);
        if self.blocks[block].len == 0 {
            self.drop_block(block);
        } else {
            self.firsts[block] = self.blocks[block].ticks[0];
            self.join(block);
            if block > 0 {
                self.join(block - 1);
            }
        }
        qty
    }

    /// The highest level at a tick or below it.
    pub(crate) fn at_or_below(&self, tick: i64) -> Option<(i64, f64)> {
        match self.find(tick) {
            Ok((block, at)) => Some(self.blocks[block].level(at)),
            // Only the first block can begin above the tick.
            Err((block, at)) => Some(self.blocks.get(block)?.level(at.checked_sub(1)?)),
        }
    }

    /// The lowest level at a tick or above it.
    pub(crate) fn at_or_above(&self, tick: i64) -> Option<(i64, f64)> {
        match self.find(tick) {
            Ok((block, at)) => Some(self.blocks[block].level(at)),
            Err((block, at)) => {
                let found = self.blocks.get(block)?;
                if at < found.len {
                    return Some(found.level(at));
                }
                Some(self.blocks.get(block + 1)?.level(0))
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.firsts.clear();
        self.spare.append(&mut self.blocks);
    }

    fn add_block(&mut self, at: usize) {
        let mut block = self.spare.pop().unwrap_or_else(|| Box::new(Block::EMPTY));
        block.len = 0;
        self.blocks.insert(at, block);
        self.firsts.insert(at, 0);
    }

    fn drop_block(&mut self, at: usize) {
        self.firsts.remove(at);
        self.spare.push(self.blocks.remove(at));
    }

    /// Gives the upper half of a full block to a new one behind it.
    fn split(&mut self, block: usize) {
        self.add_block(block + 1);
        let (lower, upper) = self.blocks.split_at_mut(block + 1);
        upper[0].append(&mut lower[block], BLOCK / 2);
        self.firsts[block + 1] = upper[0].ticks[0];
    }

    /// Joins a block with the next one where both fit into half a block.
    fn join(&mut self, block: usize) {
        if block + 1 < self.blocks.len()
            && self.blocks[block].len + self.blocks[block + 1].len <= BLOCK / 2
        {
            let (lower, upper) = self.blocks.split_at_mut(block + 1);
            lower[block].append(&mut upper[0], 0);
            self.drop_block(block + 1);
        }
    }
}
