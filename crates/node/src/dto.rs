//! What crosses the boundary as objects; field names and order as in `lib/native/addon.ts`.

use std::time::Duration;

use hbl_livebot::{BotConfig, InstrumentConfig, LinkView, Stats, WaitConfig, WaitStrategy};
use hbl_wire::price_of;
use hftbacktest::types::Order;
use napi::bindgen_prelude::BigInt;
use napi_derive::napi;

use crate::error::{Result, invalid};

/// An instrument.
#[napi(object)]
pub struct NativeInstrument {
    pub connector: String,
    pub symbol: String,
    pub tick_size: f64,
    pub lot_size: f64,
    pub roi_lb: f64,
    pub roi_ub: f64,
    pub last_trades_capacity: f64,
}

/// How to wait.
#[napi(object)]
pub struct NativeWait {
    pub strategy: String,
    pub spin_ns: f64,
    pub yield_ns: f64,
    pub yield_max_ns: f64,
    pub park_ns: f64,
    pub share_core: bool,
}

/// What a bot is built from.
#[napi(object)]
pub struct NativeBotConfig {
    pub instruments: Vec<NativeInstrument>,
    pub bot_id: BigInt,
    pub wait: NativeWait,
    pub heartbeat_timeout_ns: f64,
}

/// Counters of a bot.
#[napi(object)]
pub struct NativeBotStats {
    pub received: f64,
    pub lost: f64,
    pub gaps: f64,
    pub decode_errors: f64,
    pub unknown_symbols: f64,
    pub tap_overflow: f64,
    pub ring_dropped: f64,
    pub resyncs: f64,
    pub parks: f64,
}

/// State of one connector.
#[napi(object)]
pub struct NativeLink {
    pub connector: String,
    pub status: u8,
    pub side_channel: bool,
    pub capabilities: u32,
    pub epoch: BigInt,
    pub pid: u32,
    pub version: String,
    pub heartbeat_age_ns: f64,
}

/// An order as the bot holds it.
#[napi(object)]
pub struct NativeOrder {
    pub order_id: BigInt,
    pub price: f64,
    pub price_tick: f64,
    pub qty: f64,
    pub leaves_qty: f64,
    pub exec_qty: f64,
    pub exec_price: f64,
    pub side: i32,
    pub status: u8,
    pub req: u8,
    pub time_in_force: u8,
    pub order_type: u8,
    pub maker: bool,
    pub exch_ts_ns: BigInt,
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
            heartbeat_timeout: Duration::from_nanos(whole(
                self.heartbeat_timeout_ns,
                "heartbeatTimeoutNs",
            )?),
        })
    }
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
            side_channel: link.info.side_channel,
            capabilities: if link.info.side_channel {
                link.info.capabilities.0
            } else {
                0
            },
            epoch: link.info.epoch.into(),
            pid: link.info.pid,
            version: link.info.version,
            heartbeat_age_ns: link.info.heartbeat_age_ns.map_or(-1.0, count),
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
