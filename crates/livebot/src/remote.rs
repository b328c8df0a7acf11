//! The handle of a bot on another thread: stop, commands, the ring and the wake-up.
//!
//! 1. The bot's thread is the only writer of the ring, and writes only while it holds a
//!    [`Pump`], never while it waits. [`Remote::close`] forbids the next pump and waits for the
//!    end of the present one; after it the ring's memory may go.
//! 2. Commands are published before the doorbell rings; the bot looks for them before it sleeps. Only
//!    commands and the stop end [`Remote::sleep`], messages do not.
//! 3. The wake-up is called at most once per time that the consumer went to sleep, from the bot's
//!    thread, never under a lock that the consumer needs.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};

use hbl_wire::Ringer;

use crate::{command::Command, link::LinkView, ring::RingWriter, sink::Stats};

/// Commands that may wait; a bot takes them within microseconds, so more means it is stuck.
const COMMANDS_MAX: usize = 4_096;

/// Shared by a bot's thread and the thread that commands it.
pub struct Remote {
    stop: AtomicBool,
    closed: AtomicBool,
    pumping: AtomicBool,
    next_number: AtomicU64,
    has_commands: AtomicBool,
    commands: Mutex<VecDeque<Command>>,
    bot: Mutex<Option<(Ringer, Thread)>>,
    ring: Mutex<Option<RingWriter>>,
    wake: Box<dyn Fn() + Send + Sync>,
    report: Mutex<(Option<Stats>, Vec<LinkView>)>,
}

/// A panic elsewhere never leaves these values half-written.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Remote {
    /// A remote with an optional ring; `wake` is called when the ring's consumer must wake up.
    #[must_use]
    pub fn new(ring: Option<RingWriter>, wake: Box<dyn Fn() + Send + Sync>) -> Self {
        Self {
            stop: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            pumping: AtomicBool::new(false),
            next_number: AtomicU64::new(0),
            has_commands: AtomicBool::new(false),
            commands: Mutex::new(VecDeque::new()),
            bot: Mutex::new(None),
            ring: Mutex::new(ring),
            wake,
            report: Mutex::default(),
        }
    }

    /// Gives a command to the bot and returns its number; `None` when the bot is stopped or too
    /// many commands wait.
    pub fn command(&self, mut command: Command) -> Option<u64> {
        if self.stop.load(Ordering::Acquire) {
            return None;
        }
        command.number = self.next_number.fetch_add(1, Ordering::Relaxed) + 1;
        {
            let mut commands = locked(&self.commands);
            if commands.len() >= COMMANDS_MAX {
                return None;
            }
            commands.push_back(command);
            self.has_commands.store(true, Ordering::Release);
        }
        self.ring_bell();
        Some(command.number)
    }

    /// Ends the bot's waits; idempotent.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.ring_bell();
    }

    /// Takes the ring away from the bot; when this returns the bot no longer touches it.
    pub fn close(&self) {
        self.stop();
        self.closed.store(true, Ordering::SeqCst);
        while self.pumping.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        locked(&self.ring).take();
        // It holds the bot's control block, and with it the bot's id.
        locked(&self.bot).take();
    }

    /// True after [`Remote::stop`].
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// The last report of the bot.
    #[must_use]
    pub fn report(&self) -> (Option<Stats>, Vec<LinkView>) {
        locked(&self.report).clone()
    }

    fn ring_bell(&self) {
        let bot = locked(&self.bot).clone();
        if let Some((ringer, thread)) = bot {
            ringer.ring();
            thread.unpark();
        }
    }

    /// Ties the bot of this thread to the remote.
    pub(crate) fn bind(&self, ringer: Ringer) {
        *locked(&self.bot) = Some((ringer, thread::current()));
    }

    /// Sleeps on the bot's thread for `time`, or until there is a command or the stop.
    pub(crate) fn sleep(&self, time: Duration) {
        // A command or stop after this check unparks the thread first, and parking returns at once.
        if !self.has_commands() && !self.is_stopped() {
            thread::park_timeout(time);
        }
    }

    /// Releases the bot's control block, which must not outlive the bot when the remote does.
    pub(crate) fn unbind(&self) {
        locked(&self.bot).take();
    }

    pub(crate) fn has_commands(&self) -> bool {
        self.has_commands.load(Ordering::Acquire)
    }

    /// The next command, oldest first.
    pub(crate) fn next_command(&self) -> Option<Command> {
        let mut commands = locked(&self.commands);
        let command = commands.pop_front();
        if commands.is_empty() {
            self.has_commands.store(false, Ordering::Release);
        }
        command
    }

    pub(crate) fn take_ring(&self) -> Option<RingWriter> {
        locked(&self.ring).take()
    }

    /// Announces that the ring will be written to, until the guard is dropped; `None` when it is
    /// closed. A guard, so that a panic in between cannot leave [`Remote::close`] waiting.
    pub(crate) fn pump(&self) -> Option<Pump<'_>> {
        self.pumping.store(true, Ordering::SeqCst);
        let pump = Pump(self);
        (!self.closed.load(Ordering::SeqCst)).then_some(pump)
    }

    pub(crate) fn wake(&self) {
        if !self.closed.load(Ordering::Acquire) {
            (self.wake)();
        }
    }

    pub(crate) fn set_report(&self, stats: Stats, links: Option<Vec<LinkView>>) {
        let mut report = locked(&self.report);
        report.0 = Some(stats);
        if let Some(links) = links {
            report.1 = links;
        }
    }
}

/// The bot writes to the ring.
pub(crate) struct Pump<'a>(&'a Remote);

impl Drop for Pump<'_> {
    fn drop(&mut self) {
        self.0.pumping.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{Arc, mpsc},
        thread,
        time::{Duration, Instant},
    };

    use hbl_wire::{BotControlBlock, random_bot_id};

    use super::Remote;
    use crate::command::{Command, CommandKind};

    #[test]
    fn a_command_ends_a_batch_sleep_and_keeps_the_next_from_beginning() {
        const LONG: Duration = Duration::from_secs(60);
        let block = BotControlBlock::own(random_bot_id()).unwrap();
        let remote = Arc::new(Remote::new(None, Box::new(|| {})));
        let (bound, is_bound) = mpsc::channel();
        let bot = {
            let (remote, ringer) = (remote.clone(), block.ringer());
            thread::spawn(move || {
                remote.bind(ringer);
                bound.send(()).unwrap();
                let start = Instant::now();
                while !remote.has_commands() {
                    remote.sleep(LONG);
                }
                remote.sleep(LONG);
                start.elapsed()
            })
        };
        is_bound.recv().unwrap();
        thread::sleep(Duration::from_millis(20));
        let command = Command {
            number: 0,
            asset: 0,
            order_id: 0,
            kind: CommandKind::Resync,
            deadline_ns: None,
        };
        assert_eq!(remote.command(command), Some(1));
        assert!(bot.join().unwrap() < LONG);
    }

    #[test]
    fn a_panic_while_pumping_does_not_keep_close_waiting() {
        let remote = Remote::new(None, Box::new(|| {}));
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _pump = remote.pump();
            panic!("in the middle of a pump");
        }));
        assert!(panicked.is_err());
        remote.close();
        assert!(remote.pump().is_none());
        remote.close();
    }
}
