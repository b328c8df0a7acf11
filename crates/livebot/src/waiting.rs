//! The waits of a bot: `wait_batch` and `run`, which take everything that is there, and hftbacktest's own.

use hftbacktest::{
    live::{BotError, LiveBot},
    types::{Bot, ElapseResult, LiveEvent, Order},
};

use crate::{
    book::Book, channel::TapChannel, error::CommandError, idle::BATCH_SLEEP, live_core::LiveCore,
    shared::Mode,
};

/// Messages taken between two looks at commands and links.
const DRAIN_MAX: u32 = 512;
/// A batch that was interrupted is finished in the same wait, but not for ever.
const BATCH_DRAINS_MAX: u32 = 64;
/// `LiveBot::elapse` without a limit: the channel ends it.
const UNBOUNDED_NS: i64 = i64::MAX;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This many records were written.
    Records(usize),
    /// The bot was stopped.
    Stopped,
}

impl<MD: Book> LiveCore<MD> {
    /// Waits until something arrives, then takes everything that is there, at most `records_max` records.
    /// Returns after `timeout_ns` without any.
    ///
    /// # Errors
    /// [`CommandError::Custom`] when shared memory fails.
    pub fn wait_batch(
        &mut self,
        timeout_ns: u64,
        records_max: usize,
    ) -> Result<Outcome, CommandError> {
        let until_ns = self.clock.monotonic_ns().saturating_add(timeout_ns);
        self.shared.borrow_mut().begin();
        loop {
            let is_stopped = self.shared.borrow().is_stopped();
            // Also after a stop: commands given before it are still carried out.
            self.run_commands();
            if is_stopped {
                self.end();
                return Ok(Outcome::Stopped);
            }
            self.drain(records_max)?;
            // Its records belong to this wait.
            self.refresh_state(false);
            let written = self.shared.borrow().sink.len();
            if written > 0 || self.clock.monotonic_ns() >= until_ns {
                self.end();
                return Ok(Outcome::Records(written));
            }
            self.shared.borrow_mut().wait_work(until_ns);
        }
    }

    /// Pumps records into the ring of the bound remote for `slice_ns`.
    ///
    /// # Errors
    /// [`CommandError::Custom`] when shared memory fails.
    pub fn run(&mut self, slice_ns: u64) -> Result<Outcome, CommandError> {
        let until_ns = self.clock.monotonic_ns().saturating_add(slice_ns);
        let Some(remote) = self.shared.borrow().remote.clone() else {
            return Err(CommandError::InvalidArgument);
        };
        loop {
            let Some(pump) = remote.pump() else {
                self.report(true);
                return Ok(Outcome::Stopped);
            };
            let is_stopped = remote.is_stopped();
            // Also after a stop: commands given before it are still carried out.
            self.run_commands();
            if is_stopped {
                self.shared.borrow_mut().sink.publish();
                drop(pump);
                self.report(true);
                return Ok(Outcome::Stopped);
            }
            let drained = self.drain(usize::MAX);
            self.restore_ring();
            self.refresh_state(false);
            let wake = self.shared.borrow_mut().sink.publish();
            drop(pump);
            drained?;
            if wake {
                remote.wake();
            }
            self.report(false);
            let now_ns = self.clock.monotonic_ns();
            if now_ns >= until_ns {
                return Ok(Outcome::Records(0));
            }
            if self.should_batch(now_ns) {
                remote.sleep(BATCH_SLEEP);
            }
            self.shared.borrow_mut().wait_work(until_ns);
        }
    }

    fn should_batch(&mut self, now_ns: u64) -> bool {
        let shared = self.shared.borrow();
        self.rate.is_fast(now_ns, shared.stats.received) && shared.waiter.may_batch()
    }

    /// hftbacktest's `wait_next_feed`.
    ///
    /// # Errors
    /// [`CommandError`] as `LiveBot` gives it.
    pub fn wait_next_feed(
        &mut self,
        include_order_resp: bool,
        timeout_ns: u64,
    ) -> Result<ElapseResult, CommandError> {
        self.forward(timeout_ns, |bot, left_ns| {
            bot.wait_next_feed(include_order_resp, left_ns)
        })
    }

