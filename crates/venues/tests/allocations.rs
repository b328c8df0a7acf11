//! A frame of Bybit on its way to the bots allocates nothing, nor does it in direct mode down to the bot's records.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "bybit_script/mod.rs"]
mod bybit_script;
mod bybit_settings;
#[path = "../../wire/tests/counting/mod.rs"]
mod counting;
mod direct_path;

use std::fmt::Write as _;
use std::rc::Rc;

use bybit_script::{START_MS, SYMBOL, Script, settings};
use counting::allocations_of;
use direct_path::DirectPath;
use hbl_venues::bybit::core::{BybitCore, Socket};
use hbl_venues::kit::bot_publisher::{BotMessage, BotPublisher};
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::dispatcher::Dispatcher;
use hbl_venues::kit::order_registry::OwnerState;
use hbl_wire::{Request, WireError};

/// Counts events for bots.
#[derive(Default)]
struct Published {
    feed: usize,
}

impl BotPublisher for Published {
    fn send(&mut self, _to: u64, message: BotMessage<'_>) -> Result<(), WireError> {
        self.feed += usize::from(matches!(message, BotMessage::Feed(..)));
        Ok(())
    }

    fn owner_state(&self, _bot: u64) -> OwnerState {
        OwnerState::Alive
    }
}

struct Venue {
    bus: Dispatcher<BybitCore>,
    conn: u64,
    now: Now,
    published: Published,
}

impl Venue {
    /// The venue with a bot and a book.
    fn ready(depths: &[u32]) -> Self {
        let mut settings = settings();
        settings.depths = depths.to_vec();
        let script = Script::ready_with(settings, 0.5, 0.1);
        let mut venue = Self {
            conn: script.conns[&Socket::Public],
            now: script.now(),
            bus: Dispatcher::new(script.core),
            published: Published::default(),
        };
        let request = Request::Register {
            bot: 7,
            symbol: SYMBOL.into(),
            tick_size: 0.5,
            lot_size: 0.1,
        };
        venue.bus.handle(venue.now, request, &mut venue.published);
        venue.frame(book(50, true, 100, |n| n + 1).as_bytes());
        venue
    }

    /// How many events bots get.
    fn frame(&mut self, bytes: &[u8]) -> usize {
        let before = self.published.feed;
        let core = self.bus.venue_mut();
        core.on_frame(self.now, Socket::Public, self.conn, bytes);
        self.bus.poll(self.now, &mut self.published);
        self.published.feed - before
    }
}

/// A book message with 25 levels a side around 5000; `lots` of each, counted from the best.
fn book(depth: u32, snapshot: bool, u: u64, lots: impl Fn(u64) -> u64) -> String {
    let levels = if depth == 1 { 1 } else { 25 };
    let side = |bid: bool| {
        let mut text = String::new();
        for n in 0..levels {
            let half = if bid { 9_999 - n } else { 10_001 + n };
            let (px, rest, lots) = (half / 2, half % 2 * 5, lots(n));
            let comma = if n == 0 { "" } else { "," };
            write!(
                text,
                r#"{comma}["{px}.{rest}","{}.{}"]"#,
                lots / 10,
                lots % 10
            )
            .unwrap();
        }
        text
    };
    let kind = if snapshot { "snapshot" } else { "delta" };
    format!(
        r#"{{"topic":"orderbook.{depth}.{SYMBOL}","type":"{kind}","ts":{START_MS},"data":{{"s":"{SYMBOL}","b":[{}],"a":[{}],"u":{u},"seq":{}}},"cts":{START_MS}}}"#,
        side(true),
        side(false),
        10_000 + u
    )
}

fn trades(n: u64) -> String {
    let trade = |i: u64| {
        format!(
            r#"{{"T":{START_MS},"s":"{SYMBOL}","S":"Buy","v":"0.{}","p":"5000.5","L":"PlusTick","i":"{n}-{i}","BT":false,"RPI":false,"seq":{n}}}"#,
            i % 9 + 1
        )
    };
    let items: Vec<String> = (0..10).map(trade).collect();
    let items = items.join(",");
    format!(
        r#"{{"topic":"publicTrade.{SYMBOL}","type":"snapshot","ts":{START_MS},"data":[{items}]}}"#
    )
}

