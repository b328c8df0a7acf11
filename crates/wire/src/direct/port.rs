//! A bot's end towards a connector that runs on the bot's own thread.

use std::os::fd::RawFd;

use hftbacktest::types::LiveRequest;

use super::{DirectConnector, Fault, MessageQueue};
use crate::{
    Asked, Clock, ControlEvent, ControlRequest, Destination, LinkEvent, LinkInfo, Request, Ringer,
    Slot, WireError,
};

/// The counterpart of [`BotPort`](crate::BotPort) without shared memory: the same calls, and the connector
/// is turned where the other looks into shared memory.
pub struct DirectPort {
    bot: u64,
    connector: Box<dyn DirectConnector>,
    info: LinkInfo,
    clock: Clock,
    queue: MessageQueue,
    /// Packets that are still to be lost.
    gaps: u32,
    /// Messages that were lost and that no packet has shown yet.
    lost: u64,
    /// A packet that was taken and not read to its end.
    unfinished: Option<Slot>,
    /// Tag of the destination that orders may go to; 0: any destination.
    agreed_tag: u32,
}

impl DirectPort {
    /// The port of bot `bot`, which is read-only or not; `bell` wakes it.
    pub fn new(
        bot: u64,
        is_read_only: bool,
        mut connector: Box<dyn DirectConnector>,
        bell: Ringer,
    ) -> Self {
        connector.serve_bot(bot, is_read_only, bell);
        let clock = connector.clock();
        Self {
            bot,
            info: LinkInfo {
                connected: false,
                ..connector.info()
            },
            connector,
            queue: MessageQueue::new(clock.clone()),
            clock,
            gaps: 0,
            lost: 0,
            unfinished: None,
            agreed_tag: 0,
        }
    }

    /// The connector's sockets are read by this thread; see [`DirectConnector::take_sockets`].
    pub fn take_sockets(&mut self) -> Option<RawFd> {
        self.connector.take_sockets()
    }

    /// Takes the next packet, with how many messages were lost before it; turns the connector when none
    /// waits. Nothing is lost on the way but by [`Fault::Gap`].
    #[inline]
    pub fn recv(&mut self) -> Option<(Slot, u64)> {
        if let Some(slot) = self.unfinished.take() {
            return Some((slot, 0));
        }
        if self.queue.is_empty() {
            self.turn();
        }
        if self.gaps > 0 {
            self.lose();
        }
        let packet = self.queue.pop()?;
        let received_ns = self.clock.monotonic_ns();
        let lost = core::mem::take(&mut self.lost);
        Some((Slot::of_queue(packet, received_ns), lost))
    }

    /// Loses a packet. The next one shows it.
    #[cold]
    fn lose(&mut self) {
        let lost = self.queue.drop_packet();
        if lost > 0 {
            self.gaps -= 1;
            self.lost += lost;
        }
    }

    /// Puts a fault into the way here, or into the connector; false where that has none of the kind.
    pub fn inject(&mut self, fault: Fault) -> bool {
        match fault {
            Fault::Gap => {
                self.gaps += 1;
                true
            }
            fault => self.connector.inject(fault),
        }
    }

    /// Gives a packet back: [`recv`](Self::recv) goes on with what is left of it.
    #[inline]
    pub fn put_back(&mut self, slot: Slot) {
        if slot.left() > 0 && !slot.is_torn() {
            self.unfinished = Some(slot);
        } else if let Some(read) = slot.into_queued() {
            self.queue.recycle(read);
        }
    }

    /// Turns the connector once, unless messages of the last turn wait.
    pub fn turn(&mut self) {
        if !self.has_messages() {
            self.connector.turn(&mut self.queue);
        }
    }

    /// True when a message waits. The connector is not turned.
    #[must_use]
    pub fn has_messages(&self) -> bool {
        self.unfinished.is_some() || !self.queue.is_empty()
    }

    /// True when another thread has brought the connector something.
    #[must_use]
    pub fn has_arrivals(&self) -> bool {
        self.has_messages() || self.connector.has_arrivals()
    }

    /// When the connector has something to do by itself, monotonic.
    #[must_use]
    pub fn next_due_ns(&self) -> Option<u64> {
        self.connector.next_due_ns()
    }

    /// Takes the next event of the control channel.
    pub fn recv_control(&mut self) -> Option<ControlEvent> {
        self.queue.pop_control()
    }

    /// Serves a request that must not be carried out after `deadline_ns`, monotonic. A request without an
    /// order to open or cancel is none.
    pub fn send_by(&mut self, request: LiveRequest, deadline_ns: u64) {
        if let Some(request) = Request::of_main(self.bot, request) {
            self.serve(request, deadline_ns);
        }
    }

    /// As [`send_by`](Self::send_by), for a request of the control channel.
    ///
    /// # Errors
    /// [`WireError::Unsupported`] when the connector does not have it.
    pub fn send_control_by(
        &mut self,
        request: ControlRequest,
        deadline_ns: u64,
    ) -> Result<(), WireError> {
        let (needed, what) = request.needs();
        if !self.info.capabilities.contains(needed) {
            return Err(WireError::Unsupported {
                connector: self.name().to_owned(),
                what,
            });
        }
        self.serve(Request::of_control(self.bot, request), deadline_ns);
        Ok(())
    }

    fn serve(&mut self, request: Request, deadline_ns: u64) {
        let asked = Asked {
            sent_mono_ns: self.clock.monotonic_ns(),
            deadline_mono_ns: Some(deadline_ns),
            tag: self.agreed_tag,
        };
        let is_meant = self.agreed_tag == 0 || self.agreed_tag == self.info.destination.tag();
        let request = if is_meant {
            request
        } else {
            request.meant_elsewhere()
        };
        self.connector.serve(request, asked, &mut self.queue);
    }

    /// From now on requests say that orders are meant for this destination.
    pub fn agree(&mut self, destination: &Destination) {
        self.agreed_tag = destination.tag();
    }

    /// The connector's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.connector.name()
    }

    /// `Connected` at the first call, `Lost` once the connector's data is at its end and was taken.
    pub fn check_link(&mut self) -> Option<LinkEvent> {
        let is_there = !self.connector.is_ended() || self.has_messages();
        let event = match (self.info.connected, is_there) {
            (false, true) => LinkEvent::Connected,
            (true, false) => LinkEvent::Lost,
            _ => return None,
        };
        self.info.connected = is_there;
        Some(event)
    }

    /// Ends the connector; see [`DirectConnector::stop`].
    pub fn stop(&mut self) -> Option<Vec<String>> {
        self.connector.stop(&mut self.queue)
    }

    /// True after the first [`check_link`](Self::check_link).
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.info.connected
    }

    /// What is known of the connector.
    #[must_use]
    pub fn info(&self) -> LinkInfo {
        self.info.clone()
    }
}