    /// hftbacktest's `wait_order_response`.
    ///
    /// # Errors
    /// [`CommandError`] as `LiveBot` gives it, [`CommandError::InstrumentNotFound`].
    pub fn wait_order_response(
        &mut self,
        asset: usize,
        order_id: u64,
        timeout_ns: u64,
    ) -> Result<ElapseResult, CommandError> {
        self.session_of(asset)?;
        self.forward(timeout_ns, |bot, left_ns| {
            bot.wait_order_response(asset, order_id, left_ns)
        })
    }

    /// hftbacktest's `elapse`.
    ///
    /// # Errors
    /// [`CommandError`] as `LiveBot` gives it.
    pub fn elapse(&mut self, duration_ns: u64) -> Result<ElapseResult, CommandError> {
        self.forward(duration_ns, |bot, left_ns| bot.elapse(left_ns))
    }

    /// Records that the last wait wrote.
    #[must_use]
    pub fn record_count(&self) -> usize {
        self.shared.borrow().sink.len()
    }

    /// Runs one of `LiveBot`'s own waits, again after each interruption for pending work or commands.
    pub(crate) fn forward(
        &mut self,
        timeout_ns: u64,
        mut wait: impl FnMut(&mut LiveBot<TapChannel, MD>, i64) -> Result<ElapseResult, BotError>,
    ) -> Result<ElapseResult, CommandError> {
        let until_ns = self.clock.monotonic_ns().saturating_add(timeout_ns);
        let is_virtual = self.clock.as_virtual().is_some();
        {
            let mut shared = self.shared.borrow_mut();
            shared.begin();
            shared.mode = Mode::Forward;
            shared.records_max = usize::MAX;
            shared.forward_until_ns = is_virtual.then_some(until_ns);
        }
        loop {
            self.run_pending();
            self.run_commands();
            let before = self.record_count();
            let left_ns = match is_virtual {
                true => u64::MAX,
                false => until_ns.saturating_sub(self.clock.monotonic_ns()),
            };
            let result = wait(&mut self.bot, i64::try_from(left_ns).unwrap_or(i64::MAX))?;
            let interrupted = {
                let shared = self.shared.borrow();
                let wanted = shared.pending.is_due() || shared.has_commands();
                wanted && result == ElapseResult::Ok && shared.sink.len() == before
            };
            self.run_pending();
            if !interrupted || self.clock.monotonic_ns() >= until_ns {
                self.end();
                return Ok(result);
            }
        }
    }

    /// Ends a wait: later records belong to the next one.
    pub(crate) fn end(&mut self) {
        self.refresh_state(false);
        self.shared.borrow_mut().sink.end();
        self.report(false);
    }

    /// Applies the injected events to `LiveBot` before the next wait.
    pub(crate) fn apply_injected(&mut self) -> Result<(), CommandError> {
        {
            let mut shared = self.shared.borrow_mut();
            let left = u32::try_from(shared.injected.len()).unwrap_or(u32::MAX);
            shared.mode = Mode::Drain { left };
        }
        self.bot.elapse(UNBOUNDED_NS).map_err(CommandError::from)?;
        Ok(())
    }

    /// Applies an order to `LiveBot` now, beside the other events that the bot itself has made.
    pub(crate) fn apply_order(&mut self, asset: usize, order: Order) -> Result<(), BotError> {
        {
            let mut shared = self.shared.borrow_mut();
            let symbol = String::new();
            let update = LiveEvent::Order { symbol, order };
            shared.injected.push_back((asset, update));
            shared.mode = Mode::Apply;
        }
        self.bot.elapse(UNBOUNDED_NS).map(drop)
    }

    /// Takes all messages without waiting, applies them to `LiveBot`, and does the pending work.
    pub(crate) fn drain(&mut self, records_max: usize) -> Result<(), CommandError> {
        {
            let mut shared = self.shared.borrow_mut();
            if self.clock.monotonic_ns() >= shared.next_link_check_ns {
                shared.pending.links_due = true;
            }
        }
        self.run_pending();
        for _ in 0..BATCH_DRAINS_MAX {
            {
                let mut shared = self.shared.borrow_mut();
                shared.mode = Mode::Drain { left: DRAIN_MAX };
                shared.records_max = records_max;
            }
            let result = self.bot.elapse(UNBOUNDED_NS);
            self.run_pending();
            result.map_err(CommandError::from)?;
            let shared = self.shared.borrow();
            if !(shared.is_in_batch() && shared.sink.has_room(records_max)) {
                break;
            }
        }
        Ok(())
    }
}
