//! Conflating queue of the standard output: market data that waits until the reader takes it.
//!
//! The next piece is taken from here only when the last one has been written. Until then trades
//! queue, and the oldest are dropped when there are too many. Changes of a book are merged by price;
//! when there are too many of them, a snapshot is sent instead. Invariant: the memory is bounded, and
//! each dropped trade or line is counted.

use std::collections::{HashMap, VecDeque};

use hftbacktest::types::{BUY_EVENT, DEPTH_EVENT, Event, TRADE_EVENT};

use super::json;

/// Most trades that wait, over all symbols.
const TRADES_MAX: usize = 16_384;
/// Most changes of a book that wait, before and after those of the same price are merged.
const CHANGES_MAX: usize = 8_192;
const MERGED_MAX: usize = 4_096;
/// Most lines of other kinds that wait.
const LINES_MAX: usize = 1_024;
/// A piece is complete when it is as long as this.
const PIECE_BYTES: usize = 64 * 1024;
/// How often losses are reported.
const REPORT_NS: u64 = 1_000_000_000;

/// Messages dropped or merged since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Trades dropped.
    pub trades: u64,
    /// Changes of books that were merged with later ones, or replaced by a snapshot.
    pub depth_merged: u64,
    /// Status and error lines dropped.
    pub lines: u64,
}

struct Trade {
    symbol: u32,
    id: u64,
    exch_ts: i64,
    px: f64,
    qty: f64,
    buyer_takes: bool,
}

#[derive(Clone, Copy)]
struct Change {
    is_bid: bool,
    px: f64,
    qty: f64,
}

/// The subscription of one symbol.
#[derive(Default)]
struct Feed {
    /// The symbol in JSON, with quotes.
    name: Vec<u8>,
    trades: bool,
    depth: bool,
    interval_ns: u64,
    /// No depth line before this, on the monotonic clock.
    not_before_ns: u64,
    changes: Vec<Change>,
    /// Updates that `changes` holds.
    updates: u64,
    needs_book: bool,
    is_stale: bool,
    exch_ts: i64,
}

/// Reads all levels of a symbol's book.
pub type BookOf<'a> = &'a dyn Fn(u32, &mut Vec<Event>);

/// Market data that waits to be written.
pub struct ConflatingQueue {
    feeds: Vec<Option<Feed>>,
    trades: VecDeque<Trade>,
    lines: VecDeque<Vec<u8>>,
    /// Number of the last trade or depth line: larger than any of a previous session.
    last_id: u64,
    losses: Losses,
    reported: Losses,
    reported_ns: u64,
    is_cut: bool,
    book: Vec<Event>,
}

impl ConflatingQueue {
    /// `unix_ns` is now: ids begin at its microsecond, so that they grow over restarts too.
    pub fn new(unix_ns: i64) -> Self {
        Self {
            feeds: Vec::new(),
            trades: VecDeque::new(),
            lines: VecDeque::new(),
            last_id: unix_ns.unsigned_abs() / 1000,
            losses: Losses::default(),
            reported: Losses::default(),
            reported_ns: 0,
            is_cut: false,
            book: Vec::new(),
        }
    }

    /// Messages dropped or merged since the start.
    pub fn losses(&self) -> Losses {
        self.losses
    }

