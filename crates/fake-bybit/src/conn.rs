//! An open WebSocket connection, as the venue sees it.

use std::collections::{BTreeSet, HashSet, VecDeque};

use tokio::{sync::mpsc::UnboundedSender, time::Instant};

use crate::fault::{End, Socket};

/// Frames waiting for a slow or stalled client before its connection is dropped.
pub(crate) const QUEUE_MAX: usize = 200_000;

/// An instruction to the task of a connection.
#[derive(Clone, Debug)]
pub(crate) enum Out {
    /// Send a text frame, not before `due`.
    Text { due: Instant, text: String },
    /// Send these bytes as a frame's payload as they are.
    Bytes { bytes: Vec<u8>, binary: bool },
    /// End after what is queued.
    EndAfter(End),
    /// The connection ends at once.
    EndNow(End),
}

/// Class of a frame: faults treat data and answers differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A message of a topic.
    Data,
    /// The answer to a request.
    Answer,
}

#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) socket: Socket,
    pub(crate) conn_id: String,
    pub(crate) tx: UnboundedSender<Out>,
    pub(crate) authed: bool,
    pub(crate) topics: BTreeSet<String>,
    pub(crate) req_ids: HashSet<String>,
    pub(crate) idle_ms: i64,
    pub(crate) active_ms: i64,
    /// A frame that waits for the next one to overtake it, and since when.
    pub(crate) held: Option<(i64, Out)>,
    /// What a stalled connection has not sent.
    pub(crate) parked: VecDeque<Out>,
}

impl Conn {
    pub(crate) fn push(&self, out: Out) {
        // Fails only when the task has ended; it reports its end itself.
        let _ = self.tx.send(out);
    }
}
