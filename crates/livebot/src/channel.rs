//! hftbacktest's `Channel` over shared memory: drains without waiting, or waits by [`WaitStrategy`].
//!
//! [`WaitStrategy`]: crate::WaitStrategy

use std::{
    cell::{RefCell, RefMut},
    rc::Rc,
    time::Duration,
};

use hbl_wire::clock::monotonic_ns;
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
        if let Mode::Drain { left } = &mut shared.mode {
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
        let timeout_ns = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        let until_ns = monotonic_ns().saturating_add(timeout_ns);
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
            if shared.pending.is_due() || monotonic_ns() >= until_ns {
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
        let mut shared = self.shared();
        let session = shared
            .assets
            .get(inst_no)
            .ok_or(BotError::InstrumentNotFound)?
            .session;
        #[cfg(test)]
        if shared.fails_to_send {
            return Err(BotError::Custom("there is no room".to_owned()));
        }
        // Cancellations have no deadline.
        let deadline_ns = match &request {
            LiveRequest::Order { order, .. } if order.req == Status::New => shared.deadline_ns,
            _ => u64::MAX,
        };
        shared.sessions[session]
            .port
            .send_by(request, deadline_ns)
            .map_err(|error| BotError::Custom(error.to_string()))
    }
}
