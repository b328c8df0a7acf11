//! Pieces of work whose instructions `npm run instructions` counts under callgrind:
//! `bench-kernels list`, `bench-kernels NAME`. Only what runs inside `measured` counts.

use std::{error::Error, hint::black_box, time::Duration, time::Instant};

use hbl_bench_peers::{
    bybit_frames::{deltas, trades},
    bybit_ours::Ours,
    feed_bot::FeedBot as _,
    market::{level, symbol},
    open_port,
    own_bot::{OwnBot, WaitConfig, WaitStrategy},
    say,
};
use hbl_venues::bybit::frames::private::{self, PrivateFrame};
use hbl_venues::kit::{decimal::Step, scale::Scale};
use hbl_wire::{
    ConnectorPort, Request, SLOT_BYTES, TO_ALL, WireEvent, WireEventRef, decode_event, encode,
};
use hftbacktest::types::{OrdType, Order, Side, TimeInForce};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Rounds that only warm up, and rounds that count.
const WARM: u64 = 16;
const ROUNDS: u64 = 64;
/// Small work is done so often in a round.
const TIMES: u64 = 64;
const TIMEOUT: Duration = Duration::from_secs(30);

const ORDER: &[u8] = br#"{"id":"5923240c6880ab-c59f-420b-9adb-3639adc9dd90","topic":"order","creationTime":1764000010120,"data":[{"category":"linear","symbol":"BTCUSDT","orderId":"5cf98598-39a7-459e-97bf-76ca765ee020","orderLinkId":"b-1-77","blockTradeId":"","side":"Buy","positionIdx":0,"orderStatus":"PartiallyFilled","cancelType":"UNKNOWN","rejectReason":"EC_NoError","timeInForce":"GTC","isLeverage":"","price":"95000.05","qty":"0.030","avgPrice":"95000.05","leavesQty":"0.010","leavesValue":"950.0005","cumExecQty":"0.020","cumExecValue":"1900.001","cumExecFee":"0.38","orderType":"Limit","stopOrderType":"","orderIv":"","triggerPrice":"","takeProfit":"","stopLoss":"","triggerBy":"","tpTriggerBy":"","slTriggerBy":"","triggerDirection":0,"placeType":"","lastPriceOnCreated":"95000.10","closeOnTrigger":false,"reduceOnly":false,"smpGroup":0,"smpType":"None","smpOrderId":"","createdTime":"1764000010000","updatedTime":"1764000010118","feeCurrency":""}]}"#;

/// A name, and what runs it; it gives the number of operations that were counted.
type Kernel = (&'static str, fn() -> Result<u64>);

const KERNELS: [Kernel; 11] = [
    ("bybit-delta", bybit_delta),
    ("bybit-trades", bybit_trades),
    ("bybit-order", bybit_order),
    ("feed-encode", feed_encode),
    ("feed-decode", feed_decode),
    ("order-encode", order_encode),
    ("order-decode", order_decode),
    ("feed-publish", || feed_publish(1)),
    ("feed-publish-burst", || feed_publish(TIMES)),
    ("bot-records", || bot_records(1)),
    ("bot-records-burst", || bot_records(TIMES)),
];

/// Callgrind counts from where this begins to where it ends, and so it must stay a call.
#[inline(never)]
fn measured(work: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    let result = work();
    black_box(&result);
    result
}

fn rounds(
    mut prepare: impl FnMut(u64) -> Result<()>,
    mut work: impl FnMut(u64) -> Result<()>,
) -> Result<()> {
    for round in 0..WARM {
        prepare(round)?;
        work(round)?;
    }
    for round in WARM..WARM + ROUNDS {
        prepare(round)?;
        measured(&mut || work(round))?;
    }
    Ok(())
}

/// Work that needs nothing before it, many times a round.
fn repeated(mut work: impl FnMut() -> Result<()>) -> Result<u64> {
    rounds(|_| Ok(()), |_| (0..TIMES).try_for_each(|_| work()))?;
    Ok(ROUNDS * TIMES)
}

fn bybit_frames(frames: &[String], events: usize) -> Result<u64> {
    let mut ours = Ours::start(&[1, 50])?;
    let work = |round: u64| {
        let frame = &frames[usize::try_from(round)?];
        let made = black_box(ours.frame(black_box(frame.as_bytes()))).len();
        if made == events + 2 {
            Ok(())
        } else {
            Err(format!("{made} events of {frame}").into())
        }
    };
    rounds(|_| Ok(()), work)?;
    Ok(ROUNDS)
}

/// A 50-level delta: bytes to events, the default depths fused.
fn bybit_delta() -> Result<u64> {
    bybit_frames(&deltas(WARM + ROUNDS), 50)
}

/// Ten trades: bytes to events.
fn bybit_trades() -> Result<u64> {
    let frames: Vec<String> = (0..WARM + ROUNDS).map(trades).collect();
    bybit_frames(&frames, 10)
}

/// A private order message: bytes to an update on the grid.
fn bybit_order() -> Result<u64> {
    let scale = Scale {
        tick: Step::parse("0.05")?,
        lot: Step::parse("0.001")?,
    };
    repeated(|| {
        let PrivateFrame::Orders(_, orders) = private::parse(black_box(ORDER))? else {
            return Err("no order".into());
        };
        for order in &orders {
            black_box(order.update(&scale, 0)?);
        }
        Ok(())
    })
}

fn order() -> Order {
    let mut order = Order::new(
        77,
        1_900_001,
        0.05,
        0.03,
        Side::Buy,
        OrdType::Limit,
        TimeInForce::GTC,
    );
    order.exch_timestamp = 1_764_000_010_118_000_000;
    order.local_timestamp = 1_764_000_010_000_000_000;
    order
}

fn encodes(message: &WireEventRef<'_>) -> Result<u64> {
    let mut slot = [0; SLOT_BYTES];
    repeated(|| {
        black_box(encode(black_box(message), &mut slot)?);
        Ok(())
    })
}

fn decodes(message: &WireEventRef<'_>, fits: fn(&WireEvent<'_>) -> bool) -> Result<u64> {
    let mut slot = [0; SLOT_BYTES];
    let length = encode(message, &mut slot)?;
    repeated(|| {
        let event = decode_event(black_box(&slot), length)?;
        if fits(black_box(&event)) {
            Ok(())
        } else {
            Err("another message".into())
        }
    })
}

