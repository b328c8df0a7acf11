//! hftbacktest's `Channel` over shared memory: drains without waiting, or waits by [`WaitStrategy`].
//!
//! [`WaitStrategy`]: crate::WaitStrategy

use std::{
    cell::{RefCell, RefMut},
    rc::Rc,
    time::Duration,
};

use hftbacktest::{
    live::{BotError, Instrument, ipc::Channel},
    types::{BuildError, LiveEvent, LiveRequest, Status},
};

use crate::shared::{Mode, Shared};

/// hftbacktest's `Channel`; its state is shared with the owner of the bot.
pub struct TapChannel {
    shared: Rc<RefCell<Shared>>,
}

thread_local! {
    /// `Channel::build` cannot see the names inside hftbacktest's instruments, so the channel is
    /// made before and handed over here.
    static NEXT: RefCell<Option<Rc<RefCell<Shared>>>> = const { RefCell::new(None) };
}

/// The channel that the next `build` on this thread returns.
pub(crate) fn set_next(shared: Rc<RefCell<Shared>>) {
    NEXT.with(|next| *next.borrow_mut() = Some(shared));
}

impl TapChannel {
    fn shared(&self) -> RefMut<'_, Shared> {
        self.shared.borrow_mut()
    }
}

impl Channel for TapChannel {
    fn build<MD>(_instruments: &[Instrument<MD>]) -> Result<Self, BuildError> {
        NEXT.with(|next| next.borrow_mut().take())
            .map(|shared| Self { shared })
            .ok_or(BuildError::BuilderIncomplete("LiveCore"))
    }

    fn recv_timeout(
        &mut self,
        _id: u64,
        timeout: Duration,
    ) -> Result<(usize, LiveEvent), BotError> {
        let mut shared = self.shared();
        match &mut shared.mode {
            Mode::Drain { left } => {
                if *left == 0 {
                    return Err(BotError::Timeout);
                }
                *left -= 1;
                let max = shared.records_max;
                if shared.pending.is_due() || !shared.sink.has_room(max) {
                    return Err(BotError::Timeout);
                }
                return shared.next()?.ok_or(BotError::Timeout);
            }
            Mode::Apply => return shared.injected.pop_front().ok_or(BotError::Timeout),
            Mode::Forward => {}
        }
        let timeout_ns = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        let until_ns = shared
            .forward_until_ns
            .unwrap_or_else(|| shared.clock.monotonic_ns().saturating_add(timeout_ns));
        loop {
            if shared.pending.is_due() {
                return Err(BotError::Timeout);
            }
            if let Some(event) = shared.next()? {
                return Ok(event);
            }
            if shared.is_stopped() {
                return Err(BotError::Interrupted);
            }
            if shared.pending.is_due() || shared.clock.monotonic_ns() >= until_ns {
                return Err(BotError::Timeout);
            }
            shared.wait_work(until_ns);
            if shared.has_commands() {
                return Err(BotError::Timeout);
            }
        }
    }

    fn send(&mut self, _id: u64, inst_no: usize, request: LiveRequest) -> Result<(), BotError> {
        // Registrations are sent when the connector is there, not when the bot is built.
        if matches!(request, LiveRequest::RegisterInstrument { .. }) {
            return Ok(());
        }
        self.shared().send_request(inst_no, request)
    }
}

impl Shared {
    /// Sends a request about an order. New orders have the deadline of `deadline_ns`, cancellations none.
    pub(crate) fn send_request(
        &mut self,
        asset: usize,
        request: LiveRequest,
    ) -> Result<(), BotError> {
        let one = self.assets.get(asset);
        let session = one.ok_or(BotError::InstrumentNotFound)?.session;
        #[cfg(test)]
        if self.fails_to_send {
            return Err(BotError::Custom("there is no room".to_owned()));
        }
        let deadline_ns = match &request {
            LiveRequest::Order { order, .. } if order.req == Status::New => self.deadline_ns,
            _ => u64::MAX,
        };
        self.sessions[session]
            .port
            .send_by(request, deadline_ns)
            .map_err(|error| BotError::Custom(error.to_string()))
    }
}
