//! Fast path for book and trade messages: one pass from bytes to ticks and lots, nothing allocated.
//!
//! It accepts a part of what [`public::parse`](crate::bybit::frames::public::parse) accepts: no
//! whitespace, no escapes, ASCII, `topic` before `data`, every known field once, numbers on the grid.
//! Anything else, errors among it, is `None`, and the caller gives the frame to the general parser,
//! which reports the error. Invariant: a frame that is accepted here has the same meaning there.

use crate::bybit::frames::ns_of_ms;
use crate::bybit::frames::public::{LEVELS_MAX, Print, TRADES_MAX, book_topic};
use crate::kit::decimal::Step;
use crate::kit::frame::FRAME_BYTES_MAX;
use crate::kit::scale::Scale;

/// What a frame is about; the numbers are in [`FastPath`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FastFrame<'a> {
    /// Order book.
    Book(FastBook<'a>),
    /// Trades that went over the book, as [`FastPath::prints`].
    Trades {
        /// The topic.
        topic: &'a str,
        /// Symbol.
        symbol: &'a str,
    },
}

/// A message of `orderbook.{depth}.{symbol}` without its levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FastBook<'a> {
    /// The topic.
    pub topic: &'a str,
    /// Depth in the topic.
    pub depth: u32,
    /// Symbol.
    pub symbol: &'a str,
    /// True for a snapshot.
    pub snapshot: bool,
    /// When the change happened at the venue, Unix nanoseconds (`cts`, else `ts`).
    pub exch_ts: i64,
    /// Update id of this topic.
    pub u: u64,
    /// Number that orders messages of all depths.
    pub seq: u64,
}

/// The numbers of the frame that was read last. Kept from frame to frame, so that none of them
/// allocates.
#[derive(Debug, Default)]
pub struct FastPath {
    /// Bids, (ticks, lots); ticks are above 0, lots not below.
    pub bids: Vec<(i64, i64)>,
    /// Asks, as the bids.
    pub asks: Vec<(i64, i64)>,
    /// Trades that went over the book, oldest first.
    pub prints: Vec<Print>,
}

impl FastPath {
    /// Reads a frame. `scale_of` gives the grid of a symbol, `None` for one that is not wanted.
    pub fn read<'a>(
        &mut self,
        bytes: &'a [u8],
        scale_of: impl FnOnce(&str) -> Option<Scale>,
    ) -> Option<FastFrame<'a>> {
        if bytes.len() > FRAME_BYTES_MAX {
            return None;
        }
        let mut cursor = Cursor { rest: bytes };
        let mut head = Head::default();
        let mut scale_of = Some(scale_of);
        let mut topic = None;
        let mut book = None;
        cursor.eat(b"{")?;
        loop {
            let key = cursor.key()?;
            match key {
                b"topic" => once(&mut topic, Topic::of(cursor.text()?)?)?,
                b"type" => once(&mut head.kind, cursor.text()?)?,
                b"ts" => once(&mut head.ts, cursor.number()?)?,
                b"cts" => once(&mut head.cts, cursor.number()?)?,
                b"data" => {
                    let topic = topic?;
                    let scale = (scale_of.take()?)(topic.symbol())?;
                    match topic {
                        Topic::Book { symbol, .. } => {
                            book = Some(self.book(&mut cursor, symbol, &scale)?);
                        }
                        Topic::Trades { symbol, .. } => {
                            self.trades(&mut cursor, symbol, &scale)?;
                        }
                    }
                }
                // An answer, or something between an answer and a message.
                b"success" | b"ret_msg" | b"req_id" | b"op" => return None,
                _ => cursor.skip()?,
            }
            if !cursor.has(b',') {
                break;
            }
        }
        cursor.eat(b"}")?;
        if !cursor.rest.is_empty() || scale_of.is_some() {
            return None;
        }
        match (topic?, book) {
            (Topic::Trades { name, symbol }, _) => Some(FastFrame::Trades {
                topic: name,
                symbol,
            }),
            (topic @ Topic::Book { .. }, Some(ids)) => head.book(topic, ids),
            (Topic::Book { .. }, None) => None,
        }
    }

    /// `data` of a book message; gives `u` and `seq`.
    fn book(&mut self, cursor: &mut Cursor<'_>, symbol: &str, scale: &Scale) -> Option<(u64, u64)> {
        let (mut named, mut bids, mut asks, mut u, mut seq) = (None, None, None, None, None);
        cursor.eat(b"{")?;
        loop {
            match cursor.key()? {
                b"s" => once(&mut named, cursor.text()?)?,
                b"b" => once(&mut bids, cursor.levels(scale, &mut self.bids)?)?,
                b"a" => once(&mut asks, cursor.levels(scale, &mut self.asks)?)?,
                b"u" => once(&mut u, cursor.number()?)?,
                b"seq" => once(&mut seq, cursor.number()?)?,
                _ => cursor.skip()?,
            }
            if !cursor.has(b',') {
                break;
            }
        }
        cursor.eat(b"}")?;
        (bids.is_some() && asks.is_some() && named? == symbol.as_bytes()).then_some((u?, seq?))
    }

    /// `data` of a trade message.
    fn trades(&mut self, cursor: &mut Cursor<'_>, symbol: &str, scale: &Scale) -> Option<()> {
        self.prints.clear();
        cursor.eat(b"[")?;
        if cursor.has(b']') {
            return Some(());
        }
        for _ in 0..TRADES_MAX {
            let (print, block) = cursor.trade(symbol, scale)?;
            if !block {
                self.prints.push(print);
            }
            if !cursor.has(b',') {
                return cursor.eat(b"]");
            }
        }
        None
    }
}

