//! What bots ask of a connector, from every channel that they ask on.

use crate::{
    Asked, Request, WireError, clock,
    codec::{decode_owned, decode_request},
    service::IpcSubscriber,
    slot_io::{ReceivedSlot, receive},
    upstream_channel::UpstreamChannel,
};

/// A request with what its slot says of it.
pub(crate) struct ReceivedRequest {
    pub(crate) request: Request,
    pub(crate) bot: u64,
    /// It came on the services of hftbacktest.
    pub(crate) is_upstream: bool,
    pub(crate) asked: Asked,
}

/// Takes requests in the order in which they were sent, whichever channel they came on: a bot that cancels all
/// of its orders and then sends another means the ones before.
pub(crate) struct RequestReader {
    main: IpcSubscriber,
    control: IpcSubscriber,
    /// The next of each, once it was looked for.
    next_main: Option<ReceivedRequest>,
    next_control: Option<ReceivedRequest>,
    /// Of the [`Destination`](crate::Destination) of this connector's orders.
    tag: u32,
    decode_errors: u64,
}

impl RequestReader {
    pub(crate) const fn new(main: IpcSubscriber, control: IpcSubscriber, tag: u32) -> Self {
        Self {
            main,
            control,
            next_main: None,
            next_control: None,
            tag,
            decode_errors: 0,
        }
    }

    /// Requests that could not be understood.
    pub(crate) const fn decode_errors(&self) -> u64 {
        self.decode_errors
    }

    /// True when [`take`](Self::take) would find something.
    pub(crate) fn has_more(&self, upstream: &UpstreamChannel) -> bool {
        self.next_main.is_some()
            || self.next_control.is_some()
            || [&self.main, &self.control, upstream.requests()]
                .iter()
                .any(|subscriber| subscriber.has_samples().unwrap_or(true))
    }

    /// The request that was sent first, `None` when there is none now. Damaged bytes are counted and passed.
    ///
    /// # Errors
    /// [`WireError::Receive`] when iceoryx2 fails.
    pub(crate) fn take(
        &mut self,
        upstream: &UpstreamChannel,
    ) -> Result<Option<ReceivedRequest>, WireError> {
        self.look_at_main(upstream)?;
        // After the main channel: what was sent before the request there is seen now.
        self.look_at_control()?;
        if self.next_control.is_some() {
            // And what was sent before this one may have come since.
            self.look_at_main(upstream)?;
        }
        let is_control_first = match (&self.next_main, &self.next_control) {
            (Some(main), Some(control)) => control.asked.sent_mono_ns < main.asked.sent_mono_ns,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        let next = if is_control_first {
            &mut self.next_control
        } else {
            &mut self.next_main
        };
        Ok(next.take())
    }

    fn look_at_main(&mut self, upstream: &UpstreamChannel) -> Result<(), WireError> {
        while self.next_main.is_none() {
            let (slot, is_upstream) = match receive(&self.main)? {
                Some(slot) => (Some(slot), false),
                None => (receive(upstream.requests())?, true),
            };
            let Some(slot) = slot else { return Ok(()) };
            let bot = slot.user_header().id;
            self.next_main = self.read(&slot, is_upstream, |bytes, len| {
                Request::of_main(bot, decode_request(bytes, len).ok()?)
            });
        }
        Ok(())
    }

    fn look_at_control(&mut self) -> Result<(), WireError> {
        while self.next_control.is_none() {
            let Some(slot) = receive(&self.control)? else {
                return Ok(());
            };
            let bot = slot.user_header().id;
            self.next_control = self.read(&slot, false, |bytes, len| {
                Some(Request::of_control(bot, decode_owned(bytes, len).ok()?))
            });
        }
        Ok(())
    }

    /// The request of a slot; `None`, and counted, when `decode` does not understand it.
    fn read(
        &mut self,
        slot: &ReceivedSlot,
        is_upstream: bool,
        decode: impl FnOnce(&[u8], usize) -> Option<Request>,
    ) -> Option<ReceivedRequest> {
        let header = slot.user_header();
        let asked = Asked::read(slot.payload(), clock::monotonic_ns());
        let Some(request) = decode(slot.payload(), header.len) else {
            self.decode_errors += 1;
            return None;
        };
        let is_meant = asked.tag == 0 || asked.tag == self.tag;
        Some(ReceivedRequest {
            request: if is_meant {
                request
            } else {
                request.meant_elsewhere()
            },
            bot: header.id,
            is_upstream,
            asked,
        })
    }
}
