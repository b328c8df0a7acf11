//! The calls of a running bot, as plain functions that take a number for the bot or port.
//!
//! A method of a napi-rs class costs some 300 ns before its first line (it registers the borrow of
//! `this` in a table); a function costs what a function costs. What is called once keeps its class.

#![expect(
    clippy::too_many_arguments,
    reason = "numbers cross cheaper than an object"
)]

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use hbl_livebot::{Command, CommandKind, Remote};
use napi::bindgen_prelude::{FromNapiValue, TypeName, ValidateNapiValue};
use napi::{Error, Status, ValueType, sys};
use napi_derive::napi;

use crate::error::{Result, closed};

/// What a bot's thread calls all the time. Arguments are as JavaScript gives them.
pub trait HotBot {
    /// Waits for a batch of records; see `waitBatch` in lib/native/addon.ts.
    fn wait_batch(&mut self, timeout_ns: f64, max_records: f64) -> Result<i32>;
    /// Pumps records into the port's ring.
    fn run(&mut self, slice_ns: f64) -> Result<i32>;
    /// Opens an order; 0 or a `CommandError`.
    fn submit(&mut self, asset: u32, order: &OrderArguments, wait_ns: f64) -> Result<u8>;
    /// Changes an order.
    fn modify(&mut self, asset: u32, id: u64, price: f64, qty: f64, wait_ns: f64) -> Result<u8>;
    /// Cancels an order.
    fn cancel(&mut self, asset: u32, id: u64, wait_ns: f64) -> Result<u8>;
}

/// A new order.
pub struct OrderArguments {
    /// The bot's own id.
    pub id: u64,
    /// 1 buy, -1 sell; others are refused by the core.
    pub side: i8,
    /// Limit price.
    pub price: f64,
    /// Quantity.
    pub qty: f64,
    /// hftbacktest's number.
    pub time_in_force: u8,
    /// hftbacktest's number.
    pub order_type: u8,
}

type Bot = Rc<RefCell<dyn HotBot>>;

thread_local! {
    // A bot and a port are used on the thread that made them, so their numbers mean it there only.
    static BOTS: RefCell<Vec<(u32, Bot)>> = const { RefCell::new(Vec::new()) };
    static PORTS: RefCell<Vec<(u32, Arc<Remote>)>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u32> = const { Cell::new(1) };
}

/// Gives a bot of this thread its number.
pub fn enter_bot(bot: Bot) -> u32 {
    let handle = NEXT.with(|next| next.replace(next.get() + 1));
    BOTS.with_borrow_mut(|bots| bots.push((handle, bot)));
    handle
}

/// Takes a bot's number away.
pub fn leave_bot(handle: u32) {
    // A thread that ends has dropped its table before its last bots.
    let _ = BOTS.try_with(|bots| bots.borrow_mut().retain(|(known, _)| *known != handle));
}

/// Makes a port known on this thread.
pub fn enter_port(id: u32, remote: Arc<Remote>) {
    PORTS.with_borrow_mut(|ports| ports.push((id, remote)));
}

/// Takes a port away.
pub fn leave_port(id: u32) {
    let _ = PORTS.try_with(|ports| ports.borrow_mut().retain(|(known, _)| *known != id));
}

fn with_bot<T>(handle: u32, call: impl FnOnce(&mut dyn HotBot) -> Result<T>) -> Result<T> {
    BOTS.with_borrow(|bots| {
        let found = bots.iter().find(|(known, _)| *known == handle);
        let (_, bot) = found.ok_or_else(|| closed("bot"))?;
        // Taken already only when a call ends in a panic that JavaScript caught.
        let mut bot = bot.try_borrow_mut().map_err(|_| closed("bot"))?;
        call(&mut *bot)
    })
}

#[expect(clippy::cast_precision_loss, reason = "nobody gives 2^53 commands")]
fn command(port: u32, asset: u32, order_id: u64, kind: CommandKind) -> f64 {
    PORTS.with_borrow(|ports| {
        let found = ports.iter().find(|(known, _)| *known == port);
        let command = Command {
            number: 0,
            asset: asset as usize,
            order_id,
            kind,
        };
        found
            .and_then(|(_, remote)| remote.command(command))
            .map_or(0.0, |number| number as f64)
    })
}

/// A 64-bit id. napi-rs's own `BigInt` allocates.
pub struct OrderId(u64);

