//! The two bot classes: one generic cell, and a macro that spells out the exports once.

use core::ptr::NonNull;
use std::{
    cell::{Ref, RefCell, RefMut},
    rc::Rc,
};

use hbl_livebot::{
    Book, CommandError, LiveCore, Outcome, RECORD_BYTES, best_ask, best_bid, order_request,
};
use hbl_wire::price_of;
use hftbacktest::{
    depth::{HashMapMarketDepth, MarketDepth, ROIVectorMarketDepth},
    types::{Bot, ElapseResult, Side},
};
use napi::bindgen_prelude::{BigInt, Float64Array, Uint8Array};
use napi_derive::napi;

use crate::{
    SLICE_MAX_NS,
    dto::{NativeBotConfig, NativeBotStats, NativeLink, NativeOrder, id, whole},
    error::{Result, closed, from_core, invalid},
    hot::{self, HotBot, OrderArguments},
    port,
};

/// What `waitBatch` and `run` return when the bot was told to stop.
const STOPPED: i32 = -1;

/// A bot, and the JavaScript memory that it writes to.
struct BotCell<MD> {
    core: LiveCore<MD>,
    // Referenced so that the memory stays for as long as the bot may write to it.
    memory: Option<(Uint8Array, Uint8Array)>,
    levels: Vec<(i64, f64)>,
}

fn place(array: &mut Uint8Array) -> Result<(NonNull<u8>, usize)> {
    // SAFETY: only the address and the length are taken here; writing follows the ring's and the
    // buffer's own rules.
    let bytes = unsafe { array.as_mut() };
    NonNull::new(bytes.as_mut_ptr())
        .map(|base| (base, bytes.len()))
        .ok_or_else(|| invalid("the buffer is empty or detached"))
}

fn code(result: core::result::Result<(), CommandError>) -> u8 {
    result.err().map_or(0, |error| error as u8)
}

/// hftbacktest's `ElapseResult` as a number; failures as their `CommandError` number.
fn elapse_code(result: core::result::Result<ElapseResult, CommandError>) -> i32 {
    match result {
        Ok(ElapseResult::Ok) => 0,
        Ok(ElapseResult::EndOfData) => 1,
        Ok(ElapseResult::MarketFeed) => 2,
        Ok(ElapseResult::OrderResponse) => 3,
        Err(error) => i32::from(error as u8),
    }
}

fn slice(timeout_ns: f64, path: &str) -> Result<u64> {
    Ok(whole(timeout_ns, path)?.min(SLICE_MAX_NS))
}

impl<MD: Book> BotCell<MD> {
    fn new(config: &NativeBotConfig, with_roi: bool) -> Result<Self> {
        let core =
            LiveCore::new(&config.to_core()?, with_roi).map_err(|error| from_core(&error))?;
        Ok(Self {
            core,
            memory: None,
            levels: Vec::new(),
        })
    }

    fn attach(&mut self, mut records: Uint8Array, mut state: Uint8Array) -> Result<()> {
        let (records_at, state_at) = (place(&mut records)?, place(&mut state)?);
        // SAFETY: the arrays are kept beside the core, which is dropped before them.
        unsafe { self.core.attach(records_at, state_at) }.map_err(|error| from_core(&error))?;
        self.memory = Some((records, state));
        Ok(())
    }

    fn depth(&mut self, asset: u32, levels: u32, out: &mut [f64]) -> Result<u32> {
        let asset = self.asset(asset)?;
        let (mut counts, mut at) = ([0u32; 2], 0);
        let depth = self.core.bot().depth(asset);
        for (side, count) in [Side::Buy, Side::Sell].into_iter().zip(&mut counts) {
            depth.top(
                side,
                levels.min(u32::from(u16::MAX)) as usize,
                &mut self.levels,
            );
            for (tick, qty) in &self.levels {
                let Some(pair) = out.get_mut(at..at + 2) else {
                    break;
                };
                pair.copy_from_slice(&[price_of(*tick, depth.tick_size()), *qty]);
                at += 2;
                *count += 1;
            }
        }
        Ok(counts[0] + counts[1] * 65_536)
    }

