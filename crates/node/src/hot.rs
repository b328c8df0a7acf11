//! The calls of a running bot, as plain functions that take a number for the bot or port.
//!
//! A method of a napi-rs class costs some 300 ns before its first line (it registers the borrow of
//! `this` in a table), and a function of it twice what the same call costs from C++; so these are
//! callbacks of Node-API itself (`raw`). What is called once keeps its class. napi-rs writes no
//! TypeScript for them: `.tools/addon-types.mjs` reads it from `raw_functions!` below.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

use hbl_livebot::{Command, CommandKind, OrderNumbers, Remote};
use hbl_wire::clock::monotonic_ns;
use napi::{bindgen_prelude::Object, sys};
use napi_derive::napi;

use crate::{
    dto::whole,
    error::{Result, closed},
    raw::{Arguments, answer, export},
};

/// What a bot's thread calls all the time. Arguments are as JavaScript gives them.
pub trait HotBot {
    /// Waits for a batch of records; see `botWaitBatch`.
    fn wait_batch(&mut self, timeout_ns: f64, max_records: f64) -> Result<i32>;
    /// Writes the time into the state block.
    fn note_time(&mut self);
    /// Pumps records into the port's ring.
    fn run(&mut self, slice_ns: f64) -> Result<i32>;
    /// Opens an order; 0 or a `CommandError`, as the next two.
    fn submit(&mut self, asset: u32, id: u64, order: &OrderNumbers, wait_ns: f64) -> Result<u8>;
    fn modify(&mut self, asset: u32, id: u64, price: f64, qty: f64, wait_ns: f64) -> Result<u8>;
    fn cancel(&mut self, asset: u32, id: u64, wait_ns: f64) -> Result<u8>;
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

#[expect(clippy::cast_precision_loss, reason = "a bot never gets 2^53 commands")]
fn command(
    port: u32,
    asset: u32,
    order_id: u64,
    kind: CommandKind,
    deadline_ns: Option<u64>,
) -> f64 {
    PORTS.with_borrow(|ports| {
        let found = ports.iter().find(|(known, _)| *known == port);
        let command = Command {
            number: 0,
            asset: asset as usize,
            order_id,
            kind,
            deadline_ns,
        };
        found
            .and_then(|(_, remote)| remote.command(command))
            .map_or(0.0, |number| number as f64)
    })
}

/// When a request is over that is good for so long; 0: for as long as the bot's own orders.
fn deadline_of(good_for_ns: f64) -> Result<Option<u64>> {
    let good_for_ns = whole(good_for_ns, "goodForNs")?;
    Ok((good_for_ns > 0).then(|| monotonic_ns().saturating_add(good_for_ns)))
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

fn bot_wait_batch(call: &Call<3>) -> Result<f64> {
    let (timeout_ns, max_records) = (call.number(1, "timeoutNs")?, call.number(2, "maxRecords")?);
    with_bot(call.whole(0, "bot")?, |bot| {
        bot.wait_batch(timeout_ns, max_records)
    })
    .map(f64::from)
}

fn bot_note_time(call: &Call<1>) -> Result<f64> {
    with_bot(call.whole(0, "bot")?, |bot| {
        bot.note_time();
        Ok(0.0)
    })
}

fn bot_run(call: &Call<2>) -> Result<f64> {
    let slice_ns = call.number(1, "sliceNs")?;
    with_bot(call.whole(0, "bot")?, |bot| bot.run(slice_ns)).map(f64::from)
}

/// Id and order in `orderId, side, price, qty, timeInForce, orderType`, from argument 2 on.
#[inline]
fn order_of(call: &Call<9>) -> Result<(u64, OrderNumbers)> {
    let id = call.id(2, "orderId")?;
    let order = OrderNumbers {
        side: side_of(call.number(3, "side")?),
        price: call.number(4, "price")?,
        qty: call.number(5, "qty")?,
        time_in_force: call.byte(6, "timeInForce")?,
        order_type: call.byte(7, "orderType")?,
    };
    Ok((id, order))
}

fn bot_submit_order(call: &Call<9>) -> Result<f64> {
    let asset = call.whole(1, "asset")?;
    let (id, order) = order_of(call)?;
    let wait_ns = call.number(8, "waitNs")?;
    with_bot(call.whole(0, "bot")?, |bot| {
        bot.submit(asset, id, &order, wait_ns)
    })
    .map(f64::from)
}

fn bot_modify(call: &Call<6>) -> Result<f64> {
    let (asset, id) = (call.whole(1, "asset")?, call.id(2, "orderId")?);
    let (price, qty) = (call.number(3, "price")?, call.number(4, "qty")?);
    let wait_ns = call.number(5, "waitNs")?;
    with_bot(call.whole(0, "bot")?, |bot| {
        bot.modify(asset, id, price, qty, wait_ns)
    })
    .map(f64::from)
}

fn bot_cancel(call: &Call<4>) -> Result<f64> {
    let (asset, id) = (call.whole(1, "asset")?, call.id(2, "orderId")?);
    let wait_ns = call.number(3, "waitNs")?;
    with_bot(call.whole(0, "bot")?, |bot| bot.cancel(asset, id, wait_ns)).map(f64::from)
}

fn port_submit_order(call: &Call<9>) -> Result<f64> {
    let (port, asset) = (call.whole(0, "port")?, call.whole(1, "asset")?);
    let (id, order) = order_of(call)?;
    let deadline_ns = deadline_of(call.number(8, "goodForNs")?)?;
    let kind = CommandKind::Submit(order);
    Ok(command(port, asset, id, kind, deadline_ns))
}

fn port_modify(call: &Call<6>) -> Result<f64> {
    let (port, asset) = (call.whole(0, "port")?, call.whole(1, "asset")?);
    let id = call.id(2, "orderId")?;
    let (price, qty) = (call.number(3, "price")?, call.number(4, "qty")?);
    let deadline_ns = deadline_of(call.number(5, "goodForNs")?)?;
    let kind = CommandKind::Modify { price, qty };
    Ok(command(port, asset, id, kind, deadline_ns))
}

fn port_cancel(call: &Call<3>) -> Result<f64> {
    let (port, asset) = (call.whole(0, "port")?, call.whole(1, "asset")?);
    Ok(command(
        port,
        asset,
        call.id(2, "orderId")?,
        CommandKind::Cancel,
        None,
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

/// The exported functions: doc and signature in TypeScript, and the function in Rust. The signature
/// must have as many arguments as the function reads.
macro_rules! raw_functions {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident($($argument:ident: $type:ident),+ $(,)?): $returned:ident => $call:ident;
    )+) => {
        $(const _: fn(&Call<{ [$(stringify!($argument)),+].len() }>) -> Result<f64> = $call;)+

        /// Exports the functions of this file; called once for each thread that loads the addon.
        #[napi(module_exports)]
        pub fn export_hot_calls(exports: Object<'_>) -> napi::Result<()> {
            export(&exports, &[$((stringify!($name), callback!($call))),+])
        }
    };
}

// A method of a class takes four times as long to enter: `npm run bench -- boundary`.
raw_functions! {
    /// Waits until something arrives, at most `timeoutNs` and 100 ms, then writes up to `maxRecords`
    /// records from offset 0 of the attached buffer. Returns the number of records: 0 on time-out, -1
    /// after `NativePort.stop()`, `-1 - CommandError` when shared memory fails. Throws
    /// `code: 'Closed'`, as every `bot…` function, for the handle of a closed bot or of a bot of
    /// another thread.
    botWaitBatch(bot: number, timeoutNs: number, maxRecords: number): number => bot_wait_batch;

    /// Writes `CLOCK_MONOTONIC` now, ns, into `StateField.monotonicNs` and returns 0: `monotonicNs`
    /// allocates the number that it returns.
    botNoteTime(bot: number): number => bot_note_time;

    /// Client mode: writes records into the port's ring, carries out its commands and wakes its
    /// thread, for at most `sliceNs` and 100 ms. Returns 0 to be called again, -1 when stopped.
    botRun(bot: number, sliceNs: number): number => bot_run;

    /// Submits an order. `side`: 1 buy, -1 sell. `waitNs` > 0: waits that long, at most 100 ms, for
    /// the first response. Returns a `CommandError` number, 0 when the order was sent.
    botSubmitOrder(
        bot: number,
        asset: number,
        orderId: bigint,
        side: number,
        price: number,
        qty: number,
        timeInForce: number,
        orderType: number,
        waitNs: number,
    ): number => bot_submit_order;

    /// Amends price and quantity of an order. `waitNs` and the result are as in `botSubmitOrder`.
    botModify(
        bot: number,
        asset: number,
        orderId: bigint,
        price: number,
        qty: number,
        waitNs: number,
    ): number => bot_modify;

    /// Cancels an order. `waitNs` and the result are as in `botSubmitOrder`.
    botCancel(bot: number, asset: number, orderId: bigint, waitNs: number): number => bot_cancel;

    /// Submits an order as a command of a port. `goodForNs`: time within which it may be sent, 0 for
    /// the bot's `orderDeadlineNs`. Returns the command's number; 0 when the queue is full, and for
    /// a port that is closed or of another thread.
    portSubmitOrder(
        port: number,
        asset: number,
        orderId: bigint,
        side: number,
        price: number,
        qty: number,
        timeInForce: number,
        orderType: number,
        goodForNs: number,
    ): number => port_submit_order;

    /// Amends an order as a command of a port. `goodForNs` and the result are as in `portSubmitOrder`.
    portModify(
        port: number,
        asset: number,
        orderId: bigint,
        price: number,
        qty: number,
        goodForNs: number,
    ): number => port_modify;

    /// Cancels an order as a command of a port. The result is as in `portSubmitOrder`.
    portCancel(port: number, asset: number, orderId: bigint): number => port_cancel;
}
