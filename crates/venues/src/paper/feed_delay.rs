//! Delays market data for bots, while the fill simulator gets it at once.

use std::collections::VecDeque;

use hbl_exchange::{Instrument, Latency, Side};
use hftbacktest::types::{BUY_EVENT, DEPTH_EVENT, Event};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::kit::book::published_book::PublishedBook;
use crate::kit::clock::Now;
use crate::kit::feed_event::level_event;
use crate::kit::venue::VenueEvent;

/// A symbol as it was published to bots.
struct PublishedSymbol {
    spec: Instrument,
    book: PublishedBook,
    is_synced: bool,
}

/// Holds a venue's events back. Their order stays, and what is one batch stays one.
pub(super) struct FeedDelay {
    base_ns: u64,
    jitter_ns: u64,
    random: ChaCha8Rng,
    waiting: VecDeque<(u64, VenueEvent)>,
    in_batch: bool,
    last_due_ns: u64,
    /// By the venue's index.
    published: Vec<Option<PublishedSymbol>>,
}

impl FeedDelay {
    /// `None` when nothing is to be held back.
    pub fn new(latency: &Latency, seed: u64) -> Option<Self> {
        let (base_ns, jitter_ns) = (latency.feed_ns, latency.feed_jitter_ns);
        (base_ns > 0 || jitter_ns > 0).then(|| Self {
            base_ns: base_ns.unsigned_abs(),
            jitter_ns: jitter_ns.unsigned_abs(),
            random: ChaCha8Rng::seed_from_u64(seed),
            waiting: VecDeque::new(),
            in_batch: false,
            last_due_ns: 0,
            published: Vec::new(),
        })
    }

    /// Follows a symbol from the book as it is now.
    pub fn list(&mut self, symbol: u32, spec: Instrument, levels: &[Event], is_synced: bool) {
        let mut published = PublishedSymbol {
            spec,
            book: PublishedBook::default(),
            is_synced,
        };
        for level in levels {
            published.apply(level);
        }
        let place = symbol as usize;
        if self.published.len() <= place {
            self.published.resize_with(place + 1, || None);
        }
        self.published[place] = Some(published);
    }

    /// Takes an event that happened now.
    pub fn push(&mut self, now: Now, event: VenueEvent) {
        if !self.in_batch {
            let jitter_ns = match self.jitter_ns {
                0 => 0,
                jitter_ns => self.random.random_range(0..=jitter_ns),
            };
            let due_ns = now.mono_ns + self.base_ns + jitter_ns;
            self.last_due_ns = self.last_due_ns.max(due_ns);
        }
        match event {
            VenueEvent::FeedBatchStart { .. } => self.in_batch = true,
            VenueEvent::FeedBatchEnd { .. } => self.in_batch = false,
            _ => {}
        }
        self.waiting.push_back((self.last_due_ns, event));
    }

    /// Hands out what is due.
    pub fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        while self
            .next_due_ns()
            .is_some_and(|due_ns| due_ns <= now.mono_ns)
        {
            let Some((_, mut event)) = self.waiting.pop_front() else {
                return;
            };
            match &mut event {
                VenueEvent::Feed { symbol, event } => {
                    event.local_ts = now.unix_ns;
                    if let Some(Some(published)) = self.published.get_mut(*symbol as usize) {
                        published.apply(event);
                    }
                }
                VenueEvent::FeedLive { symbol } => self.set_synced(*symbol, true),
                VenueEvent::FeedStale { symbol } => self.set_synced(*symbol, false),
                _ => {}
            }
            out.push(event);
        }
    }

    /// When `poll` has something to do.
    pub fn next_due_ns(&self) -> Option<u64> {
        self.waiting.front().map(|(due_ns, _)| *due_ns)
    }

    /// True when the book that bots have is synced.
    pub fn is_book_synced(&self, symbol: u32) -> bool {
        let published = self.published.get(symbol as usize).and_then(Option::as_ref);
        published.is_some_and(|published| published.is_synced)
    }

    fn set_synced(&mut self, symbol: u32, is_synced: bool) {
        if let Some(Some(published)) = self.published.get_mut(symbol as usize) {
            published.is_synced = is_synced;
        }
    }

    /// The book as it was published to bots.
    pub fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        let Some(Some(published)) = self.published.get(symbol as usize) else {
            return;
        };
        let exch_ts = published.book.exch_ts();
        out.extend(published.book.levels().map(|(side, tick, lots)| {
            let level = (published.spec.px(tick), published.spec.qty(lots));
            level_event(side == Side::Buy, level, exch_ts, now.unix_ns)
        }));
    }
}

impl PublishedSymbol {
    fn apply(&mut self, event: &Event) {
        if !event.is(DEPTH_EVENT) {
            return;
        }
        let side = match event.is(BUY_EVENT) {
            true => Side::Buy,
            false => Side::Sell,
        };
        let (tick, lots) = (
            self.spec.nearest_tick(event.px),
            self.spec.nearest_lots(event.qty),
        );
        self.book.set(side, tick, lots, event.exch_ts);
    }
}