    fn last_trades(&self, asset: u32, out: &mut [u8]) -> Result<u32> {
        let asset = self.asset(asset)?;
        let (mut count, mut cells) = (0, out.chunks_exact_mut(RECORD_BYTES));
        self.core.last_trades(asset, |record| {
            if let Some(cell) = cells.next() {
                // SAFETY: a record is RECORD_BYTES of plain integers and floats without padding.
                let bytes = unsafe {
                    core::slice::from_raw_parts(
                        core::ptr::from_ref(record).cast::<u8>(),
                        RECORD_BYTES,
                    )
                };
                cell.copy_from_slice(bytes);
                count += 1;
            }
        });
        Ok(count)
    }

    fn asset(&self, asset: u32) -> Result<usize> {
        let at = asset as usize;
        if at < self.core.num_assets() {
            return Ok(at);
        }
        Err(invalid(format!(
            "asset: {asset} is not one of this bot's {} instruments",
            self.core.num_assets()
        )))
    }
}

impl<MD: Book> HotBot for BotCell<MD> {
    fn wait_batch(&mut self, timeout_ns: f64, max_records: f64) -> Result<i32> {
        let timeout_ns = slice(timeout_ns, "timeoutNs")?;
        let max = usize::try_from(whole(max_records, "maxRecords")?).unwrap_or(usize::MAX);
        Ok(outcome(self.core.wait_batch(timeout_ns, max)))
    }

    fn note_time(&mut self) {
        self.core.note_time();
    }

    fn run(&mut self, slice_ns: f64) -> Result<i32> {
        Ok(outcome(self.core.run(slice(slice_ns, "sliceNs")?)))
    }

    fn submit(&mut self, asset: u32, order: &OrderArguments, wait_ns: f64) -> Result<u8> {
        let wait_ns = slice(wait_ns, "waitNs")?;
        let OrderArguments {
            id,
            side,
            price,
            qty,
            time_in_force,
            order_type,
        } = *order;
        let request = order_request(id, side, price, qty, time_in_force, order_type);
        let core = &mut self.core;
        Ok(code(request.and_then(|request| {
            core.submit(asset as usize, request, wait_ns)
        })))
    }

    fn modify(&mut self, asset: u32, id: u64, price: f64, qty: f64, wait_ns: f64) -> Result<u8> {
        let wait_ns = slice(wait_ns, "waitNs")?;
        Ok(code(self.core.modify(
            asset as usize,
            id,
            price,
            qty,
            wait_ns,
        )))
    }

    fn cancel(&mut self, asset: u32, id: u64, wait_ns: f64) -> Result<u8> {
        let wait_ns = slice(wait_ns, "waitNs")?;
        Ok(code(self.core.cancel(asset as usize, id, wait_ns)))
    }
}

fn outcome(result: core::result::Result<Outcome, CommandError>) -> i32 {
    match result {
        Ok(Outcome::Records(count)) => i32::try_from(count).unwrap_or(i32::MAX),
        Ok(Outcome::Stopped) => STOPPED,
        // Below STOPPED: shared memory itself failed.
        Err(error) => -1 - i32::from(error as u8),
    }
}