    /// Adds a line that is neither trade nor depth, without its end.
    pub fn line(&mut self, line: Vec<u8>) {
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
            self.losses.lines += 1;
        }
        self.lines.push_back(line);
    }

    /// From now on trades of the symbol are sent, or not.
    pub fn want_trades(&mut self, symbol: u32, name: &str, wanted: bool) {
        self.feed(symbol, name).trades = wanted;
        if !wanted {
            self.trades.retain(|trade| trade.symbol != symbol);
        }
    }

    /// From now on the book of the symbol is sent, beginning with a snapshot, or not.
    pub fn want_depth(&mut self, symbol: u32, name: &str, interval_ns: Option<u64>) {
        let feed = self.feed(symbol, name);
        feed.depth = interval_ns.is_some();
        feed.interval_ns = interval_ns.unwrap_or(0);
        feed.not_before_ns = 0;
        feed.ask_for_book();
    }

    /// Takes an event of the venue.
    pub fn event(&mut self, symbol: u32, event: &Event) {
        let Some(Some(feed)) = self.feeds.get_mut(symbol as usize) else {
            return;
        };
        if event.is(DEPTH_EVENT) {
            feed.exch_ts = feed.exch_ts.max(event.exch_ts);
            if feed.depth && !feed.needs_book {
                let (is_bid, px, qty) = (event.is(BUY_EVENT), event.px, event.qty);
                feed.changes.push(Change { is_bid, px, qty });
                if feed.changes.len() > CHANGES_MAX {
                    self.losses.depth_merged += feed.merge();
                    if feed.changes.len() > MERGED_MAX {
                        self.losses.depth_merged += feed.changes.len() as u64;
                        feed.ask_for_book();
                    }
                }
            }
        } else if event.is(TRADE_EVENT) && feed.trades {
            if self.trades.len() == TRADES_MAX {
                self.trades.pop_front();
                self.losses.trades += 1;
            }
            self.last_id += 1;
            self.trades.push_back(Trade {
                symbol,
                id: self.last_id,
                exch_ts: event.exch_ts,
                px: event.px,
                qty: event.qty,
                buyer_takes: event.is(BUY_EVENT),
            });
        }
    }

    /// One change of a book is complete.
    pub fn end_change(&mut self, symbol: u32) {
        if let Some(Some(feed)) = self.feeds.get_mut(symbol as usize)
            && !feed.changes.is_empty()
        {
            feed.updates += 1;
        }
    }

    /// The feed of a symbol is stale, or live again: then a snapshot is sent.
    pub fn stale(&mut self, symbol: u32, is_stale: bool) {
        if let Some(Some(feed)) = self.feeds.get_mut(symbol as usize) {
            feed.is_stale = is_stale;
            if !is_stale {
                feed.ask_for_book();
            }
        }
    }

    /// True when trades or depth of the symbol are subscribed.
    pub fn is_wanted(&self, symbol: u32) -> bool {
        let feed = self.feeds.get(symbol as usize);
        feed.is_some_and(|feed| feed.as_ref().is_some_and(|feed| feed.trades || feed.depth))
    }

    /// Appends a change that is complete while there is room: a reader that keeps up gets every
    /// change by itself, in the order in which they came.
    pub fn fill_change(&mut self, mono_ns: u64, symbol: u32, out: &mut Vec<u8>) {
        if out.len() >= PIECE_BYTES {
            return;
        }
        self.fill_queues(out);
        if let Some(Some(feed)) = self.feeds.get_mut(symbol as usize)
            && !feed.needs_book
            && feed.updates == 1
            && feed.is_due(mono_ns)
        {
            self.last_id += 1;
            feed.write(self.last_id, mono_ns, out);
        }
    }

    /// Appends the waiting messages, up to the size of a piece. Lines come before trades, trades before depth;
    /// each kind is in its own order.
    pub fn fill(&mut self, mono_ns: u64, book_of: BookOf<'_>, out: &mut Vec<u8>) {
        if out.len() >= PIECE_BYTES {
            return;
        }
        self.report_losses(mono_ns);
        self.fill_queues(out);
        let mut book = std::mem::take(&mut self.book);
        for (symbol, feed) in self.feeds.iter_mut().enumerate() {
            if out.len() >= PIECE_BYTES {
                break;
            }
            let Some(feed) = feed.as_mut().filter(|feed| feed.is_due(mono_ns)) else {
                continue;
            };
            if feed.needs_book {
                book.clear();
                book_of(symbol as u32, &mut book);
                if book.is_empty() {
                    // There is none yet: it comes with the first change.
                    feed.not_before_ns = 0;
                    continue;
                }
                feed.take_book(&book);
            } else if feed.updates > 1 {
                self.losses.depth_merged += feed.merge();
            }
            self.last_id += 1;
            feed.write(self.last_id, mono_ns, out);
        }
        self.book = book;
        self.is_cut = out.len() >= PIECE_BYTES;
    }

    /// True when the last piece was full, so that more may wait.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn fill_queues(&mut self, out: &mut Vec<u8>) {
        while out.len() < PIECE_BYTES
            && let Some(line) = self.lines.pop_front()
        {
            out.extend_from_slice(&line);
            out.push(b'\n');
        }
        while out.len() < PIECE_BYTES
            && let Some(trade) = self.trades.pop_front()
        {
            if let Some(Some(feed)) = self.feeds.get(trade.symbol as usize) {
                trade.write(feed, out);
            }
        }
    }

    /// When `fill` has something to add that it may not add yet.
    pub fn next_due_ns(&self) -> Option<u64> {
        let feeds = self.feeds.iter().flatten();
        let due = feeds.filter(|feed| feed.not_before_ns > 0 && feed.is_due(u64::MAX));
        due.map(|feed| feed.not_before_ns).min()
    }

    fn feed(&mut self, symbol: u32, name: &str) -> &mut Feed {
        let place = symbol as usize;
        if self.feeds.len() <= place {
            self.feeds.resize_with(place + 1, || None);
        }
        self.feeds[place].get_or_insert_with(|| {
            let mut quoted = Vec::new();
            json::text(&mut quoted, name);
            Feed {
                name: quoted,
                ..Feed::default()
            }
        })
    }

    fn report_losses(&mut self, mono_ns: u64) {
        let is_due = mono_ns.saturating_sub(self.reported_ns) >= REPORT_NS;
        // Merging alone loses nothing, so that it causes no report.
        let is_new =
            self.losses.trades != self.reported.trades || self.losses.lines != self.reported.lines;
        if !is_due || !is_new {
            return;
        }
        self.reported = self.losses;
        self.reported_ns = mono_ns;
        let mut line = br#"{"type":"status","status":"dropped""#.to_vec();
        for (key, count) in [
            ("trades", self.losses.trades),
            ("depth_merged", self.losses.depth_merged),
            ("lines", self.losses.lines),
        ] {
            json::key(&mut line, key);
            json::integer(&mut line, count);
        }
        line.push(b'}');
        self.lines.push_front(line);
    }
}

