//! A venue whose book messages get lost, repeated, delayed or forged, as the bytes say, against the
//! books that follow it.

use std::collections::{BTreeMap, VecDeque};

use hbl_venues::bybit::book::level_change::{BookSide, LevelChange};
use hbl_venues::bybit::book::symbol_feed::{FeedEffect, SymbolFeed};
use hbl_venues::bybit::book::topic_book::BookUpdate;

use super::json::scale;

type Levels = Vec<(i64, i64)>;

/// A message as it travels.
#[derive(Clone, Debug)]
struct Message {
    snapshot: bool,
    u: u64,
    seq: u64,
    bids: Levels,
    asks: Levels,
}

/// One topic at the venue, and what is on its way.
struct Topic {
    depth: u32,
    u: u64,
    published: (Levels, Levels),
    on_the_way: VecDeque<Message>,
    last: Option<Message>,
}

#[derive(Default)]
struct Venue {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    seq: u64,
}

impl Venue {
    fn window(&self, depth: u32) -> (Levels, Levels) {
        let count = depth as usize;
        let bids = self.bids.iter().rev().take(count);
        let asks = self.asks.iter().take(count);
        (
            bids.map(|l| (*l.0, *l.1)).collect(),
            asks.map(|l| (*l.0, *l.1)).collect(),
        )
    }

    /// One level changes; what it crosses is gone.
    fn change(&mut self, bid: bool, tick: i64, lots: i64) {
        self.seq += 1;
        if lots == 0 {
            let side = if bid { &mut self.bids } else { &mut self.asks };
            side.remove(&tick);
        } else if bid {
            self.asks.retain(|ask, _| *ask > tick);
            self.bids.insert(tick, lots);
        } else {
            self.bids.retain(|bid, _| *bid < tick);
            self.asks.insert(tick, lots);
        }
    }

    fn publish(&self, topic: &mut Topic, whole: bool) {
        let (bids, asks) = self.window(topic.depth);
        let whole = whole || topic.depth == 1;
        let (send_bids, send_asks) = if whole {
            (bids.clone(), asks.clone())
        } else {
            (
                changed(&topic.published.0, &bids),
                changed(&topic.published.1, &asks),
            )
        };
        let nothing_new = topic.published == (bids.clone(), asks.clone());
        if nothing_new && !whole {
            return;
        }
        topic.u += 1;
        topic.published = (bids, asks);
        topic.on_the_way.push_back(Message {
            snapshot: whole,
            u: topic.u,
            seq: self.seq,
            bids: send_bids,
            asks: send_asks,
        });
    }
}

/// Levels that differ, and those that left as deleted.
fn changed(before: &Levels, after: &Levels) -> Levels {
    let gone = before
        .iter()
        .filter(|old| !after.iter().any(|new| new.0 == old.0));
    let new = after.iter().filter(|new| !before.contains(new));
    gone.map(|old| (old.0, 0)).chain(new.copied()).collect()
}

/// The rules for one topic, word for word, on lists.
#[derive(Default)]
struct Naive {
    last_u: Option<u64>,
    seq: u64,
    bids: Levels,
    asks: Levels,
}

impl Naive {
    fn apply(&mut self, depth: u32, message: &Message) {
        let replaces = message.snapshot || message.u == 1;
        if !replaces {
            let Some(last) = self.last_u else { return };
            if message.u <= last && message.seq <= self.seq {
                return;
            }
            if message.u <= last || depth > 1 && message.u != last + 1 {
                return self.drop();
            }
        }
        if replaces {
            self.bids.clear();
            self.asks.clear();
        }
        set(&mut self.bids, &message.bids, replaces);
        set(&mut self.asks, &message.asks, replaces);
        (self.last_u, self.seq) = (Some(message.u), message.seq);
        let best = self.bids.iter().map(|l| l.0).max();
        let ask = self.asks.iter().map(|l| l.0).min();
        if best.zip(ask).is_some_and(|(bid, ask)| bid >= ask) {
            self.drop();
        }
    }

    fn drop(&mut self) {
        self.last_u = None;
        self.bids.clear();
        self.asks.clear();
    }

    fn levels(&self) -> BTreeMap<(bool, i64), i64> {
        let bids = self.bids.iter().map(|l| ((true, l.0), l.1));
        bids.chain(self.asks.iter().map(|l| ((false, l.0), l.1)))
            .collect()
    }
}

fn set(book: &mut Levels, levels: &Levels, replaces: bool) {
    for (tick, lots) in levels {
        if replaces && *lots == 0 {
            continue;
        }
        book.retain(|level| level.0 != *tick);
        if *lots > 0 {
            book.push((*tick, *lots));
        }
    }
}

struct Run {
    venue: Venue,
    topics: Vec<Topic>,
    feed: SymbolFeed,
    naive: Option<Naive>,
    shown: BTreeMap<(bool, i64), i64>,
    forged: bool,
}

impl Run {
    fn new(depths: &[u32]) -> Self {
        let topic = |depth: &u32| Topic {
            depth: *depth,
            u: 10,
            published: (Vec::new(), Vec::new()),
            on_the_way: VecDeque::new(),
            last: None,
        };
        let mut run = Self {
            venue: Venue {
                seq: 100,
                ..Venue::default()
            },
            topics: depths.iter().map(topic).collect(),
            feed: SymbolFeed::new(scale(), depths),
            naive: (depths.len() == 1).then(Naive::default),
            shown: BTreeMap::new(),
            forged: false,
        };
        run.snapshots();
        run
    }

    fn snapshots(&mut self) {
        for topic in &mut self.topics {
            self.venue.publish(topic, true);
        }
    }

