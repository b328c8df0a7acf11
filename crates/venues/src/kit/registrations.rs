//! Registrations that wait until the venue can judge them.

/// A registration that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Bot that asked.
    pub bot: u64,
    /// Symbol that it wants.
    pub symbol: String,
    /// Its tick and lot size.
    pub sizes: (f64, f64),
    /// When it is rejected, on the monotonic clock.
    pub until_ns: u64,
}

/// Most that are kept; a bot that asks again does not count twice.
const WAITING_MAX: usize = 10_000;

/// The registrations that wait, oldest first.
#[derive(Debug, Default)]
pub struct Registrations {
    waiting: Vec<Waiting>,
}

impl Registrations {
    /// True when none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Keeps one; the same bot's for the same symbol is replaced and keeps its time. False when
    /// there are too many.
    pub fn keep(&mut self, waiting: Waiting) -> bool {
        let same = |w: &&mut Waiting| w.bot == waiting.bot && w.symbol == waiting.symbol;
        if let Some(known) = self.waiting.iter_mut().find(same) {
            known.sizes = waiting.sizes;
            return true;
        }
        if self.waiting.len() >= WAITING_MAX {
            return false;
        }
        self.waiting.push(waiting);
        true
    }

    /// True when this bot's registration of a symbol waits.
    pub fn has(&self, bot: u64, symbol: &str) -> bool {
        let is = |w: &Waiting| w.bot == bot && w.symbol == symbol;
        self.waiting.iter().any(is)
    }

    /// Takes out those that can be judged, or have waited for too long.
    pub fn take_due(&mut self, now_ns: u64, can_be_judged: impl Fn(&str) -> bool) -> Vec<Waiting> {
        let due = |w: &Waiting| now_ns >= w.until_ns || can_be_judged(&w.symbol);
        let (due, keep) = std::mem::take(&mut self.waiting).into_iter().partition(due);
        self.waiting = keep;
        due
    }
}