#[derive(Clone, Copy)]
enum Topic<'a> {
    Book {
        name: &'a str,
        depth: u32,
        symbol: &'a str,
    },
    Trades {
        name: &'a str,
        symbol: &'a str,
    },
}

impl<'a> Topic<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let name = std::str::from_utf8(bytes).ok()?;
        if let Some((depth, symbol)) = book_topic(name) {
            return Some(Self::Book {
                name,
                depth,
                symbol,
            });
        }
        let symbol = name.strip_prefix("publicTrade.")?;
        Some(Self::Trades { name, symbol })
    }

    fn symbol(&self) -> &'a str {
        match self {
            Self::Book { symbol, .. } | Self::Trades { symbol, .. } => symbol,
        }
    }
}

/// What stands beside `data`.
#[derive(Default)]
struct Head<'a> {
    kind: Option<&'a [u8]>,
    ts: Option<u64>,
    cts: Option<u64>,
}

impl Head<'_> {
    fn book<'a>(&self, topic: Topic<'a>, (u, seq): (u64, u64)) -> Option<FastFrame<'a>> {
        let Topic::Book {
            name,
            depth,
            symbol,
        } = topic
        else {
            return None;
        };
        Some(FastFrame::Book(FastBook {
            topic: name,
            depth,
            symbol,
            snapshot: match self.kind? {
                b"snapshot" => true,
                b"delta" => false,
                _ => return None,
            },
            exch_ts: ns(self.cts.or(self.ts)?)?,
            u,
            seq,
        }))
    }
}

fn ns(ms: u64) -> Option<i64> {
    ns_of_ms("", i64::try_from(ms).ok()?).ok()
}

