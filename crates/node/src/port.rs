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
    bindgen_prelude::{Function, Uint8Array},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;

use crate::{
    dto::{NativeBotStats, NativeLink},
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

/// A ring that a bot's thread fills, and a queue of commands to it.
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
        };
        #[expect(clippy::cast_precision_loss, reason = "nobody gives 2^53 commands")]
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
    /// A port; `ring` null makes one for commands and stop only.
    #[napi(constructor, catch_unwind)]
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
                    // Fails only while the environment ends, when nobody is left to be woken.
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

    /// Forgets final orders.
    #[napi(catch_unwind)]
    pub fn clear_inactive_orders(&self, asset: u32) -> f64 {
        self.command(asset, 0, CommandKind::ClearInactive)
    }

    /// Asks for the instrument's state again.
    #[napi(catch_unwind)]
    pub fn resync(&self, asset: u32) -> f64 {
        self.command(asset, 0, CommandKind::Resync)
    }

    /// Counters that the bot last reported, null before the first report.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> Option<NativeBotStats> {
        self.remote.report().0.map(NativeBotStats::from)
    }

    /// Links that the bot last reported.
    #[napi(catch_unwind)]
    pub fn links(&self) -> Vec<NativeLink> {
        self.remote
            .report()
            .1
            .into_iter()
            .map(NativeLink::from)
            .collect()
    }

    /// Ends the bot's waits; idempotent.
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

/// `CLOCK_MONOTONIC` now, nanoseconds.
#[napi(catch_unwind)]
pub fn monotonic_ns() -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact below 2^53 ns, 104 days of uptime; then to 2 ns"
    )]
    let now = hbl_wire::clock::monotonic_ns() as f64;
    now
}
