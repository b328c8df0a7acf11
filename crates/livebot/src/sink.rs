//! Destination of records: a buffer that one wait call fills, or the ring of another thread.

use std::{collections::VecDeque, ptr::NonNull};

use crate::{
    record::{RECORD_BYTES, Record, RecordKind, TEXT_BYTES},
    ring::RingWriter,
};

/// Counters of a bot since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Messages for this bot.
    pub received: u64,
    /// Messages lost on the way, known by their numbers.
    pub lost: u64,
    /// Occasions on which messages were lost.
    pub gaps: u64,
    /// Messages that could not be decoded.
    pub decode_errors: u64,
    /// Messages for a symbol that is not registered here.
    pub unknown_symbols: u64,
    /// Records of market data that found no room in the buffer of a wait call.
    pub tap_overflow: u64,
    /// Records of market data dropped because the ring was full.
    pub ring_dropped: u64,
    /// Registrations repeated after a loss or a restart.
    pub resyncs: u64,
    /// Times the bot slept in the kernel.
    pub parks: u64,
}

/// A buffer that records are written to from its start.
pub(crate) struct Linear {
    base: NonNull<u8>,
    capacity: usize,
    /// Limit for market data: the rest is kept for records that must not be lost.
    soft_capacity: usize,
    len: usize,
}

impl Linear {
    /// # Safety
    /// `base` must be valid for writes of `bytes` bytes, aligned to 8, until the buffer is dropped.
    pub(crate) unsafe fn new(base: NonNull<u8>, bytes: usize, instruments: usize) -> Self {
        let capacity = bytes / RECORD_BYTES;
        let soft_capacity = capacity
            .saturating_sub(4 * instruments + MESSAGE_RECORDS_MAX)
            .max(1);
        Self {
            base,
            capacity,
            soft_capacity,
            len: 0,
        }
    }

    const fn fits(&self, records: usize) -> bool {
        self.capacity - self.len >= records
    }

    /// The caller has asked whether it fits.
    fn push(&mut self, record: &Record) {
        debug_assert!(self.fits(1));
        // SAFETY: `len` is below the capacity, so the record lies inside the buffer.
        unsafe {
            let place = self.base.as_ptr().add(self.len * RECORD_BYTES);
            core::ptr::copy_nonoverlapping(
                core::ptr::from_ref(record).cast::<u8>(),
                place,
                RECORD_BYTES,
            );
        }
        self.len += 1;
    }
}

/// The ring, with the records that did not fit and must not be lost.
pub(crate) struct RingSink {
    writer: RingWriter,
    /// Places kept free for records that are never dropped.
    headroom: u32,
    waiting: VecDeque<Record>,
    /// Instruments of which market data was dropped.
    dropped_of: Vec<bool>,
    written: u32,
}

#[derive(Default)]
enum Target {
    #[default]
    None,
    Linear(Linear),
    Ring(RingSink),
}

/// Where the records of a bot go.
#[derive(Default)]
pub(crate) struct Sink {
    target: Target,
    /// Records of between two waits, of before there is a buffer, and those that a full buffer could not
    /// take: they come first in the next wait. A buffer is only written to during a wait.
    between: Vec<Record>,
    waiting: bool,
}

/// Records that one message can become: itself and a full text.
pub(crate) const MESSAGE_RECORDS_MAX: usize = 8;

impl Sink {
    /// From now on records go to a buffer.
    pub(crate) fn set_linear(&mut self, linear: Linear) {
        self.target = Target::Linear(linear);
    }

    /// From now on records go to a ring.
    pub(crate) fn set_ring(&mut self, writer: RingWriter, instruments: usize, stats: &mut Stats) {
        let headroom = writer.capacity() / 8;
        self.target = Target::Ring(RingSink {
            writer,
            headroom,
            waiting: VecDeque::new(),
            dropped_of: vec![false; instruments],
            written: 0,
        });
        self.write_between(stats);
    }

    /// Starts a wait call.
    pub(crate) fn begin(&mut self, stats: &mut Stats) {
        if let Target::Linear(linear) = &mut self.target {
            linear.len = 0;
            self.waiting = true;
            self.write_between(stats);
        }
    }

