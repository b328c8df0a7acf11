//! The calls of a running bot, as plain functions that take a number for the bot or port.
//!
//! A method of a napi-rs class costs some 300 ns before its first line (it registers the borrow of
//! `this` in a table), and a function of it twice what the same call costs from C++; so these are
//! callbacks of Node-API itself (`raw`). What is called once keeps its class. Their types in
//! TypeScript, which napi-rs writes for its own functions, stand in `hot.d.ts`.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use hbl_livebot::{Command, CommandKind, Remote};
use napi::{bindgen_prelude::Object, sys};
use napi_derive::napi;

use crate::{
    error::{Result, closed},
    raw::{Arguments, answer, export},
};

/// What a bot's thread calls all the time. Arguments are as JavaScript gives them.
pub trait HotBot {
    /// Waits for a batch of records; see `waitBatch` in lib/native/addon.ts.
    fn wait_batch(&mut self, timeout_ns: f64, max_records: f64) -> Result<i32>;
    /// Writes the time into the state block.
    fn note_time(&mut self);
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

/// 1 buy, -1 sell, 0 for anything else, which the core refuses.
#[expect(clippy::float_cmp, reason = "only the two exact numbers mean a side")]
fn side_of(number: f64) -> i8 {
    if number == 1.0 {
        1
    } else if number == -1.0 {
        -1
    } else {
        0
    }
}

type Call<const N: usize> = Arguments<N>;

/// `botWaitBatch(bot, timeoutNs, maxRecords)`: waits for a batch of records.
fn bot_wait_batch(call: &Call<3>) -> Result<f64> {
    let (timeout_ns, max_records) = (call.number(1, "timeoutNs")?, call.number(2, "maxRecords")?);
    with_bot(call.whole(0, "bot")?, |bot| {
        bot.wait_batch(timeout_ns, max_records)
    })
    .map(f64::from)
}

/// `botNoteTime(bot)`: writes the time into the state block.
fn bot_note_time(call: &Call<1>) -> Result<f64> {
    with_bot(call.whole(0, "bot")?, |bot| {
        bot.note_time();
        Ok(0.0)
    })
}

/// `botRun(bot, sliceNs)`: pumps records into the port's ring.
fn bot_run(call: &Call<2>) -> Result<f64> {
    let slice_ns = call.number(1, "sliceNs")?;
    with_bot(call.whole(0, "bot")?, |bot| bot.run(slice_ns)).map(f64::from)
}

/// The order in `orderId, side, price, qty, timeInForce, orderType`, from argument 2 on.
#[inline]
fn order_of<const N: usize>(call: &Call<N>) -> Result<OrderArguments> {
    Ok(OrderArguments {
        id: call.id(2, "orderId")?,
        side: side_of(call.number(3, "side")?),
        price: call.number(4, "price")?,
        qty: call.number(5, "qty")?,
        time_in_force: call.byte(6, "timeInForce")?,
        order_type: call.byte(7, "orderType")?,
    })
}

/// `botSubmitOrder(bot, asset, orderId, side, price, qty, timeInForce, orderType, waitNs)`.
fn bot_submit_order(call: &Call<9>) -> Result<f64> {
    let (asset, order, wait_ns) = (
        call.whole(1, "asset")?,
        order_of(call)?,
        call.number(8, "waitNs")?,
    );
    with_bot(call.whole(0, "bot")?, |bot| {
        bot.submit(asset, &order, wait_ns)
    })
    .map(f64::from)
}

/// `botModify(bot, asset, orderId, price, qty, waitNs)`.
fn bot_modify(call: &Call<6>) -> Result<f64> {
    let (asset, id) = (call.whole(1, "asset")?, call.id(2, "orderId")?);
    let (price, qty) = (call.number(3, "price")?, call.number(4, "qty")?);
    let wait_ns = call.number(5, "waitNs")?;
    with_bot(call.whole(0, "bot")?, |bot| {
        bot.modify(asset, id, price, qty, wait_ns)
    })
    .map(f64::from)
}

/// `botCancel(bot, asset, orderId, waitNs)`.
fn bot_cancel(call: &Call<4>) -> Result<f64> {
    let (asset, id) = (call.whole(1, "asset")?, call.id(2, "orderId")?);
    let wait_ns = call.number(3, "waitNs")?;
    with_bot(call.whole(0, "bot")?, |bot| bot.cancel(asset, id, wait_ns)).map(f64::from)
}

/// `portSubmitOrder(port, asset, orderId, side, price, qty, timeInForce, orderType)`: the command's
/// number, 0 when the queue is full or the port closed.
fn port_submit_order(call: &Call<8>) -> Result<f64> {
    let (port, asset) = (call.whole(0, "port")?, call.whole(1, "asset")?);
    let OrderArguments {
        id,
        side,
        price,
        qty,
        time_in_force,
        order_type,
    } = order_of(call)?;
    let kind = CommandKind::Submit {
        side,
        price,
        qty,
        time_in_force,
        order_type,
    };
    Ok(command(port, asset, id, kind))
}

/// `portModify(port, asset, orderId, price, qty)`, as `portSubmitOrder`.
fn port_modify(call: &Call<5>) -> Result<f64> {
    let (port, asset) = (call.whole(0, "port")?, call.whole(1, "asset")?);
    let id = call.id(2, "orderId")?;
    let (price, qty) = (call.number(3, "price")?, call.number(4, "qty")?);
    Ok(command(port, asset, id, CommandKind::Modify { price, qty }))
}

/// `portCancel(port, asset, orderId)`, as `portSubmitOrder`.
fn port_cancel(call: &Call<3>) -> Result<f64> {
    let (port, asset) = (call.whole(0, "port")?, call.whole(1, "asset")?);
    Ok(command(
        port,
        asset,
        call.id(2, "orderId")?,
        CommandKind::Cancel,
    ))
}

macro_rules! callback {
    ($call:path) => {{
        unsafe extern "C" fn enter(
            env: sys::napi_env,
            info: sys::napi_callback_info,
        ) -> sys::napi_value {
            // SAFETY: Node-API calls this with its own environment and call.
            unsafe { answer(env, info, $call) }
        }
        Some(
            enter
                as unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value,
        )
    }};
}

/// Exports the functions of this file; called once for each thread that loads the addon.
#[napi(module_exports)]
pub fn export_hot_calls(exports: Object<'_>) -> napi::Result<()> {
    export(
        &exports,
        &[
            ("botWaitBatch", callback!(bot_wait_batch)),
            ("botNoteTime", callback!(bot_note_time)),
            ("botRun", callback!(bot_run)),
            ("botSubmitOrder", callback!(bot_submit_order)),
            ("botModify", callback!(bot_modify)),
            ("botCancel", callback!(bot_cancel)),
            ("portSubmitOrder", callback!(port_submit_order)),
            ("portModify", callback!(port_modify)),
            ("portCancel", callback!(port_cancel)),
        ],
    )
}
