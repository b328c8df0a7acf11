//! What is known of a book whose depth says nothing, see [`probe`](super::probe).

const SECOND_NS: u64 = 1_000_000_000;
/// Silence of a symbol's depth after which the venue is asked, and again after each answer.
const QUIET_NS: u64 = 4 * SECOND_NS;

/// What is known of a silent book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    /// The venue is asked at this time.
    Due(u64),
    /// It was asked.
    Asked,
    /// Its book is at this id, and a message with it has to come by then.
    Ahead { id: u64, until: u64 },
}

impl Probe {
    /// The book was up to date at this time.
    pub(super) fn at(now: u64) -> Self {
        Self::Due(now + QUIET_NS)
    }

    /// Depth went on, up to this id.
    pub(super) fn follow(&mut self, now: u64, last_id: Option<u64>) {
        match self {
            Self::Due(_) => *self = Self::at(now),
            Self::Ahead { id, .. } if last_id.is_some_and(|last| last >= *id) => {
                *self = Self::at(now);
            }
            Self::Asked | Self::Ahead { .. } => {}
        }
    }

    pub(super) fn is_behind(self, now: u64) -> bool {
        now >= self.behind_at()
    }

    /// When the book counts as broken.
    pub(super) fn behind_at(self) -> u64 {
        match self {
            Self::Ahead { until, .. } => until,
            Self::Due(_) | Self::Asked => u64::MAX,
        }
    }

    /// When there is something to do.
    pub(super) fn next_due(self) -> u64 {
        match self {
            Self::Due(at) => at,
            Self::Asked => u64::MAX,
            Self::Ahead { until, .. } => until,
        }
    }
}