impl TypeName for OrderId {
    fn type_name() -> &'static str {
        "BigInt"
    }
    fn value_type() -> ValueType {
        ValueType::BigInt
    }
}

impl ValidateNapiValue for OrderId {}

impl FromNapiValue for OrderId {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Self> {
        let (mut id, mut lossless) = (0u64, false);
        // SAFETY: env and value are those of the call under way; both pointers are to locals.
        let status = unsafe {
            sys::napi_get_value_bigint_uint64(env, value, &raw mut id, &raw mut lossless)
        };
        if status == sys::Status::napi_ok && lossless {
            return Ok(Self(id));
        }
        let text = "orderId: must be a bigint from 0 to 2^64 - 1";
        Err(Error::new(Status::InvalidArg, text.to_owned()))
    }
}

/// Waits for a batch of records.
#[napi(catch_unwind)]
pub fn bot_wait_batch(bot: u32, timeout_ns: f64, max_records: f64) -> Result<i32> {
    with_bot(bot, |bot| bot.wait_batch(timeout_ns, max_records))
}

/// Pumps records into the port's ring.
#[napi(catch_unwind)]
pub fn bot_run(bot: u32, slice_ns: f64) -> Result<i32> {
    with_bot(bot, |bot| bot.run(slice_ns))
}

/// Opens an order.
#[napi(
    catch_unwind,
    ts_args_type = "bot: number, asset: number, orderId: bigint, side: number, price: number, qty: number, timeInForce: number, orderType: number, waitNs: number"
)]
pub fn bot_submit_order(
    bot: u32,
    asset: u32,
    order_id: OrderId,
    side: i32,
    price: f64,
    qty: f64,
    time_in_force: u8,
    order_type: u8,
    wait_ns: f64,
) -> Result<u8> {
    let order = OrderArguments {
        id: order_id.0,
        side: i8::try_from(side).unwrap_or(0),
        price,
        qty,
        time_in_force,
        order_type,
    };
    with_bot(bot, |bot| bot.submit(asset, &order, wait_ns))
}

/// Changes an order.
#[napi(
    catch_unwind,
    ts_args_type = "bot: number, asset: number, orderId: bigint, price: number, qty: number, waitNs: number"
)]
pub fn bot_modify(
    bot: u32,
    asset: u32,
    order_id: OrderId,
    price: f64,
    qty: f64,
    wait_ns: f64,
) -> Result<u8> {
    with_bot(bot, |bot| {
        bot.modify(asset, order_id.0, price, qty, wait_ns)
    })
}

/// Cancels an order.
#[napi(
    catch_unwind,
    ts_args_type = "bot: number, asset: number, orderId: bigint, waitNs: number"
)]
pub fn bot_cancel(bot: u32, asset: u32, order_id: OrderId, wait_ns: f64) -> Result<u8> {
    with_bot(bot, |bot| bot.cancel(asset, order_id.0, wait_ns))
}

/// Opens an order; the command's number, 0 when the queue is full or the port closed.
#[napi(
    catch_unwind,
    ts_args_type = "port: number, asset: number, orderId: bigint, side: number, price: number, qty: number, timeInForce: number, orderType: number"
)]
pub fn port_submit_order(
    port: u32,
    asset: u32,
    order_id: OrderId,
    side: i32,
    price: f64,
    qty: f64,
    time_in_force: u8,
    order_type: u8,
) -> f64 {
    let kind = CommandKind::Submit {
        side: i8::try_from(side).unwrap_or(0),
        price,
        qty,
        time_in_force,
        order_type,
    };
    command(port, asset, order_id.0, kind)
}

/// Changes an order.
#[napi(
    catch_unwind,
    ts_args_type = "port: number, asset: number, orderId: bigint, price: number, qty: number"
)]
pub fn port_modify(port: u32, asset: u32, order_id: OrderId, price: f64, qty: f64) -> f64 {
    command(port, asset, order_id.0, CommandKind::Modify { price, qty })
}

/// Cancels an order.
#[napi(
    catch_unwind,
    ts_args_type = "port: number, asset: number, orderId: bigint"
)]
pub fn port_cancel(port: u32, asset: u32, order_id: OrderId) -> f64 {
    command(port, asset, order_id.0, CommandKind::Cancel)
}