    /// Ends a wait call.
    pub(crate) const fn end(&mut self) {
        self.waiting = false;
    }

    fn write_between(&mut self, stats: &mut Stats) {
        let records = core::mem::take(&mut self.between);
        for message in messages(&records) {
            self.push_together(message, stats);
        }
    }

    /// Records written since [`Sink::begin`].
    pub(crate) const fn len(&self) -> usize {
        match &self.target {
            Target::Linear(linear) => linear.len,
            Target::None | Target::Ring(_) => 0,
        }
    }

    /// True while the records of one more message fit under `max` for certain.
    pub(crate) const fn has_room(&self, max: usize) -> bool {
        match &self.target {
            Target::Linear(linear) => {
                let max = if max < linear.soft_capacity {
                    max
                } else {
                    linear.soft_capacity
                };
                linear.len == 0 || linear.len + MESSAGE_RECORDS_MAX <= max
            }
            Target::None | Target::Ring(_) => true,
        }
    }

    /// Writes a record. Market data without room is dropped and counted; nothing else is ever dropped.
    #[inline]
    pub(crate) fn push(&mut self, record: &Record, stats: &mut Stats) {
        self.push_together(core::slice::from_ref(record), stats);
    }

    /// Writes a record and its text together or not at all: a record with half of its text would be
    /// misread.
    #[inline]
    fn push_together(&mut self, message: &[Record], stats: &mut Stats) {
        let is_market_data = message.first().is_none_or(is_market_data);
        match &mut self.target {
            Target::Linear(linear) if self.waiting => {
                if self.between.is_empty() && linear.fits(message.len()) {
                    message.iter().for_each(|record| linear.push(record));
                } else if is_market_data {
                    stats.tap_overflow += 1;
                } else {
                    self.between.extend_from_slice(message);
                }
            }
            Target::Ring(ring) => ring.push(message, stats),
            Target::None | Target::Linear(_) if is_market_data => {}
            Target::None | Target::Linear(_) => self.between.extend_from_slice(message),
        }
    }

    /// Writes a record followed by its text.
    pub(crate) fn push_text(&mut self, mut record: Record, text: &str, stats: &mut Stats) {
        let text = &text.as_bytes()[..text.len().min((MESSAGE_RECORDS_MAX - 2) * TEXT_BYTES)];
        record.text_len = u32::try_from(text.len()).unwrap_or(0);
        let mut message = [record; MESSAGE_RECORDS_MAX];
        let chunks = text.chunks(TEXT_BYTES);
        let len = 1 + chunks.len();
        for (place, chunk) in message[1..].iter_mut().zip(chunks) {
            *place = Record::text(chunk);
        }
        self.push_together(&message[..len], stats);
    }

    /// Hands over what was written; true when the consumer must be woken.
    pub(crate) fn publish(&mut self) -> bool {
        let Target::Ring(ring) = &mut self.target else {
            return false;
        };
        ring.drain_waiting();
        ring.writer
            .count_delivered(core::mem::take(&mut ring.written));
        ring.writer.publish()
    }

    /// The next instrument whose market data was dropped, once the ring has room again.
    pub(crate) fn take_recovered(&mut self) -> Option<usize> {
        let Target::Ring(ring) = &mut self.target else {
            return None;
        };
        if !ring.waiting.is_empty() || ring.writer.free() < ring.writer.capacity() / 2 {
            return None;
        }
        let asset = ring.dropped_of.iter().position(|dropped| *dropped)?;
        ring.dropped_of[asset] = false;
        Some(asset)
    }

    /// Levels per side that a local snapshot may use.
    pub(crate) const fn snapshot_levels(&self) -> usize {
        match &self.target {
            Target::Ring(ring) => (ring.writer.capacity() / 8) as usize,
            Target::None | Target::Linear(_) => usize::MAX,
        }
    }
}

const fn is_market_data(record: &Record) -> bool {
    record.kind == RecordKind::Trade as u8 || record.kind == RecordKind::Depth as u8
}

/// Splits records into messages: each with the text that follows it.
fn messages(records: &[Record]) -> impl Iterator<Item = &[Record]> {
    records.chunk_by(|_, next| next.kind == RecordKind::Text as u8)
}

