//! Objects that cross the boundary. Their docs become those of `lib/native/addon.d.ts`.

use std::time::Duration;

use hbl_livebot::{
    BotConfig, InstrumentConfig, LinkView, Requirement, Stats, WaitConfig, WaitStrategy,
};
use hbl_wire::{Destination, Orders, price_of};
use hftbacktest::types::Order;
use napi::bindgen_prelude::BigInt;
use napi_derive::napi;

use crate::error::{Result, invalid};

/// An instrument that a bot registers.
#[napi(object)]
pub struct NativeInstrument {
    /// Name of its connector.
    pub connector: String,
    /// The venue's symbol.
    pub symbol: String,
    /// Step of prices.
    pub tick_size: f64,
    /// Step of quantities.
    pub lot_size: f64,
    /// Lower bound of the range of interest, as a price; only `ROIVectorMarketDepthLiveBot` reads it.
    pub roi_lb: f64,
    /// Upper bound of the range of interest, as a price; only `ROIVectorMarketDepthLiveBot` reads it.
    pub roi_ub: f64,
    /// Number of last trades that the bot keeps, at most 1000000; the oldest go first.
    pub last_trades_capacity: f64,
}

/// How a bot waits for shared memory.
#[napi(object)]
pub struct NativeWait {
    /// The wait strategy.
    #[napi(ts_type = "'spin' | 'yield' | 'adaptive' | 'park'")]
    pub strategy: String,
    /// Adaptive: time of spinning since the last event before the bot yields, ns.
    pub spin_ns: f64,
    /// Adaptive: time of yielding before the bot parks, at a low message rate, ns.
    pub yield_ns: f64,
    /// Adaptive: longest time of yielding, while events come faster than that, ns.
    pub yield_max_ns: f64,
    /// Longest sleep while parked on a connector without a doorbell (an upstream connector), ns.
    pub park_ns: f64,
    /// Pins the parked thread to the core of its last waker.
    pub share_core: bool,
}

/// A connector that runs on the bot's own thread.
#[napi(object)]
pub struct NativeDirectConnector {
    /// Its command line, as the program `connector` takes it: name, kind, symbols, files, options.
    pub words: Vec<String>,
    /// Its environment: pairs of name and value, one after the other.
    pub env: Vec<String>,
}

/// Configuration of a bot.
#[napi(object)]
pub struct NativeBotConfig {
    /// At least one; the asset number of an instrument is its index.
    pub instruments: Vec<NativeInstrument>,
    /// The bot's id on the wire; 0n draws one.
    pub bot_id: BigInt,
    /// How the bot waits.
    pub wait: NativeWait,
    /// A connector without a heartbeat for this long counts as lost, ns.
    pub heartbeat_timeout_ns: f64,
    /// Orders and amendments are sent only while the book of their instrument is live; default true.
    pub require_live_book: Option<bool>,
    /// Time within which an order or an amendment may be sent after it was requested, ns; 0 or absent:
    /// no limit.
    pub order_deadline_ns: Option<f64>,
    /// The bot sends no orders, and connectors report none to it; default false.
    pub only_looks: Option<bool>,
    /// Required of every connector: what becomes of its orders, an `Orders` number; 0 or absent: anything.
    pub require_orders: Option<u32>,
    /// Required of every connector: the venue's environment; empty or absent: any.
    pub require_environment: Option<String>,
    /// Connectors that run on the bot's own thread, in place of those of their names in shared memory.
    pub direct: Option<Vec<NativeDirectConnector>>,
    /// The bot and its `direct` connectors run by a virtual clock, whose wall clock begins here, Unix ns:
    /// waits let time pass at once. Absent: the machine's clocks. Every instrument is of a `direct` connector
    /// then.
    pub virtual_start_ns: Option<BigInt>,
}

/// Counters of a bot since it was made.
#[napi(object)]
pub struct NativeBotStats {
    /// Messages for this bot that were taken from shared memory.
    pub received: f64,
    /// Messages lost between connectors and this bot, known by their sequence numbers.
    pub lost: f64,
    /// Occasions on which messages were lost.
    pub gaps: f64,
    /// Messages that could not be decoded (foreign or damaged bytes).
    pub decode_errors: f64,
    /// Messages for a symbol that this bot did not register.
    pub unknown_symbols: f64,
    /// Records of market data dropped because the buffer of a wait call was full.
    pub tap_overflow: f64,
    /// Records of market data dropped because the port's ring was full.
    pub ring_dropped: f64,
    /// Registrations repeated after a loss or a restart.
    pub resyncs: f64,
    /// Times the bot slept in the kernel.
    pub parks: f64,
}

