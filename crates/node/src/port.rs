//! The main thread's end of a bot that runs in a worker.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use core::ptr::NonNull;

use hbl_livebot::{Command, CommandKind, Remote, RingWriter};
use napi::{
    Status,
    bindgen_prelude::{BigInt, Function, Uint8Array},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;

use crate::{
    dto::{NativeBotStats, NativeLink, destination_tag, id},
    error::{Code, CodedError, Result, invalid},
    hot,
};

/// Weak: it never keeps the process alive. Unbounded, and called only when the consumer sleeps, so
/// that at most one call is under way.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true, 0>;

type Ports = Mutex<HashMap<u32, Arc<Remote>>>;

/// The addon is loaded once per process and used from several threads, each with its own
/// JavaScript world: a number is how they name what they share.
fn ports() -> MutexGuard<'static, HashMap<u32, Arc<Remote>>> {
    static PORTS: OnceLock<Ports> = OnceLock::new();
    PORTS
        .get_or_init(Ports::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// The open port of a number.
pub fn find(port_id: u32) -> Option<Arc<Remote>> {
    ports().get(&port_id).cloned()
}

/// The main thread's end of a bot that runs in a worker: a ring that the bot's thread fills, and a
/// queue of commands to it (orders through the `port…` functions).
///
/// A command returns its number (1, 2, …) at once; 0 when the queue is full or the port closed. Its
/// outcome comes back as a `Command` record only when it is an error.
#[napi]
pub struct NativePort {
    id: u32,
    remote: Arc<Remote>,
    // Referenced so that the ring stays until `close`.
    ring: Option<Uint8Array>,
}

impl NativePort {
    fn command(&self, asset: u32, order_id: u64, kind: CommandKind) -> f64 {
        let command = Command {
            number: 0,
            asset: asset as usize,
            order_id,
            kind,
            deadline_ns: None,
        };
        #[expect(clippy::cast_precision_loss, reason = "a bot never gets 2^53 commands")]
        self.remote
            .command(command)
            .map_or(0.0, |number| number as f64)
    }

    fn release(&mut self) {
        self.remote.close();
        ports().remove(&self.id);
        hot::leave_port(self.id);
        self.ring = None;
    }
}

impl Drop for NativePort {
    fn drop(&mut self) {
        self.release();
    }
}

#[napi]
impl NativePort {
    /// Opens a port. `ring` null: only for commands and stop (strategy mode). `onWake` runs on this
    /// thread when the ring holds records and its reader sleeps; calls are coalesced. Throws
    /// `code: 'InvalidArg'` for a ring of the wrong size.
    #[napi(
        constructor,
        catch_unwind,
        ts_args_type = "ring: Uint8Array | null, onWake: (() => void) | null"
    )]
    pub fn new(ring: Option<Uint8Array>, on_wake: Option<Function<'_, (), ()>>) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let mut ring = ring;
        let writer = match ring.as_mut() {
            None => None,
            Some(array) => {
                // SAFETY: only address and length are taken; the bot's thread is the one writer.
                let bytes = unsafe { array.as_mut() };
                // SAFETY: `self.ring` keeps the memory until `Remote::close` has taken the ring
                // away from the bot.
                let writer = NonNull::new(bytes.as_mut_ptr())
                    .and_then(|base| unsafe { RingWriter::new(base, bytes.len()) });
                Some(writer.ok_or_else(|| {
                    invalid("ring: must be 512 bytes and a power of two (at least 64) of 128-byte records, aligned to 8")
                })?)
            }
        };
        let wake: Box<dyn Fn() + Send + Sync> = match on_wake {
            None => Box::new(|| {}),
            Some(callback) => {
                let wake: Wake = callback
                    .build_threadsafe_function::<()>()
                    .callee_handled::<false>()
                    .weak::<true>()
                    .build()
                    .map_err(|error| CodedError::new(Code::Internal, error.reason.clone()))?;
                Box::new(move || {
                    // Fails only while the environment ends, when there is no thread left to wake.
                    let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
                })
            }
        };
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let remote = Arc::new(Remote::new(writer, wake));
        ports().insert(id, remote.clone());
        hot::enter_port(id, remote.clone());
        Ok(Self { id, remote, ring })
    }

    /// The port's number in this process.
    #[napi(getter, catch_unwind)]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Cancels every open order of the bot on the instrument.
    #[napi(catch_unwind)]
    pub fn cancel_all(&self, asset: u32) -> f64 {
        self.command(asset, 0, CommandKind::CancelAll)
    }

    /// Asks for the state of an order; records with it follow. Throws `code: 'InvalidArg'` for an id
    /// out of range.
    #[napi(catch_unwind)]
    pub fn ask_order(&self, asset: u32, order_id: BigInt) -> Result<f64> {
        let order_id = id(&order_id, "orderId")?;
        Ok(self.command(asset, order_id, CommandKind::AskOrder))
    }

    /// Forgets orders that have ended.
    #[napi(catch_unwind)]
    pub fn clear_inactive_orders(&self, asset: u32) -> f64 {
        self.command(asset, 0, CommandKind::ClearInactive)
    }

    /// Asks the connector for the instrument's state again: orders, position, book.
    #[napi(catch_unwind)]
    pub fn resync(&self, asset: u32) -> f64 {
        self.command(asset, 0, CommandKind::Resync)
    }

    /// Agrees that orders of the instrument's connector go to this destination. `orders` is an
    /// `Orders` number.
    #[napi(catch_unwind)]
    pub fn agree_orders(&self, asset: u32, orders: u32, environment: String) -> f64 {
        let tag = destination_tag(orders, &environment);
        self.command(asset, 0, CommandKind::AgreeOrders { tag })
    }

    /// Counters that the bot last reported, null before the first report.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> Option<NativeBotStats> {
        self.remote.report().0.map(NativeBotStats::from)
    }

    /// Links that the bot last reported, empty before the first report.
    #[napi(catch_unwind)]
    pub fn links(&self) -> Vec<NativeLink> {
        self.remote
            .report()
            .1
            .into_iter()
            .map(NativeLink::from)
            .collect()
    }

    /// Ends the bot's waits: they return -1; idempotent.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.remote.stop();
    }

    /// Releases the ring and the wake-up; idempotent.
    #[napi(catch_unwind)]
    pub fn close(&mut self) {
        self.release();
    }
}

/// `CLOCK_MONOTONIC` now, ns: the clock of `sentMonoNs` and `recvMonoNs`.
#[napi(catch_unwind)]
pub fn monotonic_ns() -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact below 2^53 ns, 104 days of uptime; then to 2 ns"
    )]
    let now = hbl_wire::clock::monotonic_ns() as f64;
    now
}
