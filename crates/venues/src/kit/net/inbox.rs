//! The queue from the network thread to the bus.
//!
//! It is bounded by frames and bytes; an overflow ends the connection and is reported.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;

use super::action::{Line, SocketId};
use super::protocol::{Closed, RestFailure};
use super::stream::Stream;
use crate::kit::clock::Now;
use crate::kit::venue::Wake;

/// An event from the network thread.
#[derive(Debug)]
pub(super) enum What {
    /// A connection for a venue that reads its sockets on its own thread: not upgraded yet.
    Dialed(Line, http::Uri, Box<Stream>),
    Opened(SocketId, u64),
    Frame(SocketId, u64, Bytes),
    Closed(SocketId, u64, Closed),
    Rest(u64, Result<http::Response<Bytes>, RestFailure>),
}

#[derive(Debug)]
pub(super) struct Arrival {
    pub at: Now,
    pub what: What,
}

impl Arrival {
    fn weight(&self) -> usize {
        match &self.what {
            What::Frame(_, _, bytes) => bytes.len(),
            What::Rest(_, Ok(answer)) => answer.body().len(),
            _ => 0,
        }
    }
}

#[derive(Default)]
struct Queue {
    arrivals: VecDeque<Arrival>,
    bytes: usize,
}

/// The queue from the network thread to the bus.
pub(super) struct Inbox {
    queue: Mutex<Queue>,
    /// Arrivals that wait, for looking without the lock.
    waiting: AtomicU64,
    overflows: AtomicU64,
    wake: OnceLock<Wake>,
    frames_max: usize,
    bytes_max: usize,
}

impl Inbox {
    pub(super) fn new(frames_max: usize, bytes_max: usize) -> Self {
        Self {
            queue: Mutex::default(),
            waiting: AtomicU64::new(0),
            overflows: AtomicU64::new(0),
            wake: OnceLock::new(),
            frames_max,
            bytes_max,
        }
    }

    pub(super) fn wake_with(&self, wake: Wake) {
        // A second bus for one venue does not happen; the first one keeps being woken.
        let _ = self.wake.set(wake);
        self.ring();
    }

    fn ring(&self) {
        if let Some(wake) = self.wake.get() {
            wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while it is held.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a frame. False when there is no room: the connection has to end then, because a frame
    /// that is left out would go unnoticed.
    #[must_use]
    pub(super) fn push_frame(&self, at: Now, socket: SocketId, conn: u64, bytes: Bytes) -> bool {
        let queue = self.lock();
        if queue.arrivals.len() >= self.frames_max || queue.bytes + bytes.len() > self.bytes_max {
            drop(queue);
            self.overflows.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.put(
            queue,
            Arrival {
                at,
                what: What::Frame(socket, conn, bytes),
            },
        );
        true
    }

    /// Adds what must not get lost; there is little of it.
    pub(super) fn push(&self, at: Now, what: What) {
        self.put(self.lock(), Arrival { at, what });
    }

    fn put(&self, mut queue: MutexGuard<'_, Queue>, arrival: Arrival) {
        queue.bytes += arrival.weight();
        queue.arrivals.push_back(arrival);
        let waited = self.waiting.fetch_add(1, Ordering::Release);
        drop(queue);
        // Only the first of a burst rings: until the bus has taken it, it is awake or woken.
        if waited == 0 {
            self.ring();
        }
    }

    /// True when something waits.
    pub(super) fn has_arrivals(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }

    /// Moves what waits into `into`, which is empty.
    pub(super) fn take(&self, into: &mut VecDeque<Arrival>) {
        if !self.has_arrivals() {
            return;
        }
        let mut queue = self.lock();
        std::mem::swap(&mut queue.arrivals, into);
        queue.bytes = 0;
        self.waiting.store(0, Ordering::Release);
    }

    /// Connections that were given up because the bus did not keep up.
    pub(super) fn overflows(&self) -> u64 {
        self.overflows.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn frame(inbox: &Inbox, len: usize) -> bool {
        inbox.push_frame(Now::default(), SocketId(0), 1, Bytes::from(vec![0; len]))
    }

    #[test]
    fn a_burst_wakes_once_and_the_next_one_again() {
        let inbox = Inbox::new(10, 100);
        let rings = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&rings);
        inbox.wake_with(Arc::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        }));
        let first = rings.load(Ordering::Relaxed);
        assert!(frame(&inbox, 1) && frame(&inbox, 1) && frame(&inbox, 1));
        assert_eq!(rings.load(Ordering::Relaxed), first + 1);
        let mut taken = VecDeque::new();
        inbox.take(&mut taken);
        assert_eq!((taken.len(), inbox.has_arrivals()), (3, false));
        assert!(frame(&inbox, 1));
        assert_eq!(rings.load(Ordering::Relaxed), first + 2);
    }

    #[test]
    fn frames_are_bounded_by_number_and_bytes_and_what_must_not_get_lost_is_not() {
        let inbox = Inbox::new(2, 100);
        assert!(!frame(&inbox, 101));
        assert!(frame(&inbox, 60) && !frame(&inbox, 60) && frame(&inbox, 40) && !frame(&inbox, 0));
        inbox.push(Now::default(), What::Opened(SocketId(0), 1));
        let mut taken = VecDeque::new();
        inbox.take(&mut taken);
        assert_eq!((taken.len(), inbox.overflows()), (3, 3));
        assert!(frame(&inbox, 100), "the room is free again");
    }
}
