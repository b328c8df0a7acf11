//! The levels around the touch, indexed by tick.

/// Ticks of a window, a power of two.
pub(crate) const SPAN: i64 = 1 << 14;
const SLOTS: usize = SPAN as usize;
/// Ticks of one word of the bitmap.
const WORD: i64 = 64;
const WORDS: usize = SLOTS / 64;

/// Levels of [`SPAN`] successive ticks.
///
/// A tick has the slot `tick mod SPAN`, so that a window that moves keeps what stays inside in its place. One
/// bit per slot says whether there is a level, and one bit per word of these whether the word has any.
pub(crate) struct Window {
    /// Lowest tick, a multiple of [`WORD`].
    first: i64,
    len: usize,
    /// 0.0 where there is no level.
    qtys: Box<[f64]>,
    words: Box<[u64; WORDS]>,
    words_in_use: [u64; WORDS / 64],
}

const fn slot_of(tick: i64) -> usize {
    (tick & (SPAN - 1)) as usize
}

/// The highest set bit from `from` to `to`, both included.
fn highest_bit(bits: &[u64], from: usize, to: usize) -> Option<usize> {
    let (low, high) = (from / 64, to / 64);
    (low..=high).rev().find_map(|at| {
        let mut word = bits[at];
        if at == high {
            word &= u64::MAX >> (63 - to % 64);
        }
        if at == low {
            word &= u64::MAX << (from % 64);
        }
        (word != 0).then(|| at * 64 + 63 - word.leading_zeros() as usize)
    })
}

/// The lowest set bit from `from` to `to`, both included.
fn lowest_bit(bits: &[u64], from: usize, to: usize) -> Option<usize> {
    let (low, high) = (from / 64, to / 64);
    (low..=high).find_map(|at| {
        let mut word = bits[at];
        if at == low {
            word &= u64::MAX << (from % 64);
        }
        if at == high {
            word &= u64::MAX >> (63 - to % 64);
        }
        (word != 0).then(|| at * 64 + word.trailing_zeros() as usize)
    })
}

impl Window {
    pub(crate) fn new() -> Self {
        Self {
            first: 0,
            len: 0,
            qtys: vec![0.0; SLOTS].into_boxed_slice(),
            words: Box::new([0; WORDS]),
            words_in_use: [0; WORDS / 64],
        }
    }

    #[inline]
    pub(crate) const fn first(&self) -> i64 {
        self.first
    }

    #[inline]
    pub(crate) const fn last(&self) -> i64 {
        self.first + (SPAN - 1)
    }

    /// Number of levels.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) const fn contains(&self, tick: i64) -> bool {
        (tick.wrapping_sub(self.first) as u64) < SPAN as u64
    }

    /// The quantity at a tick of the window, 0.0 where there is no level.
    #[inline]
    pub(crate) fn qty(&self, tick: i64) -> f64 {
        self.qtys[slot_of(tick)]
    }

    /// Sets a level at a tick of the window. Returns the quantity before.
    #[inline]
    pub(crate) fn set(&mut self, tick: i64, qty: f64) -> f64 {
        let slot = slot_of(tick);
        let (word, bit) = (&mut self.words[slot / 64], 1 << (slot % 64));
        if *word & bit == 0 {
            *word |= bit;
            self.words_in_use[slot / 4096] |= 1 << (slot / 64 % 64);
            self.len += 1;
        }
        core::mem::replace(&mut self.qtys[slot], qty)
    }

    /// Takes the level at a tick of the window away, if there is one. Returns the quantity before.
    #[inline]
    pub(crate) fn remove(&mut self, tick: i64) -> f64 {
        let slot = slot_of(tick);
        let (word, bit) = (&mut self.words[slot / 64], 1 << (slot % 64));
        if *word & bit == 0 {
            return 0.0;
        }
        *word &= !bit;
        if *word == 0 {
            self.words_in_use[slot / 4096] &= !(1 << (slot / 64 % 64));
        }
        self.len -= 1;
        core::mem::take(&mut self.qtys[slot])
    }

    /// The highest level at a tick of the window or below it.
    #[inline]
    pub(crate) fn at_or_below(&self, tick: i64) -> Option<i64> {
        let slot = slot_of(tick);
        let word = self.words[slot / 64] & (u64::MAX >> (63 - slot % 64));
        if word != 0 {
            let bit = 63 - word.leading_zeros() as usize;
            return Some(tick - (slot % 64 - bit) as i64);
        }
        self.in_words_below(tick)
    }

    fn in_words_below(&self, tick: i64) -> Option<i64> {
        let (first, word) = (slot_of(self.first) / 64, slot_of(tick) / 64);
        if word == first {
            return None;
        }
        let below = if word > first {
            highest_bit(&self.words_in_use, first, word - 1)
        } else {
            let wrapped = word
                .checked_sub(1)
                .and_then(|last| highest_bit(&self.words_in_use, 0, last));
            wrapped.or_else(|| highest_bit(&self.words_in_use, first, WORDS - 1))
        }?;
        Some(self.start_of(below) + 63 - i64::from(self.words[below].leading_zeros()))
    }

    /// The lowest level at a tick of the window or above it.
    #[inline]
    pub(crate) fn at_or_above(&self, tick: i64) -> Option<i64> {
        let slot = slot_of(tick);
        let word = self.words[slot / 64] & (u64::MAX << (slot % 64));
        if word != 0 {
            let bit = word.trailing_zeros() as usize;
            return Some(tick + (bit - slot % 64) as i64);
        }
        self.in_words_above(tick)
    }

    fn in_words_above(&self, tick: i64) -> Option<i64> {
        let (first, word) = (slot_of(self.first) / 64, slot_of(tick) / 64);
        let end = first + WORDS - 1; // of the window, counted on beyond the last word
        let next = if word >= first { word } else { word + WORDS } + 1;
        if next > end {
            return None;
        }
        let above = if next >= WORDS {
            lowest_bit(&self.words_in_use, next - WORDS, end - WORDS)
        } else {
            let here = lowest_bit(&self.words_in_use, next, end.min(WORDS - 1));
            here.or_else(|| {
                let wrapped = end.checked_sub(WORDS)?;
                lowest_bit(&self.words_in_use, 0, wrapped)
            })
        }?;
        Some(self.start_of(above) + i64::from(self.words[above].trailing_zeros()))
    }

    /// The lowest tick of a word.
    const fn start_of(&self, word: usize) -> i64 {
        let first = slot_of(self.first) / 64;
        self.first + ((word + WORDS - first) % WORDS) as i64 * WORD
    }

    /// Moves the window so that it begins at `first` or up to 63 ticks below. What is outside then goes to
    /// `evicted`.
    pub(crate) fn move_to(&mut self, first: i64, mut evicted: impl FnMut(i64, f64)) {
        let first = first.min(i64::MAX - (SPAN - 1)) & -WORD;
        while let Some(tick) = self.at_or_above(self.first).filter(|tick| *tick < first) {
            evicted(tick, self.remove(tick));
        }
        let last = first + (SPAN - 1);
        while let Some(tick) = self.at_or_below(self.last()).filter(|tick| *tick > last) {
            evicted(tick, self.remove(tick));
        }
        self.first = first;
    }

    pub(crate) fn clear(&mut self) {
        while let Some(tick) = self.at_or_above(self.first) {
            self.remove(tick);
        }
    }
}
