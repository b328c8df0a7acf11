//! The block from which JavaScript's getters read without a call. Layout as in
//! `lib/models/record-layout.ts` (`StateField`).

use std::{
    ptr::NonNull,
    sync::atomic::{AtomicU64, Ordering},
};

use hbl_wire::price_of;
use hftbacktest::depth::{INVALID_MAX, INVALID_MIN, MarketDepth};

use crate::book_state::BookState;

/// Bytes per instrument.
pub const STATE_BYTES: usize = 128;

/// State blocks, one per instrument, in memory that JavaScript owns.
pub struct StateBlock {
    base: NonNull<u8>,
    instruments: usize,
}

impl StateBlock {
    /// Wraps `bytes` bytes; `None` when they do not hold `instruments` blocks or are not aligned.
    ///
    /// # Safety
    /// `base` must be valid for writes of `bytes` bytes until the block is dropped.
    #[must_use]
    pub unsafe fn new(base: NonNull<u8>, bytes: usize, instruments: usize) -> Option<Self> {
        (bytes >= instruments * STATE_BYTES && base.as_ptr().align_offset(8) == 0)
            .then_some(Self { base, instruments })
    }

    fn put(&self, asset: usize, field: usize, bits: u64) {
        debug_assert!(asset < self.instruments && field < STATE_BYTES / 8);
        // SAFETY: inside the block, aligned, alive as long as `self`; readers use plain 64-bit loads.
        let word = unsafe {
            &*self
                .base
                .as_ptr()
                .add(asset * STATE_BYTES + field * 8)
                .cast::<AtomicU64>()
        };
        word.store(bits, Ordering::Relaxed);
    }

    /// The time on `CLOCK_MONOTONIC`, ns, in the block of the first instrument.
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact below 2^53 ns, 104 days of uptime; then to 2 ns"
    )]
    pub(crate) fn put_time(&self, now_ns: u64) {
        if self.instruments > 0 {
            self.put(0, 10, (now_ns as f64).to_bits());
        }
    }

    pub(crate) fn refresh<MD: MarketDepth>(
        &self,
        asset: usize,
        depth: &MD,
        position: f64,
        feed: Option<(i64, i64)>,
        book: BookState,
    ) {
        if asset >= self.instruments {
            return;
        }
        let (exch_ts, local_ts) = feed.unwrap_or((0, 0));
        self.put(asset, 0, best_bid(depth).to_bits());
        self.put(asset, 1, best_ask(depth).to_bits());
        self.put(asset, 2, depth.best_bid_qty().to_bits());
        self.put(asset, 3, depth.best_ask_qty().to_bits());
        self.put(asset, 4, position.to_bits());
        self.put(asset, 5, depth.best_bid_tick().cast_unsigned());
        self.put(asset, 6, depth.best_ask_tick().cast_unsigned());
        self.put(asset, 7, exch_ts.cast_unsigned());
        self.put(asset, 8, local_ts.cast_unsigned());
        self.put(asset, 9, f64::from(book as u8).to_bits());
    }
}

/// Best bid as people write it, NaN when there is none.
#[must_use]
pub fn best_bid<MD: MarketDepth>(depth: &MD) -> f64 {
    match depth.best_bid_tick() {
        INVALID_MIN => f64::NAN,
        tick => price_of(tick, depth.tick_size()),
    }
}

/// Best ask as people write it, NaN when there is none.
#[must_use]
pub fn best_ask<MD: MarketDepth>(depth: &MD) -> f64 {
    match depth.best_ask_tick() {
        INVALID_MAX => f64::NAN,
        tick => price_of(tick, depth.tick_size()),
    }
}
