//! Doorbells: a thread sleeps on a futex word in its control block, and a thread of another process wakes it.
//!
//! 1. The sleeper counts itself as asleep, checks once more for work, then sleeps on the value that the
//!    word had before the check.
//! 2. The waker publishes the work, then reads how many sleep, and only then changes the word and wakes.
//!
//! Each puts a full fence between its store and its load, so at least one of them sees the other: a
//! wake-up cannot be lost. Without sleepers ringing costs a fence and a load.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering, fence},
    },
    time::Duration,
};

use super::WakerAffinity;
use crate::ControlBlock;

/// A sleep shorter than this ends by itself, not by a wake-up: the thread is not pinned for it.
const PINNED_FROM: Duration = Duration::from_millis(1);

/// Rings the doorbell of a control block from any thread.
#[derive(Clone)]
pub struct Ringer(Arc<ControlBlock>);

impl Ringer {
    pub(crate) const fn new(block: Arc<ControlBlock>) -> Self {
        Self(block)
    }

    /// Wakes the owner of the control block if it sleeps. What it shall find must be published before.
    pub fn ring(&self) {
        ring(&self.0);
    }

    /// Whether this thread has woken another one since the last call. The kernel often queues the woken
    /// thread behind its waker on the same core: a waker without work should yield before it spins.
    #[must_use]
    pub fn take_woken() -> bool {
        WOKEN.take()
    }
}

thread_local! {
    static WOKEN: Cell<bool> = const { Cell::new(false) };
}

/// Wakes the owner of the control block if it sleeps.
pub(crate) fn ring(block: &ControlBlock) {
    ring_from(block, true);
}

/// The same; `awake`: the caller has not slept since it rang last.
pub(crate) fn ring_from(block: &ControlBlock, awake: bool) {
    let (bell, sleepers) = block.bell();
    fence(Ordering::SeqCst);
    if sleepers.load(Ordering::SeqCst) != 0 {
        block.wake_stamp().write(awake);
        bell.fetch_add(1, Ordering::SeqCst);
        futex::wake(bell);
        block.signal();
        WOKEN.set(true);
    }
}

/// Sleeps until the control block's bell rings or the time is over, unless `has_work` finds something.
pub(crate) fn sleep(
    block: &ControlBlock,
    timeout: Duration,
    affinity: &mut WakerAffinity,
    has_work: impl FnOnce() -> bool,
) {
    let (bell, sleepers) = block.bell();
    if timeout >= PINNED_FROM {
        affinity.pin();
    }
    let before = bell.load(Ordering::SeqCst);
    sleepers.fetch_add(1, Ordering::SeqCst);
    fence(Ordering::SeqCst);
    if !has_work() {
        futex::wait(bell, before, timeout);
    }
    sleepers.fetch_sub(1, Ordering::SeqCst);
    let stamp = (bell.load(Ordering::Relaxed) != before).then(|| block.wake_stamp());
    affinity.unpin(stamp);
}

/// Runs `sleep` while rings find a sleeper.
pub(crate) fn announced(block: &ControlBlock, sleep: impl FnOnce()) {
    let (_, sleepers) = block.bell();
    sleepers.fetch_add(1, Ordering::SeqCst);
    fence(Ordering::SeqCst);
    sleep();
    sleepers.fetch_sub(1, Ordering::SeqCst);
}

#[cfg(target_os = "linux")]
mod futex {
    use super::{AtomicU32, Duration};

    /// Sleeps while the word holds `expected`; returns early on a wake-up, a signal or time-out.
    pub(super) fn wait(word: &AtomicU32, expected: u32, timeout: Duration) {
        let timeout = libc::timespec {
            tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: timeout.subsec_nanos().into(),
        };
        // SAFETY: the word and the time-out outlive the call. Not FUTEX_PRIVATE: the word is
        // shared between processes. The relative time-out is measured on CLOCK_MONOTONIC.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAIT,
                expected,
                &raw const timeout,
            );
        }
    }

    pub(super) fn wake(word: &AtomicU32) {
        // SAFETY: the word outlives the call.
        unsafe {
            libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, i32::MAX);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod futex {
    use super::{AtomicU32, Duration};
    use std::thread;

    /// Without a futex between processes: short sleeps, so that a wake-up is late, never lost.
    pub(super) fn wait(_word: &AtomicU32, _expected: u32, timeout: Duration) {
        thread::sleep(timeout.min(Duration::from_micros(50)));
    }

    pub(super) fn wake(_word: &AtomicU32) {}
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicU64, thread, time::Instant};

    use super::*;
    use crate::{Capabilities, Hello, block_path::connector_path};

    #[test]
    fn no_wake_up_is_lost_over_many_hand_overs() {
        let name = format!("t-bell-{}", std::process::id());
        let hello = Hello {
            version: String::new(),
            kind: String::new(),
            capabilities: Capabilities::default(),
            destination: crate::Destination::default(),
        };
        let block = Arc::new(ControlBlock::own(connector_path(&name), &name, &hello).unwrap());
        let work = Arc::new(AtomicU64::new(0));
        let (ringer, brought) = (Ringer::new(block.clone()), work.clone());
        let total = 20_000;
        let started = Instant::now();
        let bringer = thread::spawn(move || {
            for i in 0..total {
                brought.fetch_add(1, Ordering::Release);
                ringer.ring();
                if i % 64 == 0 {
                    thread::sleep(Duration::from_micros(20));
                }
            }
        });
        let mut affinity = WakerAffinity::new(true);
        let mut done = 0;
        while done < total {
            sleep(&block, Duration::from_secs(5), &mut affinity, || {
                work.load(Ordering::Acquire) != done
            });
            done = work.load(Ordering::Acquire);
        }
        bringer.join().unwrap();
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "a sleeper waited for its time-out"
        );
    }
}
