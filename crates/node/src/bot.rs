//! The bot classes: a macro that spells out the exports once, over `BotCell`.

use std::{
    cell::{Ref, RefCell, RefMut},
    rc::Rc,
};

use hbl_livebot::{LadderMarketDepth, best_ask, best_bid};
use hftbacktest::{
    depth::{HashMapMarketDepth, MarketDepth, ROIVectorMarketDepth},
    types::Bot,
};
use napi::bindgen_prelude::{BigInt, Float64Array, Uint8Array};
use napi_derive::napi;

use crate::{
    SLICE_MAX_NS,
    bot_cell::{BotCell, code, elapse_code, slice},
    direct,
    dto::{NativeBotConfig, NativeBotStats, NativeLink, NativeOrder, destination_tag, id},
    error::{Result, closed, invalid},
    hot, port,
};

macro_rules! live_bot_class {
    // The doc is a string: napi-derive prints a `///` that has passed through a macro with its quotes.
    ($class:ident, $js:literal, $doc:tt, $depth:ty, $with_roi:literal) => {
        #[doc = $doc]
        #[doc = ""]
        #[doc = "It lives on the thread that made it; after `close()` every method throws `code: 'Closed'`."]
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
            /// Builds a bot and registers its instruments. Throws `code: 'InvalidArg'`, `'AlreadyRunning'`
            /// (another bot has this id) or `'SharedMemory'`.
            #[napi(constructor, catch_unwind)]
            pub fn new(config: NativeBotConfig) -> Result<Self> {
                let cell = Rc::new(RefCell::new(BotCell::new(&config, $with_roi)?));
                let handle = hot::enter_bot(cell.clone());
                Ok(Self {
                    handle,
                    cell: Some(cell),
                })
            }

            /// The bot's number in the `bot…` functions, on the thread that made it.
            #[napi(getter, catch_unwind)]
            pub fn handle(&self) -> u32 {
                self.handle
            }

            /// The bot's id on the wire.
            #[napi(getter, catch_unwind)]
            pub fn bot_id(&self) -> Result<u64> {
                Ok(self.cell()?.core.id())
            }

            /// Sets the memory that waits write to: `records` takes the records of `botWaitBatch` and of the
            /// other waits, `state` one block of `STATE_BYTES` per instrument.
            #[napi(catch_unwind)]
            pub fn attach(&mut self, records: Uint8Array, state: Uint8Array) -> Result<()> {
                self.cell_mut()?.attach(records, state)
            }

            /// hftbacktest's `wait_next_feed`. Waits at most 100 ms and writes what arrives as records.
            /// Returns an `ElapseResult` number, or a `CommandError` number when it fails.
            #[napi(catch_unwind)]
            pub fn wait_next_feed(
                &mut self,
                include_order_resp: bool,
                timeout_ns: f64,
            ) -> Result<i32> {
                let timeout_ns = slice(timeout_ns, "timeoutNs")?;
                Ok(elapse_code(
                    self.cell_mut()?
                        .core
                        .wait_next_feed(include_order_resp, timeout_ns),
                ))
            }

            /// hftbacktest's `wait_order_response`: waits for the next response to this order. Returns as
            /// `waitNextFeed`.
            #[napi(catch_unwind)]
            pub fn wait_order_response(
                &mut self,
                asset: u32,
                order_id: BigInt,
                timeout_ns: f64,
            ) -> Result<i32> {
                let (order_id, timeout_ns) =
                    (id(&order_id, "orderId")?, slice(timeout_ns, "timeoutNs")?);
                Ok(elapse_code(self.cell_mut()?.core.wait_order_response(
                    asset as usize,
                    order_id,
                    timeout_ns,
                )))
            }

            /// hftbacktest's `elapse`: takes in what arrives during `durationNs`, at most 100 ms. Returns as
            /// `waitNextFeed`.
            #[napi(catch_unwind)]
            pub fn elapse(&mut self, duration_ns: f64) -> Result<i32> {
                let duration_ns = slice(duration_ns, "durationNs")?;
                Ok(elapse_code(self.cell_mut()?.core.elapse(duration_ns)))
            }

            /// Number of records that the last wait wrote.
            #[napi(catch_unwind)]
            pub fn record_count(&self) -> Result<u32> {
                Ok(u32::try_from(self.cell()?.core.record_count()).unwrap_or(u32::MAX))
            }

            /// Cancels every open order of this bot on the instrument: with one message those that the
            /// connector follows, acknowledged or not, and with one each the unconfirmed ones. Returns a
            /// `CommandError` number, 0 when all of it was sent.
            #[napi(catch_unwind)]
            pub fn cancel_all(&mut self, asset: u32) -> Result<u8> {
                Ok(code(self.cell_mut()?.core.cancel_all(asset as usize)))
            }

            /// Forgets orders that have ended.
            #[napi(catch_unwind)]
            pub fn clear_inactive_orders(&mut self, asset: u32) -> Result<()> {
                let mut cell = self.cell_mut()?;
                let asset = cell.asset(asset)?;
                // The number was checked just above, which is all that can be wrong.
                let _ = cell.core.clear_inactive_orders(asset);
                Ok(())
            }

            /// Wall clock now, Unix ns.
            #[napi(catch_unwind)]
            pub fn current_timestamp_ns(&self) -> Result<BigInt> {
                Ok(self.cell()?.core.current_timestamp().into())
            }

            /// Number of instruments.
            #[napi(catch_unwind)]
            pub fn num_assets(&self) -> Result<u32> {
                Ok(u32::try_from(self.cell()?.core.num_assets()).unwrap_or(u32::MAX))
            }

            /// Signed position, NaN while it is not known.
            #[napi(catch_unwind)]
            pub fn position(&self, asset: u32) -> Result<f64> {
                let cell = self.cell()?;
                Ok(cell.core.position(cell.asset(asset)?))
            }

            /// Price of the best bid, NaN when there is none.
            #[napi(catch_unwind)]
            pub fn best_bid(&self, asset: u32) -> Result<f64> {
                let cell = self.cell()?;
                Ok(best_bid(cell.core.bot().depth(cell.asset(asset)?)))
            }

            /// Price of the best ask, NaN when there is none.
            #[napi(catch_unwind)]
            pub fn best_ask(&self, asset: u32) -> Result<f64> {
                let cell = self.cell()?;
                Ok(best_ask(cell.core.bot().depth(cell.asset(asset)?)))
            }

            /// Bid quantity at a price in ticks, 0 when there is no level.
            #[napi(catch_unwind)]
            pub fn bid_qty_at_tick(&self, asset: u32, tick: i64) -> Result<f64> {
                let cell = self.cell()?;
                Ok(cell
                    .core
                    .bot()
                    .depth(cell.asset(asset)?)
                    .bid_qty_at_tick(tick))
            }

            /// Ask quantity at a price in ticks, 0 when there is no level.
            #[napi(catch_unwind)]
            pub fn ask_qty_at_tick(&self, asset: u32, tick: i64) -> Result<f64> {
                let cell = self.cell()?;
                Ok(cell
                    .core
                    .bot()
                    .depth(cell.asset(asset)?)
                    .ask_qty_at_tick(tick))
            }

            /// Writes up to `levels` pairs (price, quantity) of each side, best first, bids then asks.
            /// Returns bids + asks * 65536.
            #[napi(catch_unwind)]
            pub fn depth(&mut self, asset: u32, levels: u32, mut out: Float64Array) -> Result<u32> {
                // SAFETY: the array is this call's own until it returns.
                let out = unsafe { out.as_mut() };
                self.cell_mut()?.depth(asset, levels, out)
            }

            /// Every order that the bot holds, by their ids.
            #[napi(catch_unwind)]
            pub fn orders(&self, asset: u32) -> Result<Vec<NativeOrder>> {
                let cell = self.cell()?;
                let orders = cell.core.bot().orders(cell.asset(asset)?);
                let mut orders: Vec<_> = orders.values().collect();
                orders.sort_unstable_by_key(|order| order.order_id);
                Ok(orders.into_iter().map(NativeOrder::from).collect())
            }

            /// One order, null when the bot does not hold it.
            #[napi(catch_unwind)]
            pub fn order(&self, asset: u32, order_id: BigInt) -> Result<Option<NativeOrder>> {
                let cell = self.cell()?;
                Ok(cell
                    .core
                    .order(cell.asset(asset)?, id(&order_id, "orderId")?)
                    .map(NativeOrder::from))
            }

            /// Writes the last trades as `Trade` records, oldest first. Returns how many.
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

            /// `[exchTsNs, localTsNs]` of the last feed event, null before the first.
            #[napi(catch_unwind)]
            pub fn feed_latency(&self, asset: u32) -> Result<Option<Vec<BigInt>>> {
                let cell = self.cell()?;
                let latency = cell.core.bot().feed_latency(cell.asset(asset)?);
                Ok(latency.map(|(exch, local)| vec![exch.into(), local.into()]))
            }

            /// `[reqTsNs, exchTsNs, respTsNs]` of the last order update, null before the first.
            #[napi(catch_unwind)]
            pub fn order_latency(&self, asset: u32) -> Result<Option<Vec<BigInt>>> {
                let cell = self.cell()?;
                let latency = cell.core.order_latency(cell.asset(asset)?);
                Ok(latency.map(|(req, exch, resp)| vec![req.into(), exch.into(), resp.into()]))
            }

            /// Asks the connector for the instrument's state again: orders, position, book. Returns a
            /// `CommandError` number, 0 when it was sent.
            #[napi(catch_unwind)]
            pub fn resync(&mut self, asset: u32) -> Result<u8> {
                Ok(code(self.cell_mut()?.core.resync(asset as usize)))
            }

            /// Agrees that orders of the instrument's connector go to this destination. `orders` is an
            /// `Orders` number. Returns a `CommandError` number, 0 when they go there.
            #[napi(catch_unwind)]
            pub fn agree_orders(
                &mut self,
                asset: u32,
                orders: u32,
                environment: String,
            ) -> Result<u8> {
                let tag = destination_tag(orders, &environment);
                Ok(code(
                    self.cell_mut()?.core.agree_orders(asset as usize, tag),
                ))
            }

            /// Counters since the bot was made.
            #[napi(catch_unwind)]
            pub fn stats(&self) -> Result<NativeBotStats> {
                Ok(self.cell()?.core.stats().into())
            }

            /// State of every connector of this bot.
            #[napi(catch_unwind)]
            pub fn links(&self) -> Result<Vec<NativeLink>> {
                Ok(self
                    .cell()?
                    .core
                    .links()
                    .into_iter()
                    .map(NativeLink::from)
                    .collect())
            }

            /// Ties the bot to a port of this process: commands come from it, `botRun` writes to its ring.
            #[napi(catch_unwind)]
            pub fn bind_port(&mut self, port_id: u32) -> Result<()> {
                let remote = port::find(port_id)
                    .ok_or_else(|| invalid(format!("portId: no open port {port_id}")))?;
                self.cell_mut()?.core.bind(remote);
                Ok(())
            }

            /// Unties the bot from its port: a stop has no effect any more.
            #[napi(catch_unwind)]
            pub fn unbind_port(&mut self) -> Result<()> {
                self.cell_mut()?.core.unbind();
                Ok(())
            }

            /// Puts a fault into the instrument's connector, which runs by a virtual clock: `gap`, `stale`,
            /// `reject` (the next order, with `code` and `text`), `silence` (nothing of the next order is
            /// reported), `late_fill` (of the next fill) or `disconnect`. `forNs` is how long it lasts. False
            /// where there is no virtual clock.
            #[napi(catch_unwind)]
            pub fn inject_fault(
                &mut self,
                asset: u32,
                fault: String,
                for_ns: f64,
                code: i64,
                text: String,
            ) -> Result<bool> {
                let mut cell = self.cell_mut()?;
                let asset = cell.asset(asset)?;
                let symbol = cell.core.symbol(asset);
                let fault = direct::fault(&fault, symbol, for_ns, (code, text))?;
                Ok(cell.core.inject(asset, fault))
            }

            /// Sets the virtual wall clock forward by `byNs`, or back. False for the machine's clock, which is
            /// left alone.
            #[napi(catch_unwind)]
            pub fn step_wall_clock(&mut self, by_ns: i64) -> Result<bool> {
                Ok(self.cell_mut()?.core.step_wall_clock(by_ns))
            }

            /// Ends the connectors that run on this thread. null while something that was asked of them is
            /// not sent or not answered: call again; each call waits 100 ms at most. Else the orders that
            /// stay open at their venues, one JSON object each; only `close()` may follow.
            #[napi(catch_unwind)]
            pub fn stop_direct(&mut self) -> Result<Option<Vec<String>>> {
                Ok(self.cell_mut()?.core.stop_direct(SLICE_MAX_NS))
            }

            /// Releases the shared memory; idempotent.
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
    HashMapMarketDepthLiveBot,
    "HashMapMarketDepthLiveBot",
    "A live bot whose book keeps every level, with the results of hftbacktest's `HashMapMarketDepth`.",
    LadderMarketDepth,
    false
);
live_bot_class!(
    UpstreamHashMapMarketDepthLiveBot,
    "UpstreamHashMapMarketDepthLiveBot",
    "A live bot on hftbacktest's own `HashMapMarketDepth`, for comparison: it looks for the next best price tick by tick.",
    HashMapMarketDepth,
    false
);
live_bot_class!(
    ROIVectorMarketDepthLiveBot,
    "ROIVectorMarketDepthLiveBot",
    "A live bot on hftbacktest's `ROIVectorMarketDepth`: its book keeps the range of interest only.",
    ROIVectorMarketDepth,
    true
);
