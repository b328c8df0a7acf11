//! The way from a bot to one connector: shared memory, or a connector on the bot's own thread.

use std::os::fd::RawFd;

use hbl_wire::{
    BotPort, Capabilities, ControlEvent, ControlRequest, Destination, DirectPort, Fault, LinkEvent,
    LinkInfo, Slot, WireError,
};
use hftbacktest::types::LiveRequest;

/// The way to one connector.
pub(crate) enum Port {
    /// Over shared memory.
    Shared(Box<BotPort>),
    /// On this thread.
    Direct(Box<DirectPort>),
}

impl Port {
    /// The next slot, and how many messages were lost before it.
    #[inline(always)]
    pub(crate) fn recv(&mut self) -> Result<Option<(Slot, u64)>, WireError> {
        match self {
            Self::Shared(port) => port.recv(),
            Self::Direct(port) => Ok(port.recv()),
        }
    }

    #[inline(always)]
    pub(crate) fn put_back(&mut self, slot: Slot) {
        match self {
            Self::Shared(port) => port.put_back(slot),
            Self::Direct(port) => port.put_back(slot),
        }
    }

    /// Turns a connector of this thread; another one works by itself.
    #[inline]
    pub(crate) fn turn(&mut self) {
        if let Self::Direct(port) = self {
            port.turn();
        }
    }

    pub(crate) fn has_messages(&self) -> bool {
        match self {
            Self::Shared(port) => port.has_messages(),
            Self::Direct(port) => port.has_messages(),
        }
    }

    /// As [`has_messages`](Self::has_messages), with what waits before a connector of this thread.
    pub(crate) fn has_arrivals(&self) -> bool {
        match self {
            Self::Shared(port) => port.has_messages(),
            Self::Direct(port) => port.has_arrivals(),
        }
    }

    /// When a connector of this thread has something to do by itself, monotonic.
    pub(crate) fn next_due_ns(&self) -> Option<u64> {
        match self {
            Self::Shared(_) => None,
            Self::Direct(port) => port.next_due_ns(),
        }
    }

    pub(crate) fn recv_control(&mut self) -> Option<Result<ControlEvent, ()>> {
        match self {
            Self::Shared(port) => port.recv_control(),
            Self::Direct(port) => port.recv_control().map(Ok),
        }
    }

    /// Sends a request that is never too late.
    pub(crate) fn send(&mut self, request: LiveRequest) -> Result<(), WireError> {
        self.send_by(request, u64::MAX)
    }

    /// Sends a request that must not be carried out after `deadline_ns`, monotonic.
    pub(crate) fn send_by(
        &mut self,
        request: LiveRequest,
        deadline_ns: u64,
    ) -> Result<(), WireError> {
        match self {
            Self::Shared(port) => port.send_by(&request, deadline_ns),
            Self::Direct(port) => {
                port.send_by(request, deadline_ns);
                Ok(())
            }
        }
    }

    /// Sends a request of the control channel that is never too late.
    pub(crate) fn send_control(&mut self, request: ControlRequest) -> Result<(), WireError> {
        self.send_control_by(request, u64::MAX)
    }

    /// Sends a request of the control channel that must not be carried out after `deadline_ns`, monotonic.
    pub(crate) fn send_control_by(
        &mut self,
        request: ControlRequest,
        deadline_ns: u64,
    ) -> Result<(), WireError> {
        match self {
            Self::Shared(port) => port.send_side_by(&request, deadline_ns),
            Self::Direct(port) => port.send_control_by(request, deadline_ns),
        }
    }

    pub(crate) fn agree(&mut self, destination: &Destination) {
        match self {
            Self::Shared(port) => port.agree(destination),
            Self::Direct(port) => port.agree(destination),
        }
    }

    /// True when what arrives wakes the parked bot.
    pub(crate) fn has_doorbell(&self) -> bool {
        match self {
            Self::Shared(port) => port.has_doorbell(),
            Self::Direct(_) => true,
        }
    }

    /// True for a connector of this package.
    pub(crate) fn is_ours(&self) -> bool {
        match self {
            Self::Shared(port) => port.is_ours(),
            Self::Direct(_) => true,
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        match self {
            Self::Shared(port) => port.is_connected(),
            Self::Direct(port) => port.is_connected(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Shared(port) => port.name(),
            Self::Direct(port) => port.name(),
        }
    }

    /// Looks whether the connector came, went or was replaced.
    pub(crate) fn check_link(&mut self) -> Result<Option<LinkEvent>, WireError> {
        match self {
            Self::Shared(port) => port.check_link(),
            Self::Direct(port) => Ok(port.check_link()),
        }
    }

    /// The sockets of a connector of this thread; see [`DirectPort::take_sockets`].
    pub(crate) fn take_sockets(&mut self) -> Option<RawFd> {
        match self {
            Self::Shared(_) => None,
            Self::Direct(port) => port.take_sockets(),
        }
    }

    /// True for a connector over shared memory: another process rings for it.
    pub(crate) const fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// Puts a fault into a connector of this thread; false where there is none of the kind.
    pub(crate) fn inject(&mut self, fault: Fault) -> bool {
        match self {
            Self::Shared(_) => false,
            Self::Direct(port) => port.inject(fault),
        }
    }

    /// Ends a connector of this thread; another one goes on.
    pub(crate) fn stop(&mut self) -> Option<Vec<String>> {
        match self {
            Self::Shared(_) => Some(Vec::new()),
            Self::Direct(port) => port.stop(),
        }
    }

    pub(crate) fn info(&self) -> LinkInfo {
        match self {
            Self::Shared(port) => port.info(),
            Self::Direct(port) => port.info(),
        }
    }

    /// What the connector can do.
    pub(crate) fn capabilities(&self) -> Capabilities {
        self.info().capabilities
    }
}
