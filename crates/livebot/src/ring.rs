//! The ring between the bot's thread and JavaScript's main thread.
//!
//! Layout and header fields as in `lib/models/record-layout.ts`: 32-bit counters that wrap, one producer
//! (here), one consumer (JavaScript, with `Atomics`).

use std::{
    ptr::NonNull,
    sync::atomic::{AtomicU32, Ordering, fence},
};

use crate::record::{RECORD_BYTES, Record};

/// Bytes before the first record.
pub const RING_HEADER_BYTES: usize = 512;

const WRITTEN: usize = 0;
const READ: usize = 16;
const WANTS_WAKE: usize = 32;
const DROPPED: usize = 48;
const DELIVERED: usize = 49;

/// The producer's end of a ring in memory that JavaScript owns.
pub struct RingWriter {
    base: NonNull<u8>,
    capacity: u32,
    written: u32,
    published: u32,
}

// SAFETY: the memory is shared by design; all coordination goes through atomics in its header.
unsafe impl Send for RingWriter {}

impl RingWriter {
    /// Wraps a ring of `bytes` bytes; `None` when the size is not a header plus a power of two of
    /// records (at least 64), or the memory is not aligned to 8 bytes.
    ///
    /// # Safety
    /// `base` must be valid for reads and writes of `bytes` bytes until the writer is dropped, and
    /// no other producer may write to it.
    #[must_use]
    pub unsafe fn new(base: NonNull<u8>, bytes: usize) -> Option<Self> {
        let records = bytes.checked_sub(RING_HEADER_BYTES)? / RECORD_BYTES;
        let fits = bytes == RING_HEADER_BYTES + records * RECORD_BYTES;
        let capacity = u32::try_from(records).ok()?;
        if !fits
            || !capacity.is_power_of_two()
            || capacity < 64
            || base.as_ptr().align_offset(8) != 0
        {
            return None;
        }
        let mut writer = Self {
            base,
            capacity,
            written: 0,
            published: 0,
        };
        writer.written = writer.word(WRITTEN).load(Ordering::Acquire);
        writer.published = writer.written;
        Some(writer)
    }

    fn word(&self, index: usize) -> &AtomicU32 {
        // SAFETY: the header is 128 words long, aligned, and lives as long as the writer.
        unsafe { &*self.base.as_ptr().cast::<AtomicU32>().add(index) }
    }

    /// Records that fit now.
    #[must_use]
    pub fn free(&self) -> u32 {
        let used = self
            .written
            .wrapping_sub(self.word(READ).load(Ordering::Acquire));
        self.capacity.saturating_sub(used)
    }

    /// Records the ring can hold.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Writes a record. The caller has checked [`RingWriter::free`]; the consumer sees the record only
    /// after [`RingWriter::publish`].
    pub(crate) fn write(&mut self, record: &Record) {
        let cell = (self.written & (self.capacity - 1)) as usize;
        // SAFETY: the cell is inside the ring, and the consumer does not read it before `publish`.
        unsafe {
            let place = self
                .base
                .as_ptr()
                .add(RING_HEADER_BYTES + cell * RECORD_BYTES);
            core::ptr::copy_nonoverlapping(
                core::ptr::from_ref(record).cast::<u8>(),
                place,
                RECORD_BYTES,
            );
        }
        self.written = self.written.wrapping_add(1);
    }

    /// Publishes the written records to the consumer; true when it sleeps and must be woken. Without new
    /// records nothing happens.
    pub(crate) fn publish(&mut self) -> bool {
        if self.published == self.written {
            return false;
        }
        self.published = self.written;
        self.word(WRITTEN).store(self.written, Ordering::Release);
        // Store, fence, load here; store, load (both sequentially consistent) in JavaScript: one
        // of the two sees the other.
        fence(Ordering::SeqCst);
        self.word(WANTS_WAKE).load(Ordering::SeqCst) != 0
            && self.word(WANTS_WAKE).swap(0, Ordering::SeqCst) != 0
    }

    pub(crate) fn count_dropped(&self) {
        self.word(DROPPED).fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_delivered(&self, n: u32) {
        self.word(DELIVERED).fetch_add(n, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(records: usize) -> (Vec<u64>, usize) {
        let bytes = RING_HEADER_BYTES + records * RECORD_BYTES;
        (vec![0u64; bytes / 8], bytes)
    }

    #[test]
    fn a_ring_takes_what_fits_and_wakes_a_sleeper_once() {
        let (mut memory, bytes) = ring(64);
        let base = NonNull::new(memory.as_mut_ptr().cast::<u8>()).unwrap();
        // SAFETY: `memory` outlives the writer and nothing else writes to it.
        let mut writer = unsafe { RingWriter::new(base, bytes) }.unwrap();
        assert_eq!(writer.free(), 64);
        for asset in 0..64 {
            writer.write(&Record {
                asset,
                ..Record::default()
            });
        }
        assert_eq!(writer.free(), 0);
        assert!(!writer.publish());
        writer.word(WANTS_WAKE).store(1, Ordering::SeqCst);
        assert!(!writer.publish(), "there is nothing new to wake it for");
        writer.word(READ).store(10, Ordering::Release);
        assert_eq!(writer.free(), 10);
        writer.write(&Record::default());
        assert!(writer.publish());
        writer.write(&Record::default());
        assert!(!writer.publish(), "it was woken already");
    }

    #[test]
    fn a_ring_of_an_odd_size_is_refused() {
        let (mut memory, bytes) = ring(64);
        let base = NonNull::new(memory.as_mut_ptr().cast::<u8>()).unwrap();
        for wrong in [0, RING_HEADER_BYTES, bytes - 1, bytes - RECORD_BYTES] {
            // SAFETY: `memory` is at least `wrong` bytes long.
            assert!(unsafe { RingWriter::new(base, wrong) }.is_none());
        }
    }
}