macro_rules! live_bot_class {
    ($(#[$doc:meta])* $class:ident, $js:literal, $depth:ty, $with_roi:literal) => {
        $(#[$doc])*
        #[napi(js_name = $js)]
        pub struct $class {
            handle: u32,
            cell: Option<Rc<RefCell<BotCell<$depth>>>>,
        }

        impl Drop for $class {
            fn drop(&mut self) {
                hot::leave_bot(self.handle);
            }
        }

        impl $class {
            fn cell(&self) -> Result<Ref<'_, BotCell<$depth>>> {
                let cell = self.cell.as_ref().ok_or_else(|| closed("bot"))?;
                cell.try_borrow().map_err(|_| closed("bot"))
            }

            fn cell_mut(&self) -> Result<RefMut<'_, BotCell<$depth>>> {
                let cell = self.cell.as_ref().ok_or_else(|| closed("bot"))?;
                cell.try_borrow_mut().map_err(|_| closed("bot"))
            }
        }

        #[napi]
        impl $class {
            /// Builds a bot; throws `InvalidArg`, `AlreadyRunning` or `SharedMemory`.
            #[napi(constructor, catch_unwind)]
            pub fn new(config: NativeBotConfig) -> Result<Self> {
                let cell = Rc::new(RefCell::new(BotCell::new(&config, $with_roi)?));
                let handle = hot::enter_bot(cell.clone());
                Ok(Self { handle, cell: Some(cell) })
            }

            /// The bot's number in the functions that take one, on this thread.
            #[napi(getter, catch_unwind)]
            pub fn handle(&self) -> u32 {
                self.handle
            }

            /// The bot's id on the wire.
            #[napi(getter, catch_unwind)]
            pub fn bot_id(&self) -> Result<u64> {
                Ok(self.cell()?.core.id())
            }

            /// Sends records and state to this memory.
            #[napi(catch_unwind)]
            pub fn attach(&mut self, records: Uint8Array, state: Uint8Array) -> Result<()> {
                self.cell_mut()?.attach(records, state)
            }

            /// hftbacktest's `wait_next_feed`.
            #[napi(catch_unwind)]
            pub fn wait_next_feed(&mut self, include_order_resp: bool, timeout_ns: f64) -> Result<i32> {
                let timeout_ns = slice(timeout_ns, "timeoutNs")?;
                Ok(elapse_code(self.cell_mut()?.core.wait_next_feed(include_order_resp, timeout_ns)))
            }

            /// hftbacktest's `wait_order_response`.
            #[napi(catch_unwind)]
            pub fn wait_order_response(&mut self, asset: u32, order_id: BigInt, timeout_ns: f64) -> Result<i32> {
                let (order_id, timeout_ns) = (id(&order_id, "orderId")?, slice(timeout_ns, "timeoutNs")?);
                Ok(elapse_code(self.cell_mut()?.core.wait_order_response(asset as usize, order_id, timeout_ns)))
            }

            /// hftbacktest's `elapse`.
            #[napi(catch_unwind)]
            pub fn elapse(&mut self, duration_ns: f64) -> Result<i32> {
                let duration_ns = slice(duration_ns, "durationNs")?;
                Ok(elapse_code(self.cell_mut()?.core.elapse(duration_ns)))
            }

            /// Records that the last wait wrote.
            #[napi(catch_unwind)]
            pub fn record_count(&self) -> Result<u32> {
                Ok(u32::try_from(self.cell()?.core.record_count()).unwrap_or(u32::MAX))
            }

            /// Cancels every open order of this bot on the instrument.
            #[napi(catch_unwind)]
            pub fn cancel_all(&mut self, asset: u32) -> Result<u8> {
                Ok(code(self.cell_mut()?.core.cancel_all(asset as usize)))
            }

            /// Forgets final orders.
            #[napi(catch_unwind)]
            pub fn clear_inactive_orders(&mut self, asset: u32) -> Result<()> {
                let mut cell = self.cell_mut()?;
                let asset = cell.asset(asset)?;
                // The number was checked just above, which is all that can be wrong.
                let _ = cell.core.clear_inactive_orders(asset);
                Ok(())
            }

            /// Wall clock, Unix nanoseconds.
            #[napi(catch_unwind)]
            pub fn current_timestamp_ns(&self) -> Result<BigInt> {
                Ok(self.cell()?.core.bot().current_timestamp().into())
            }

            /// Number of instruments.
            #[napi(catch_unwind)]
            pub fn num_assets(&self) -> Result<u32> {
                Ok(u32::try_from(self.cell()?.core.num_assets()).unwrap_or(u32::MAX))
            }

            /// Signed position.
            #[napi(catch_unwind)]
            pub fn position(&self, asset: u32) -> Result<f64> {
                let cell = self.cell()?;
                Ok(cell.core.bot().position(cell.asset(asset)?))
            }

            /// Best bid, NaN when there is none.
            #[napi(catch_unwind)]
            pub fn best_bid(&self, asset: u32) -> Result<f64> {
                let cell = self.cell()?;
                Ok(best_bid(cell.core.bot().depth(cell.asset(asset)?)))
            }

            /// Best ask, NaN when there is none.
            #[napi(catch_unwind)]
            pub fn best_ask(&self, asset: u32) -> Result<f64> {
                let cell = self.cell()?;
                Ok(best_ask(cell.core.bot().depth(cell.asset(asset)?)))
            }

            /// Bid quantity at a price in ticks, 0 when there is no level.
            #[napi(catch_unwind)]
            pub fn bid_qty_at_tick(&self, asset: u32, tick: i64) -> Result<f64> {
                let cell = self.cell()?;
                Ok(cell.core.bot().depth(cell.asset(asset)?).bid_qty_at_tick(tick))
            }

            /// Ask quantity at a price in ticks, 0 when there is no level.
            #[napi(catch_unwind)]
            pub fn ask_qty_at_tick(&self, asset: u32, tick: i64) -> Result<f64> {
                let cell = self.cell()?;
                Ok(cell.core.bot().depth(cell.asset(asset)?).ask_qty_at_tick(tick))
            }

            /// Writes the best levels; returns bids + asks * 65536.
            #[napi(catch_unwind)]
            pub fn depth(&mut self, asset: u32, levels: u32, mut out: Float64Array) -> Result<u32> {
                // SAFETY: the array is this call's own until it returns.
                let out = unsafe { out.as_mut() };
                self.cell_mut()?.depth(asset, levels, out)
            }

            /// Every order that the bot holds.
            #[napi(catch_unwind)]
            pub fn orders(&self, asset: u32) -> Result<Vec<NativeOrder>> {
                let cell = self.cell()?;
                Ok(cell.core.bot().orders(cell.asset(asset)?).values().map(NativeOrder::from).collect())
            }

            /// One order, null when the bot does not hold it.
            #[napi(catch_unwind)]
            pub fn order(&self, asset: u32, order_id: BigInt) -> Result<Option<NativeOrder>> {
                let cell = self.cell()?;
                Ok(cell.core.order(cell.asset(asset)?, id(&order_id, "orderId")?).map(NativeOrder::from))
            }

            /// Writes the last trades as records, oldest first; returns how many.
            #[napi(catch_unwind)]
            pub fn last_trades(&self, asset: u32, mut out: Uint8Array) -> Result<u32> {
                // SAFETY: the array is this call's own until it returns.
                let out = unsafe { out.as_mut() };
                self.cell()?.last_trades(asset, out)
            }

            /// Forgets the last trades.
            #[napi(catch_unwind)]
            pub fn clear_last_trades(&mut self, asset: u32) -> Result<()> {
                let mut cell = self.cell_mut()?;
                let asset = cell.asset(asset)?;
                cell.core.clear_last_trades(asset);
                Ok(())
            }

            /// [exchTsNs, localTsNs] of the last feed event.
            #[napi(catch_unwind)]
            pub fn feed_latency(&self, asset: u32) -> Result<Option<Vec<BigInt>>> {
                let cell = self.cell()?;
                let latency = cell.core.bot().feed_latency(cell.asset(asset)?);
                Ok(latency.map(|(exch, local)| vec![exch.into(), local.into()]))
            }

            /// [reqTsNs, exchTsNs, respTsNs] of the last order update.
            #[napi(catch_unwind)]
            pub fn order_latency(&self, asset: u32) -> Result<Option<Vec<BigInt>>> {
                let cell = self.cell()?;
                let latency = cell.core.bot().order_latency(cell.asset(asset)?);
                Ok(latency.map(|(req, exch, resp)| vec![req.into(), exch.into(), resp.into()]))
            }

            /// Asks for the instrument's state again.
            #[napi(catch_unwind)]
            pub fn resync(&mut self, asset: u32) -> Result<u8> {
                Ok(code(self.cell_mut()?.core.resync(asset as usize)))
            }

            /// Counters since the bot was made.
            #[napi(catch_unwind)]
            pub fn stats(&self) -> Result<NativeBotStats> {
                Ok(self.cell()?.core.stats().into())
            }

            /// The links with the connectors.
            #[napi(catch_unwind)]
            pub fn links(&self) -> Result<Vec<NativeLink>> {
                Ok(self.cell()?.core.links().into_iter().map(NativeLink::from).collect())
            }

            /// Ties the bot to a port of this process.
            #[napi(catch_unwind)]
            pub fn bind_port(&mut self, port_id: u32) -> Result<()> {
                let remote = port::find(port_id).ok_or_else(|| invalid(format!("portId: no open port {port_id}")))?;
                self.cell_mut()?.core.bind(remote);
                Ok(())
            }

            /// Frees shared memory; idempotent.
            #[napi(catch_unwind)]
            pub fn close(&mut self) {
                hot::leave_bot(self.handle);
                self.cell = None;
            }

            /// True after `close()`.
            #[napi(getter, catch_unwind)]
            pub fn closed(&self) -> bool {
                self.cell.is_none()
            }
        }
    };
}

live_bot_class!(
    /// A live bot on hftbacktest's `HashMapMarketDepth`.
    HashMapMarketDepthLiveBot,
    "HashMapMarketDepthLiveBot",
    HashMapMarketDepth,
    false
);
live_bot_class!(
    /// A live bot on hftbacktest's `ROIVectorMarketDepth`.
    RoiVectorMarketDepthLiveBot,
    "ROIVectorMarketDepthLiveBot",
    ROIVectorMarketDepth,
    true
);