/// Allocations and published events of the second half of these frames.
fn steady(depths: &[u32], frames: &[String]) -> (u64, usize) {
    let mut venue = Venue::ready(depths);
    let (first, second) = frames.split_at(frames.len() / 2);
    for frame in first {
        venue.frame(frame.as_bytes());
    }
    let mut published = 0;
    let allocations = allocations_of(|| {
        published = second
            .iter()
            .map(|frame| venue.frame(frame.as_bytes()))
            .sum();
    });
    (allocations, published)
}

#[test]
fn deltas_of_known_levels_allocate_nothing() {
    let frames: Vec<String> = (1..=200)
        .map(|n| book(50, false, 100 + n, |at| at + n + 1))
        .collect();
    for depths in [&[50][..], &[1, 50]] {
        assert_eq!(steady(depths, &frames), (0, 100 * 50), "{depths:?}");
    }
}

#[test]
fn a_top_that_runs_ahead_of_the_deep_book_allocates_nothing() {
    let frames: Vec<String> = (1..=200)
        .flat_map(|n| {
            let top = book(1, true, 100 + n, |_| n + 1_000);
            [top, book(50, false, 100 + n, |at| at + n + 1)]
        })
        .collect();
    let (allocations, published) = steady(&[1, 50], &frames);
    assert!(published >= 100 * 50, "{published}");
    assert_eq!(allocations, 0);
}

/// With one depth the book is one piece of memory. A fused one keeps its levels in trees, whose nodes
/// come and go with them: at most one for five levels.
#[test]
fn levels_that_come_and_go_allocate_nothing_or_a_few_tree_nodes() {
    let frames: Vec<String> = (1..=200)
        .map(|n| book(50, false, 100 + n, |at| (at + n) % 3 * (n + at)))
        .collect();
    let (allocations, published) = steady(&[50], &frames);
    assert!(published > 100 * 20, "{published}");
    assert_eq!(allocations, 0);
    let (allocations, published) = steady(&[1, 50], &frames);
    assert!(
        allocations * 5 <= published as u64,
        "{allocations} for {published} levels"
    );
}

#[test]
fn trades_allocate_nothing() {
    let frames: Vec<String> = (1..=200).map(trades).collect();
    assert_eq!(steady(&[1, 50], &frames), (0, 100 * 10));
}

/// Allocations and records of the second half of these frames, from where the socket would bring them to the
/// records of a bot in direct mode.
fn steady_in_direct_mode(frames: &[String]) -> (u64, usize) {
    let script = Script::ready_with(settings(), 0.5, 0.1);
    let snapshot = book(50, true, 100, |n| n + 1);
    let mut path = DirectPath::ready(script, 0.5, 0.1, &snapshot);
    let frames: Vec<Rc<str>> = frames.iter().map(|text| text.as_str().into()).collect();
    let (first, second) = frames.split_at(frames.len() / 2);
    for frame in first {
        path.frame(frame);
    }
    let mut records = 0;
    let allocations = allocations_of(|| {
        records = second.iter().map(|frame| path.frame(frame)).sum();
    });
    (allocations, records)
}

#[test]
fn deltas_and_trades_allocate_nothing_in_direct_mode_down_to_the_records() {
    let deltas: Vec<String> = (1..=2_000)
        .map(|n| book(50, false, 100 + n, |at| (at + n) % 100 + 1))
        .collect();
    let (allocations, records) = steady_in_direct_mode(&deltas);
    assert!(records >= 1_000 * 50, "{records}");
    assert_eq!(allocations, 0);
    let trades: Vec<String> = (1..=2_000).map(trades).collect();
    let (allocations, records) = steady_in_direct_mode(&trades);
    assert!(records >= 1_000 * 10, "{records}");
    assert_eq!(allocations, 0);
}