impl RingSink {
    #[inline]
    fn push(&mut self, message: &[Record], stats: &mut Stats) {
        if let [record] = message
            && is_market_data(record)
        {
            let dropped = self.dropped_of.get_mut(record.asset as usize);
            // Once a level is missing, the reader's book is wrong until it is sent anew, so
            // levels after it are as useless as the one that was dropped.
            let useless =
                record.kind == RecordKind::Depth as u8 && dropped.as_deref() == Some(&true);
            if useless || !self.waiting.is_empty() || self.writer.free() <= self.headroom {
                if let Some(dropped) = dropped {
                    *dropped = true;
                }
                self.writer.count_dropped();
                stats.ring_dropped += 1;
                return;
            }
            self.written = self.written.wrapping_add(1);
            self.writer.write(record);
        } else if self.waiting.is_empty() && self.has_room(message.len()) {
            message.iter().for_each(|record| self.writer.write(record));
        } else {
            self.waiting.extend(message);
        }
    }

    fn has_room(&self, records: usize) -> bool {
        self.writer.free() as usize >= records
    }

    fn drain_waiting(&mut self) {
        loop {
            let text = |record: &&Record| record.kind == RecordKind::Text as u8;
            let len = 1 + self.waiting.iter().skip(1).take_while(text).count();
            if self.waiting.is_empty() || !self.has_room(len) {
                return;
            }
            for record in self.waiting.drain(..len) {
                self.writer.write(&record);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: RecordKind) -> Record {
        Record {
            kind: kind as u8,
            ..Record::default()
        }
    }

    /// A sink with a buffer, and what the buffer holds after each wait.
    struct Buffered {
        memory: Vec<Record>,
        sink: Sink,
        stats: Stats,
    }

    impl Buffered {
        fn new(records: usize) -> Self {
            let mut memory = vec![Record::default(); records];
            let base = NonNull::new(memory.as_mut_ptr().cast::<u8>()).expect("not null");
            let mut sink = Sink::default();
            // SAFETY: the memory is never moved or resized, and lives as long as the sink.
            sink.set_linear(unsafe { Linear::new(base, records * RECORD_BYTES, 0) });
            Self {
                memory,
                sink,
                stats: Stats::default(),
            }
        }

        fn wait(&mut self, push: impl FnOnce(&mut Sink, &mut Stats)) -> Vec<u8> {
            self.sink.begin(&mut self.stats);
            push(&mut self.sink, &mut self.stats);
            self.sink.end();
            let written = &self.memory[..self.sink.len()];
            written.iter().map(|record| record.kind).collect()
        }
    }

    const BALANCE: u8 = RecordKind::Balance as u8;
    const TEXT: u8 = RecordKind::Text as u8;
    const LINK: u8 = RecordKind::Link as u8;
    const TRADE: u8 = RecordKind::Trade as u8;

    #[test]
    fn records_without_room_come_first_in_the_next_wait_with_their_text() {
        let mut to = Buffered::new(3);
        let kinds = to.wait(|sink, stats| {
            sink.push_text(record(RecordKind::Balance), "USDT", stats);
            sink.push_text(record(RecordKind::Balance), "BTC", stats);
            sink.push(&record(RecordKind::Link), stats);
            sink.push(&record(RecordKind::Trade), stats);
        });
        assert_eq!(kinds, [BALANCE, TEXT]);
        assert_eq!(to.stats.tap_overflow, 1);
        assert_eq!(to.wait(|_, _| {}), [BALANCE, TEXT, LINK]);
        let kinds = to.wait(|sink, stats| sink.push(&record(RecordKind::Trade), stats));
        assert_eq!(kinds, [TRADE]);
    }

    #[test]
    fn more_than_one_buffer_of_messages_takes_several_waits_and_loses_none() {
        let mut to = Buffered::new(3);
        let mut kinds = to.wait(|sink, stats| {
            for coin in ["A", "B", "C", "D"] {
                sink.push_text(record(RecordKind::Balance), coin, stats);
            }
        });
        for _ in 0..3 {
            kinds.extend(to.wait(|_, _| {}));
        }
        assert_eq!(kinds, [BALANCE, TEXT].repeat(4));
        assert_eq!(to.stats.tap_overflow, 0);
    }
}