/// Sets what has no value yet; `None` when it has one.
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Goes over exactly these bytes.
    #[inline]
    fn eat<const N: usize>(&mut self, bytes: &[u8; N]) -> Option<()> {
        let (first, rest) = self.rest.split_first_chunk::<N>()?;
        if first != bytes {
            return None;
        }
        self.rest = rest;
        Some(())
    }

    #[inline]
    fn has(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// A text of ASCII without escapes.
    #[inline]
    fn text(&mut self) -> Option<&'a [u8]> {
        let (b'"', text) = self.rest.split_first()? else {
            return None;
        };
        let (text, rest) = text.split_at_checked(plain_length(text))?;
        let (b'"', rest) = rest.split_first()? else {
            return None;
        };
        self.rest = rest;
        Some(text)
    }

    #[inline]
    fn key(&mut self) -> Option<&'a [u8]> {
        let key = self.text()?;
        self.eat(b":")?;
        Some(key)
    }

    /// A whole number without a sign, of at most 18 digits.
    fn number(&mut self) -> Option<u64> {
        let (mut number, mut count) = (0u64, 0);
        for digit in self.rest.iter().map(|byte| byte.wrapping_sub(b'0')) {
            if digit > 9 {
                break;
            }
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
            count += 1;
        }
        // JSON has no leading zeros.
        if !(1..=18).contains(&count) || self.rest[0] == b'0' && count > 1 {
            return None;
        }
        self.rest = &self.rest[count..];
        Some(number)
    }

    fn flag(&mut self) -> Option<bool> {
        if self.eat(b"true").is_some() {
            return Some(true);
        }
        self.eat(b"false").map(|()| false)
    }

    /// Goes over a value that is no list and no object.
    fn skip(&mut self) -> Option<()> {
        match self.rest.first()? {
            b'"' => self.text().map(drop),
            b't' | b'f' => self.flag().map(drop),
            b'n' => self.eat(b"null"),
            _ => self.number().map(drop),
        }
    }

    /// A decimal in quotes.
    #[inline]
    fn decimal(&mut self, step: &Step) -> Option<i64> {
        let (units, length) = step.units_at_start(self.rest)?;
        self.rest = self.rest.get(length..)?;
        Some(units)
    }

    /// A list of levels, each `["price","size"]`.
    fn levels(&mut self, scale: &Scale, out: &mut Vec<(i64, i64)>) -> Option<()> {
        out.clear();
        self.eat(b"[")?;
        if self.has(b']') {
            return Some(());
        }
        for _ in 0..LEVELS_MAX {
            self.eat(b"[\"")?;
            let tick = self.decimal(&scale.tick)?;
            self.eat(b"\",\"")?;
            let lots = self.decimal(&scale.lot)?;
            self.eat(b"\"]")?;
            if tick == 0 {
                return None;
            }
            out.push((tick, lots));
            if !self.has(b',') {
                return self.eat(b"]");
            }
        }
        None
    }

    /// A trade, and whether it is a block trade.
    fn trade(&mut self, symbol: &str, scale: &Scale) -> Option<(Print, bool)> {
        let (mut time, mut named, mut side) = (None, None, None);
        let (mut lots, mut tick, mut block) = (None, None, None);
        let (mut id, mut seq) = (None, None);
        self.eat(b"{")?;
        loop {
            match self.key()? {
                b"T" => once(&mut time, self.number()?)?,
                b"s" => once(&mut named, self.text()?)?,
                b"S" => once(&mut side, self.text()?)?,
                b"v" => once(&mut lots, self.quoted(&scale.lot)?)?,
                b"p" => once(&mut tick, self.quoted(&scale.tick)?)?,
                b"BT" => once(&mut block, self.flag()?)?,
                b"i" => once(&mut id, self.skip()?)?,
                b"seq" => once(&mut seq, self.number()?)?,
                _ => self.skip()?,
            }
            if !self.has(b',') {
                break;
            }
        }
        self.eat(b"}")?;
        if named? != symbol.as_bytes() {
            return None;
        }
        let print = Print {
            exch_ts: ns(time?)?,
            tick: tick?,
            lots: lots?,
            buyer_takes: match side? {
                b"Buy" => true,
                b"Sell" => false,
                _ => return None,
            },
        };
        Some((print, block.unwrap_or(false)))
    }

    fn quoted(&mut self, step: &Step) -> Option<i64> {
        self.eat(b"\"")?;
        let units = self.decimal(step)?;
        self.eat(b"\"")?;
        Some(units)
    }
}

/// How many bytes come before the first one that is a quote, a backslash, a control character or no
/// ASCII; eight at a time.
#[inline]
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    let (mut length, mut rest) = (0, bytes);
    while let Some((eight, behind)) = rest.split_first_chunk() {
        let eight = u64::from_le_bytes(*eight);
        let (quote, backslash) = (eight ^ (ONES * 0x22), eight ^ (ONES * 0x5c));
        // The high bit of each byte that is 0, or below 0x20. A borrow can only mark bytes behind a
        // marked one.
        let marks = (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (eight.wrapping_sub(ONES * 0x20) & !eight)
            | eight;
        let marks = marks & HIGH;
        if marks != 0 {
            return length + marks.trailing_zeros() as usize / 8;
        }
        length += 8;
        rest = behind;
    }
    let is_plain = |byte: &&u8| !matches!(**byte, b'"' | b'\\' | 0..0x20 | 0x80..);
    length + rest.iter().take_while(is_plain).count()
}

#[cfg(test)]
#[path = "fast_path_tests.rs"]
mod tests;