impl Trade {
    fn write(&self, feed: &Feed, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"type":"trade","timestamp":"#);
        json::integer(out, self.exch_ts / 1_000_000);
        out.extend_from_slice(br#","symbol":"#);
        out.extend_from_slice(&feed.name);
        out.extend_from_slice(br#","price":"#);
        json::number(out, self.px);
        out.extend_from_slice(br#","qty":"#);
        json::number(out, self.qty);
        out.extend_from_slice(match self.buyer_takes {
            true => br#","side":"buy","is_buyer_maker":false,"id":"#,
            false => br#","side":"sell","is_buyer_maker":true,"id":"#,
        });
        json::integer(out, self.id);
        out.extend_from_slice(b"}\n");
    }
}

impl Feed {
    fn is_due(&self, mono_ns: u64) -> bool {
        let has_more = if self.needs_book {
            self.depth && !self.is_stale
        } else {
            !self.changes.is_empty()
        };
        has_more && mono_ns >= self.not_before_ns
    }

    fn ask_for_book(&mut self) {
        self.needs_book = self.depth;
        self.changes.clear();
        self.updates = 0;
    }

    fn take_book(&mut self, book: &[Event]) {
        self.changes.clear();
        self.changes.extend(book.iter().map(|level| Change {
            is_bid: level.is(BUY_EVENT),
            px: level.px,
            qty: level.qty,
        }));
        let times = book.iter().map(|level| level.exch_ts);
        self.exch_ts = times.fold(self.exch_ts, i64::max);
    }

    /// Keeps the last change of each price; returns how many updates became one.
    fn merge(&mut self) -> u64 {
        let mut last = HashMap::with_capacity(self.changes.len());
        for (at, change) in self.changes.iter().enumerate() {
            last.insert((change.is_bid, change.px.to_bits()), at);
        }
        let mut at = 0;
        self.changes.retain(|change| {
            let is_last = last.get(&(change.is_bid, change.px.to_bits())) == Some(&at);
            at += 1;
            is_last
        });
        let merged = self.updates.saturating_sub(1);
        self.updates = 1;
        merged
    }

    fn write(&mut self, id: u64, mono_ns: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"type":"depth","timestamp":"#);
        json::integer(out, self.exch_ts / 1_000_000);
        out.extend_from_slice(br#","symbol":"#);
        out.extend_from_slice(&self.name);
        for (key, is_bid) in [(&br#","bids":["#[..], true), (&br#","asks":["#[..], false)] {
            out.extend_from_slice(key);
            let mut levels = self.changes.iter().filter(|change| change.is_bid == is_bid);
            if let Some(first) = levels.next() {
                first.write(out);
            }
            for level in levels {
                out.push(b',');
                level.write(out);
            }
            out.push(b']');
        }
        out.extend_from_slice(br#","last_update_id":"#);
        json::integer(out, id);
        out.extend_from_slice(match self.needs_book {
            true => b",\"snapshot\":true}\n",
            false => b",\"snapshot\":false}\n",
        });
        self.needs_book = false;
        self.changes.clear();
        self.updates = 0;
        self.not_before_ns = match self.interval_ns {
            0 => 0,
            interval_ns => mono_ns + interval_ns,
        };
    }
}

impl Change {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        json::number(out, self.px);
        out.push(b',');
        json::number(out, self.qty);
        out.push(b']');
    }
}

#[cfg(test)]
#[path = "conflating_queue_tests.rs"]
mod tests;