    fn deliver(&mut self, at: usize, message: &Message) {
        let depth = self.topics[at].depth;
        let mut out = Vec::new();
        let update = BookUpdate {
            snapshot: message.snapshot,
            u: message.u,
            seq: message.seq,
            bids: &message.bids,
            asks: &message.asks,
        };
        let effect = self.feed.apply(depth, &update, &mut out);
        for change in &out {
            self.show(change);
        }
        assert_eq!(
            self.shown,
            self.view(),
            "after {message:?}: {effect:?}, {out:?}"
        );
        if let Some(naive) = &mut self.naive {
            naive.apply(depth, message);
            assert_eq!(naive.levels(), self.shown, "after {message:?}: {effect:?}");
            assert_eq!(naive.last_u.is_some(), self.feed.is_live());
            if !self.forged {
                let limit = depth as usize;
                let bids = self.shown.keys().filter(|key| key.0).count();
                assert!(bids <= limit && self.shown.len() - bids <= limit);
            }
        }
        if let FeedEffect::Resync { primary, .. } = effect {
            // Subscribed anew: what was on the way is not for us any more.
            let deepest = (0..self.topics.len()).max_by_key(|at| self.topics[*at].depth);
            let at = if primary { deepest.unwrap() } else { at };
            self.topics[at].on_the_way.clear();
            self.venue.publish(&mut self.topics[at], true);
        }
    }

    fn show(&mut self, change: &LevelChange) {
        let key = (change.side == BookSide::Bid, change.tick);
        if change.lots > 0 {
            self.shown.insert(key, change.lots);
        } else {
            self.shown.remove(&key);
        }
        let bid = self.shown.keys().filter(|key| key.0).map(|key| key.1).max();
        let ask = self
            .shown
            .keys()
            .filter(|key| !key.0)
            .map(|key| key.1)
            .min();
        let crossed = bid.zip(ask).is_some_and(|(bid, ask)| bid >= ask);
        assert!(!crossed, "shown crossed: {bid:?} {ask:?}");
    }

    fn view(&self) -> BTreeMap<(bool, i64), i64> {
        let bids = self.feed.levels(BookSide::Bid).into_iter();
        let asks = self.feed.levels(BookSide::Ask).into_iter();
        let bids = bids.map(|(tick, lots)| ((true, tick), lots));
        bids.chain(asks.map(|(tick, lots)| ((false, tick), lots)))
            .collect()
    }

    fn step(&mut self, op: u8, mut next: impl FnMut() -> u8) {
        let at = usize::from(op >> 4) % self.topics.len();
        match op & 15 {
            0..=4 => {
                for _ in 0..=op & 1 {
                    let (place, size) = (next(), next());
                    let tick = 40 + i64::from(place % 24);
                    self.venue.change(place >= 128, tick, i64::from(size % 4));
                }
                for topic in &mut self.topics {
                    self.venue.publish(topic, false);
                }
            }
            5..=8 => {
                if let Some(message) = self.topics[at].on_the_way.pop_front() {
                    self.topics[at].last = Some(message.clone());
                    self.deliver(at, &message);
                }
            }
            9 => drop(self.topics[at].on_the_way.pop_front()),
            10 => {
                if let Some(message) = self.topics[at].last.clone() {
                    // What was right once may be so old by now that only a resync mends it.
                    self.deliver(at, &message);
                }
            }
            11 => {
                let queue = &mut self.topics[at].on_the_way;
                queue.rotate_left(usize::from(!queue.is_empty()));
            }
            12 => {
                self.venue.seq += 1;
                for topic in &mut self.topics {
                    topic.u = 0;
                    self.venue.publish(topic, true);
                }
            }
            13 => self.venue.publish(&mut self.topics[at], true),
            14 => {
                self.feed.suspend();
                if let Some(naive) = &mut self.naive {
                    naive.last_u = None;
                }
                for topic in &mut self.topics {
                    topic.on_the_way.clear();
                    topic.last = None;
                }
                self.snapshots();
            }
            _ => {
                self.forged = true;
                let mut level = || (40 + i64::from(next() % 24), i64::from(next() % 4));
                let (bids, asks) = (vec![level(), level()], vec![level(), level()]);
                let (kind, u, seq) = (next(), next(), next());
                let message = Message {
                    snapshot: kind & 1 == 1,
                    u: u64::from(u % 24),
                    seq: 90 + u64::from(seq),
                    bids,
                    asks,
                };
                self.deliver(at, &message);
            }
        }
    }

    /// Everything arrives, and a last snapshot of each topic.
    fn settle(&mut self) {
        self.venue.seq += 1;
        if self.forged {
            return;
        }
        for _ in 0..3 {
            for at in 0..self.topics.len() {
                self.topics[at].on_the_way.clear();
                self.venue.publish(&mut self.topics[at], true);
                while let Some(message) = self.topics[at].on_the_way.pop_front() {
                    self.deliver(at, &message);
                }
            }
            self.venue.seq += 1;
        }
        let deepest = self.topics.iter().map(|topic| topic.depth).max().unwrap();
        let (bids, asks) = self.venue.window(deepest);
        let bids = bids.into_iter().map(|l| ((true, l.0), l.1));
        let expected: BTreeMap<_, _> = bids
            .chain(asks.into_iter().map(|l| ((false, l.0), l.1)))
            .collect();
        assert_eq!(self.shown, expected, "in the end");
        assert!(self.feed.is_live());
    }
}

pub fn check(bytes: &[u8]) {
    let mut bytes = bytes.iter().copied();
    let depths: &[u32] = match bytes.next().unwrap_or(0) % 4 {
        0 => &[5],
        1 => &[3, 8],
        2 => &[1, 5],
        _ => &[1],
    };
    let mut run = Run::new(depths);
    while let Some(op) = bytes.next() {
        run.step(op, || bytes.next().unwrap_or(0));
    }
    run.settle();
}
