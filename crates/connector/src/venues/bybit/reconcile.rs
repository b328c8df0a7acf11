//! What has to be read over REST before orders may be sent, step by step, at every private login.

const SECOND_NS: u64 = 1_000_000_000;
const ANSWER_NS: u64 = 10 * SECOND_NS;
/// More pages than any account has; a cursor that never ends is a fault.
const PAGES_MAX: u32 = 200;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `order/realtime`.
    Orders,
    /// `execution/list` since the last one seen.
    Executions,
    /// `position/list`.
    Positions,
    /// `account/wallet-balance`.
    Wallet,
}

impl Step {
    fn next(self) -> Option<Self> {
        match self {
            Self::Orders => Some(Self::Executions),
            Self::Executions => Some(Self::Positions),
            Self::Positions => Some(Self::Wallet),
            Self::Wallet => None,
        }
    }
}

/// Walks through the steps.
#[derive(Debug, Default)]
pub struct Reconcile {
    step: Option<Step>,
    cursor: Option<String>,
    pages: u32,
    /// Deadline of the question that is out.
    out_until: Option<u64>,
    retry_at: u64,
    failures: u32,
    done: bool,
}

impl Reconcile {
    /// Begins anew.
    pub fn start(&mut self, now: u64) {
        *self = Self {
            step: Some(Step::Orders),
            retry_at: now,
            ..Self::default()
        };
    }

    /// Nothing is known any more.
    pub fn stop(&mut self) {
        *self = Self::default();
    }

    /// True when every step is done.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// The question that is due, with the page's cursor.
    pub fn take_ask(&mut self, now: u64) -> Option<(Step, Option<String>)> {
        if self.out_until.is_some_and(|until| now >= until) {
            self.out_until = None;
        }
        let step = self.step?;
        if self.out_until.is_some() || now < self.retry_at {
            return None;
        }
        self.out_until = Some(now + ANSWER_NS);
        Some((step, self.cursor.clone()))
    }

    /// A step's page was read. True when that was the last page of the step.
    pub fn answered(&mut self, step: Step, cursor: Option<String>) -> bool {
        if self.step != Some(step) {
            return false;
        }
        self.out_until = None;
        self.failures = 0;
        self.pages += 1;
        if cursor.is_some() && self.pages < PAGES_MAX && cursor != self.cursor {
            self.cursor = cursor;
            return false;
        }
        self.cursor = None;
        self.pages = 0;
        self.step = step.next();
        self.done = self.step.is_none();
        true
    }

    /// A question failed; it is asked again, later each time.
    pub fn failed(&mut self, now: u64, step: Step) {
        if self.step == Some(step) {
            self.out_until = None;
            self.retry_at = now + (SECOND_NS << self.failures.min(4)).min(10 * SECOND_NS);
            self.failures += 1;
        }
    }

    /// When the next question is due.
    pub fn next_due(&self) -> Option<u64> {
        self.step?;
        Some(self.out_until.unwrap_or(self.retry_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_each_other_page_by_page_and_failures_are_asked_again() {
        let mut steps = Reconcile::default();
        assert_eq!(steps.take_ask(0), None);
        steps.start(0);
        assert_eq!(steps.take_ask(0), Some((Step::Orders, None)));
        assert_eq!(steps.take_ask(0), None, "one question at a time");
        assert!(!steps.answered(Step::Orders, Some("p2".into())));
        assert_eq!(steps.take_ask(1), Some((Step::Orders, Some("p2".into()))));
        steps.failed(1, Step::Orders);
        assert_eq!(steps.take_ask(2), None);
        let due = steps.next_due().unwrap();
        assert_eq!(steps.take_ask(due), Some((Step::Orders, Some("p2".into()))));
        assert!(steps.answered(Step::Orders, None));
        for step in [Step::Executions, Step::Positions, Step::Wallet] {
            assert!(!steps.is_done());
            assert_eq!(steps.take_ask(due), Some((step, None)));
            assert!(steps.answered(step, None));
        }
        assert!(steps.is_done());
    }

    #[test]
    fn a_lost_answer_and_an_endless_cursor_end() {
        let mut steps = Reconcile::default();
        steps.start(0);
        steps.take_ask(0);
        assert_eq!(steps.take_ask(ANSWER_NS), Some((Step::Orders, None)));
        assert!(!steps.answered(Step::Orders, Some("same".into())));
        assert!(steps.answered(Step::Orders, Some("same".into())));
    }
}