/// State of one connector, as a bot sees it.
#[napi(object)]
pub struct NativeLink {
    /// Name of the connector.
    pub connector: String,
    /// A `LinkStatus` number.
    pub status: u8,
    /// The connector offers the control channel (amend, cancel-all, heartbeat, doorbell).
    pub control_channel: bool,
    /// Bits of `Capability` that the connector offers; 0 without the control channel.
    pub capabilities: u32,
    /// Boot epoch of the connector's run; 0n when unknown.
    pub epoch: BigInt,
    /// Process id of the connector; 0 when unknown.
    pub pid: u32,
    /// Version of the connector; empty when unknown.
    pub version: String,
    /// Age of the connector's last heartbeat, ns; -1 before the first.
    pub heartbeat_age_ns: f64,
    /// What becomes of orders, an `Orders` number: 0 unknown, 1 none, 2 simulated, 3 paper, 4 real.
    pub orders: u32,
    /// The venue's environment; empty when unknown.
    pub environment: String,
    /// Orders go where they went at first, or where the program has agreed that they go.
    pub orders_agreed: bool,
}

/// An order as the bot holds it. Statuses, times in force and types are hftbacktest's numbers.
#[napi(object)]
pub struct NativeOrder {
    /// The bot's own id of the order.
    pub order_id: BigInt,
    /// Limit price.
    pub price: f64,
    /// Limit price in ticks.
    pub price_tick: f64,
    /// Ordered quantity.
    pub qty: f64,
    /// Quantity still open.
    pub leaves_qty: f64,
    /// Quantity of the last execution, 0 when there was none.
    pub exec_qty: f64,
    /// Price of the last execution, 0 when there was none.
    pub exec_price: f64,
    /// 1 buy, -1 sell.
    pub side: i32,
    /// The status.
    pub status: u8,
    /// The status that is requested; 0 (none) when the connector has answered.
    pub req: u8,
    /// The time in force.
    pub time_in_force: u8,
    /// The order type.
    pub order_type: u8,
    /// The last execution was made as maker.
    pub maker: bool,
    /// Exchange time of this state, Unix ns; 0n before the first response.
    pub exch_ts_ns: BigInt,
    /// When the request was made, Unix ns.
    pub local_ts_ns: BigInt,
}

/// A whole number of nanoseconds (or of anything) that is not negative and exact.
pub fn whole(value: f64, path: &str) -> Result<u64> {
    const MAX_SAFE: f64 = 9_007_199_254_740_991.0;
    if value.fract() == 0.0 && (0.0..=MAX_SAFE).contains(&value) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked just above"
        )]
        return Ok(value as u64);
    }
    Err(invalid(format!(
        "{path}: must be a whole number from 0 to 2^53 - 1, not {value}"
    )))
}

/// A 64-bit id.
pub fn id(value: &BigInt, path: &str) -> Result<u64> {
    let (negative, bits, lossless) = value.get_u64();
    if negative || !lossless {
        return Err(invalid(format!(
            "{path}: must be a bigint from 0 to 2^64 - 1"
        )));
    }
    Ok(bits)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counters of a process stay far below 2^53"
)]
const fn count(value: u64) -> f64 {
    value as f64
}