fn feed_encode() -> Result<u64> {
    let event = &level(7);
    let symbol = "BTCUSDT";
    encodes(&WireEventRef::Feed { symbol, event })
}

fn feed_decode() -> Result<u64> {
    let event = &level(7);
    let symbol = "BTCUSDT";
    let is_feed = |event: &WireEvent<'_>| matches!(event, WireEvent::Feed { .. });
    decodes(&WireEventRef::Feed { symbol, event }, is_feed)
}

fn order_encode() -> Result<u64> {
    let order = &order();
    let symbol = "BTCUSDT";
    encodes(&WireEventRef::Order { symbol, order })
}

fn order_decode() -> Result<u64> {
    let order = &order();
    let symbol = "BTCUSDT";
    let is_order = |event: &WireEvent<'_>| matches!(event, WireEvent::Order { .. });
    decodes(&WireEventRef::Order { symbol, order }, is_order)
}

/// A connector's end and a bot in one process.
struct Market {
    port: ConnectorPort,
    bot: OwnBot,
    symbol: String,
}

impl Market {
    fn open() -> Result<Self> {
        let name = format!("bench-kernels-{}", std::process::id());
        let mut port = open_port(&name)?;
        let wait = WaitConfig {
            strategy: WaitStrategy::Spin,
            ..WaitConfig::default()
        };
        let mut bot = OwnBot::connect(&name, 1, wait)?;
        let started = Instant::now();
        loop {
            bot.wait(Duration::from_millis(1), |_| {})?;
            if let Some(Request::Register { bot, symbol, .. }) = port.recv()? {
                port.send_batch_start(bot)?;
                port.send_position(bot, &symbol, 0.0, 1)?;
                port.send_batch_end(bot)?;
                port.flush()?;
                break;
            }
            if started.elapsed() > TIMEOUT {
                return Err("the bot did not register".into());
            }
        }
        let symbol = symbol(0);
        Ok(Self { port, bot, symbol })
    }

    fn publish(&mut self, round: u64, burst: u64) -> Result<()> {
        for i in 0..TIMES {
            let event = level(round * TIMES + i);
            self.port.send_feed(TO_ALL, &self.symbol, &event)?;
            if (i + 1).is_multiple_of(burst) {
                self.port.flush()?;
            }
        }
        self.port.flush()?;
        Ok(())
    }

    fn take(&mut self) -> Result<()> {
        let mut seen = 0;
        let started = Instant::now();
        while seen < TIMES {
            self.bot.wait(Duration::from_millis(1), |_| seen += 1)?;
            if started.elapsed() > TIMEOUT {
                return Err(format!("{seen} of {TIMES} events came").into());
            }
        }
        Ok(())
    }
}

/// An event into shared memory; so many belong together.
fn feed_publish(burst: u64) -> Result<u64> {
    let market = std::cell::RefCell::new(Market::open()?);
    let prepare = |round| match round {
        0 => Ok(()),
        _ => market.borrow_mut().take(),
    };
    rounds(prepare, |round| market.borrow_mut().publish(round, burst))?;
    Ok(ROUNDS * TIMES)
}

/// An event out of shared memory, into the bot's book and into a record.
fn bot_records(burst: u64) -> Result<u64> {
    let market = std::cell::RefCell::new(Market::open()?);
    let prepare = |round| market.borrow_mut().publish(round, burst);
    rounds(prepare, |_| market.borrow_mut().take())?;
    Ok(ROUNDS * TIMES)
}

fn main() -> Result<()> {
    let name = std::env::args().nth(1).unwrap_or_default();
    if name == "list" {
        let names = KERNELS.map(|(name, _)| name);
        say(&serde_json::json!(names))?;
        return Ok(());
    }
    let Some((_, run)) = KERNELS.iter().find(|kernel| kernel.0 == name) else {
        return Err("usage: bench-kernels list|NAME".into());
    };
    let operations = run()?;
    say(&serde_json::json!({ "operations": operations }))?;
    Ok(())
}
