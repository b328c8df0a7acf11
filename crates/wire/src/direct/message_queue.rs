//! Messages of a connector to the bot of the same thread, in the encoding of shared memory.

use std::collections::VecDeque;

use crate::{
    Clock, ControlEvent, MAX_MESSAGE_BYTES, SLOT_BYTES, Tail, WireError, WireEventRef, message,
};

/// Messages of one packet before the next begins: a bot that looks at its sink's room between packets must
/// find it again soon.
const PACKET_BYTES: usize = 8 * SLOT_BYTES;
/// Packets that are kept for the next messages.
const SPARE_MAX: usize = 64;

/// Messages to one address, one after the other as in a slot of shared memory.
pub(crate) struct QueuedMessages {
    pub(crate) to: u64,
    pub(crate) tail: Tail,
    pub(crate) bytes: Vec<u8>,
    len: usize,
}

impl Default for QueuedMessages {
    fn default() -> Self {
        Self {
            to: 0,
            tail: Tail {
                seq: 0,
                count: 0,
                sent_mono_ns: 0,
            },
            bytes: vec![0; PACKET_BYTES],
            len: 0,
        }
    }
}

impl QueuedMessages {
    /// The messages.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// What a direct connector has sent and its bot has not taken. It grows without a bound of its own: the
/// connector is turned only when the bot has taken everything.
#[derive(Default)]
pub struct MessageQueue {
    #[expect(
        clippy::vec_box,
        reason = "a slot moves with each message: it holds a pointer, and the packets go round"
    )]
    spare: Vec<Box<QueuedMessages>>,
    packets: VecDeque<Box<QueuedMessages>>,
    control: VecDeque<ControlEvent>,
    seq: u64,
    /// Stamps the packets.
    clock: Clock,
}

impl MessageQueue {
    /// An empty queue whose messages are stamped by `clock`.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            ..Self::default()
        }
    }

    /// Appends a message.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] for one that would not fit into shared memory either.
    #[inline]
    pub fn send(&mut self, to: u64, event: &WireEventRef<'_>) -> Result<(), WireError> {
        let open = self
            .packets
            .back_mut()
            .filter(|open| open.to == to && open.tail.count < u16::MAX);
        let packet = match open {
            Some(open) if open.len + SLOT_BYTES <= open.bytes.len() => open,
            _ => self.begin(to),
        };
        let Some(len) = message::put(
            event,
            &mut packet.bytes[packet.len..packet.len + SLOT_BYTES],
        ) else {
            return Err(WireError::TooLarge {
                len: 0,
                max: MAX_MESSAGE_BYTES,
            });
        };
        packet.len += len;
        packet.tail.count += 1;
        self.seq += 1;
        Ok(())
    }

    /// Appends an event of the control channel.
    pub fn send_control(&mut self, event: ControlEvent) {
        self.control.push_back(event);
    }

    /// True when nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty() && self.control.is_empty()
    }

    /// The oldest packet.
    pub(crate) fn pop(&mut self) -> Option<Box<QueuedMessages>> {
        self.packets.pop_front()
    }

    /// Drops the oldest packet; how many messages were in it.
    pub(crate) fn drop_packet(&mut self) -> u64 {
        let Some(packet) = self.packets.pop_front() else {
            return 0;
        };
        let dropped = u64::from(packet.tail.count);
        self.recycle(packet);
        dropped
    }

    /// The oldest event of the control channel.
    pub(crate) fn pop_control(&mut self) -> Option<ControlEvent> {
        self.control.pop_front()
    }

    /// Takes back the memory of a packet that was read.
    pub(crate) fn recycle(&mut self, packet: Box<QueuedMessages>) {
        if self.spare.len() < SPARE_MAX {
            self.spare.push(packet);
        }
    }

    fn begin(&mut self, to: u64) -> &mut QueuedMessages {
        let mut packet = self.spare.pop().unwrap_or_default();
        packet.to = to;
        packet.len = 0;
        packet.tail = Tail {
            seq: self.seq + 1,
            count: 0,
            sent_mono_ns: self.clock.monotonic_ns(),
        };
        self.packets.push_back(packet);
        let last = self.packets.len() - 1;
        &mut self.packets[last]
    }
}

#[cfg(test)]
mod tests {
    use hftbacktest::types::Event;

    use super::*;
    use crate::{Slot, WireEvent};

    fn event(px: f64) -> Event {
        Event {
            ev: 1,
            exch_ts: 2,
            local_ts: 3,
            px,
            qty: 4.0,
            order_id: 0,
            ival: 0,
            fval: 0.0,
        }
    }

    /// Address, number and price of all that waits.
    fn drain(queue: &mut MessageQueue) -> Vec<(u64, u64, f64)> {
        let mut all = Vec::new();
        while let Some(packet) = queue.pop() {
            let mut slot = Slot::of_queue(packet, 0);
            loop {
                let seq = slot.next_seq();
                match slot.next_message() {
                    Some(Ok(WireEvent::Feed { event, .. })) => all.push((slot.to(), seq, event.px)),
                    Some(other) => panic!("{other:?}"),
                    None => break,
                }
            }
            queue.recycle(slot.into_queued().unwrap());
        }
        all
    }

    #[test]
    fn messages_come_in_their_order_with_address_and_number() {
        let mut queue = MessageQueue::default();
        let mut expected = Vec::new();
        for round in 0..3u32 {
            for n in 0..1_000u32 {
                let to = u64::from(n % 7 == 0);
                let event = event(f64::from(n));
                let symbol = "BTCUSDT";
                queue
                    .send(
                        to,
                        &WireEventRef::Feed {
                            symbol,
                            event: &event,
                        },
                    )
                    .unwrap();
                expected.push((to, u64::from(round * 1_000 + n) + 1, f64::from(n)));
            }
            assert_eq!(drain(&mut queue), expected);
            expected.clear();
            assert!(queue.is_empty());
        }
    }

    #[test]
    fn a_queue_that_is_read_takes_no_new_memory() {
        let mut queue = MessageQueue::default();
        let event = event(1.0);
        let mut round = || {
            for _ in 0..500 {
                let feed = WireEventRef::Feed {
                    symbol: "X",
                    event: &event,
                };
                queue.send(0, &feed).unwrap();
            }
            drain(&mut queue);
            queue.spare.len()
        };
        let spare = round();
        assert!(spare > 0);
        assert_eq!((round(), round()), (spare, spare));
    }
}