impl NativeBotConfig {
    /// The core's configuration.
    pub fn to_core(&self) -> Result<BotConfig> {
        let mut instruments = Vec::with_capacity(self.instruments.len());
        for (at, one) in self.instruments.iter().enumerate() {
            let capacity = whole(
                one.last_trades_capacity,
                &format!("instruments[{at}].lastTradesCapacity"),
            )?;
            if capacity > 1_000_000 {
                return Err(invalid(format!(
                    "instruments[{at}].lastTradesCapacity: at most 1000000"
                )));
            }
            instruments.push(InstrumentConfig {
                connector: one.connector.clone(),
                symbol: one.symbol.clone(),
                tick_size: one.tick_size,
                lot_size: one.lot_size,
                roi_lb: one.roi_lb,
                roi_ub: one.roi_ub,
                last_trades_capacity: usize::try_from(capacity).unwrap_or(0),
            });
        }
        let strategy = match self.wait.strategy.as_str() {
            "spin" => WaitStrategy::Spin,
            "yield" => WaitStrategy::Yield,
            "adaptive" => WaitStrategy::Adaptive,
            "park" => WaitStrategy::Park,
            other => {
                return Err(invalid(format!(
                    "wait.strategy: '{other}' is none of spin, yield, adaptive, park"
                )));
            }
        };
        Ok(BotConfig {
            instruments,
            bot_id: id(&self.bot_id, "botId")?,
            wait: WaitConfig {
                strategy,
                spin_ns: whole(self.wait.spin_ns, "wait.spinNs")?,
                yield_ns: whole(self.wait.yield_ns, "wait.yieldNs")?,
                yield_max_ns: whole(self.wait.yield_max_ns, "wait.yieldMaxNs")?,
                park_ns: whole(self.wait.park_ns, "wait.parkNs")?,
                share_core: self.wait.share_core,
            },
            order_deadline: Some(whole(
                self.order_deadline_ns.unwrap_or(0.0),
                "orderDeadlineNs",
            )?)
            .filter(|ns| *ns > 0)
            .map(Duration::from_nanos),
            only_looks: self.only_looks.unwrap_or(false),
            heartbeat_timeout: Duration::from_nanos(whole(
                self.heartbeat_timeout_ns,
                "heartbeatTimeoutNs",
            )?),
            require_live_book: self.require_live_book.unwrap_or(true),
        })
    }
}

impl NativeBotConfig {
    /// What the program demands of every connector.
    pub fn requirement(&self) -> Requirement {
        Requirement {
            orders: Orders::of(self.require_orders.unwrap_or(0)),
            environment: self.require_environment.clone().unwrap_or_default(),
        }
    }
}

/// The tag of a destination.
pub fn destination_tag(orders: u32, environment: &str) -> u32 {
    Destination::new(Orders::of(orders), environment).tag()
}

impl From<Stats> for NativeBotStats {
    fn from(stats: Stats) -> Self {
        Self {
            received: count(stats.received),
            lost: count(stats.lost),
            gaps: count(stats.gaps),
            decode_errors: count(stats.decode_errors),
            unknown_symbols: count(stats.unknown_symbols),
            tap_overflow: count(stats.tap_overflow),
            ring_dropped: count(stats.ring_dropped),
            resyncs: count(stats.resyncs),
            parks: count(stats.parks),
        }
    }
}

impl From<LinkView> for NativeLink {
    fn from(link: LinkView) -> Self {
        Self {
            connector: link.connector,
            status: link.status as u8,
            control_channel: link.info.control_channel,
            capabilities: if link.info.control_channel {
                link.info.capabilities.0
            } else {
                0
            },
            epoch: link.info.epoch.into(),
            pid: link.info.pid,
            version: link.info.version,
            heartbeat_age_ns: link.info.heartbeat_age_ns.map_or(-1.0, count),
            orders: link.info.destination.orders as u32,
            environment: link.info.destination.environment,
            orders_agreed: link.agreed,
        }
    }
}

impl From<&Order> for NativeOrder {
    fn from(order: &Order) -> Self {
        Self {
            order_id: order.order_id.into(),
            price: price_of(order.price_tick, order.tick_size),
            #[expect(
                clippy::cast_precision_loss,
                reason = "ticks of a price are far below 2^53"
            )]
            price_tick: order.price_tick as f64,
            qty: order.qty,
            leaves_qty: order.leaves_qty,
            exec_qty: order.exec_qty,
            exec_price: price_of(order.exec_price_tick, order.tick_size),
            side: i32::from(order.side as i8),
            status: order.status as u8,
            req: order.req as u8,
            time_in_force: order.time_in_force as u8,
            order_type: order.order_type as u8,
            maker: order.maker,
            exch_ts_ns: order.exch_timestamp.into(),
            local_ts_ns: order.local_timestamp.into(),
        }
    }
}
