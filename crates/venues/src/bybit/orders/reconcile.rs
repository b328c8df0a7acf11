//! Reconciliation over REST, step by step: at every private login before orders may be sent, and again
//! from time to time. Only this finds a message that the venue did not send.

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
    /// `order/history`: orders that ended before the start. Only at the first time.
    Ended,
    /// `position/list`; spot has none.
    Positions,
    /// `account/wallet-balance`.
    Wallet,
}

/// What has to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Orders that have ended, too.
    pub ended: bool,
    /// The category has positions.
    pub positions: bool,
    /// Most pages of executions and of ended orders; 0: as many as there are.
    pub pages: u32,
    /// Settle coins, each of which has its own list of orders and of positions; 0 counts as 1.
    pub coins: usize,
}

impl Plan {
    fn after(self, step: Step) -> Option<Step> {
        let next = match step {
            Step::Orders => Step::Executions,
            Step::Executions => Step::Ended,
            Step::Ended => Step::Positions,
            Step::Positions => Step::Wallet,
            Step::Wallet => return None,
        };
        let left_out =
            next == Step::Ended && !self.ended || next == Step::Positions && !self.positions;
        if left_out {
            self.after(next)
        } else {
            Some(next)
        }
    }

    fn parts(self, step: Step) -> usize {
        match step {
            Step::Orders | Step::Ended | Step::Positions => self.coins.max(1),
            Step::Executions | Step::Wallet => 1,
        }
    }

    fn pages_max(self, step: Step) -> u32 {
        match step {
            Step::Executions | Step::Ended if self.pages > 0 => self.pages.min(PAGES_MAX),
            _ => PAGES_MAX,
        }
    }
}

/// Where a step is after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Another page follows, or the answer was not waited for.
    More,
    /// That was the last page.
    Done,
    /// There are more pages than are read.
    Cut,
}

/// Walks through the steps.
#[derive(Debug, Default)]
pub struct Reconcile {
    step: Option<Step>,
    /// Which settle coin of the step.
    part: usize,
    /// A list of the step was longer than is read.
    is_cut: bool,
    cursor: Option<String>,
    pages: u32,
    /// Deadline of the question that is out.
    out_until: Option<u64>,
    retry_at: u64,
    failures: u32,
    done: bool,
    plan: Plan,
}

impl Reconcile {
    /// Begins anew.
    pub fn start(&mut self, now: u64, plan: Plan) {
        *self = Self {
            step: Some(Step::Orders),
            retry_at: now,
            plan,
            ..Self::default()
        };
    }

    /// So many settle coins have lists of their own; set before the first one is asked for.
    pub fn split(&mut self, coins: usize) {
        self.plan.coins = coins;
    }

    /// Reads everything once more, the ended orders only with `ended`; what is done stays done
    /// meanwhile.
    pub fn repeat(&mut self, now: u64, ended: bool) {
        if self.is_idle() {
            self.plan.ended = ended;
            self.step = Some(Step::Orders);
            self.retry_at = now;
        }
    }

    /// Nothing is known any more.
    pub fn stop(&mut self) {
        *self = Self::default();
    }

    /// True when every step is done.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// True when the ended orders are read too.
    pub fn reads_ended(&self) -> bool {
        self.plan.ended
    }

    /// True when every step is done and none is being repeated.
    pub fn is_idle(&self) -> bool {
        self.done && self.step.is_none()
    }

    /// The step that is under way and which settle coin of it.
    pub fn at(&self) -> (Option<Step>, usize) {
        (self.step, self.part)
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

    /// A step's page was read.
    pub fn answered(&mut self, step: Step, cursor: Option<String>) -> Progress {
        if self.step != Some(step) {
            return Progress::More;
        }
        self.out_until = None;
        self.failures = 0;
        self.pages += 1;
        // A cursor that comes again leads nowhere.
        let goes_on = cursor.is_some() && cursor != self.cursor;
        if goes_on && self.pages < self.plan.pages_max(step) {
            self.cursor = cursor;
            return Progress::More;
        }
        self.is_cut |= cursor.is_some();
        self.cursor = None;
        self.pages = 0;
        self.part += 1;
        if self.part < self.plan.parts(step) {
            return Progress::More;
        }
        self.part = 0;
        let is_cut = std::mem::take(&mut self.is_cut);
        self.step = self.plan.after(step);
        self.done |= self.step.is_none();
        if is_cut {
            Progress::Cut
        } else {
            Progress::Done
        }
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

    const PLAN: Plan = Plan {
        ended: true,
        positions: true,
        pages: 0,
        coins: 1,
    };

    #[test]
    fn steps_follow_each_other_page_by_page_and_failures_are_asked_again() {
        let mut steps = Reconcile::default();
        assert_eq!(steps.take_ask(0), None);
        steps.start(0, PLAN);
        assert_eq!(steps.take_ask(0), Some((Step::Orders, None)));
        assert_eq!(steps.take_ask(0), None, "one question at a time");
        let more = steps.answered(Step::Orders, Some("p2".into()));
        assert_eq!(more, Progress::More);
        assert_eq!(steps.take_ask(1), Some((Step::Orders, Some("p2".into()))));
        steps.failed(1, Step::Orders);
        assert_eq!(steps.take_ask(2), None);
        let due = steps.next_due().unwrap();
        assert_eq!(steps.take_ask(due), Some((Step::Orders, Some("p2".into()))));
        assert_eq!(steps.answered(Step::Orders, None), Progress::Done);
        for step in [Step::Executions, Step::Ended, Step::Positions, Step::Wallet] {
            assert!(!steps.is_done());
            assert_eq!(steps.take_ask(due), Some((step, None)));
            assert_eq!(steps.answered(step, None), Progress::Done);
        }
        assert!(steps.is_done());
    }

    #[test]
    fn what_is_repeated_was_done_before_and_stays_so() {
        let mut steps = Reconcile::default();
        steps.repeat(0, false);
        assert_eq!(steps.take_ask(0), None, "nothing was done yet");
        steps.start(0, PLAN);
        for step in [
            Step::Orders,
            Step::Executions,
            Step::Ended,
            Step::Positions,
            Step::Wallet,
        ] {
            steps.take_ask(0);
            steps.answered(step, None);
        }
        steps.repeat(9, false);
        for step in [
            Step::Orders,
            Step::Executions,
            Step::Positions,
            Step::Wallet,
        ] {
            assert!(steps.is_done() && !steps.is_idle());
            assert_eq!(steps.take_ask(9), Some((step, None)));
            steps.answered(step, None);
        }
        assert!(steps.is_idle());
    }

    #[test]
    fn steps_that_do_not_apply_are_left_out() {
        let mut steps = Reconcile::default();
        steps.start(0, Plan::default());
        for step in [Step::Orders, Step::Executions, Step::Wallet] {
            assert_eq!(steps.take_ask(0), Some((step, None)));
            steps.answered(step, None);
        }
        assert!(steps.is_done());
    }

    #[test]
    fn a_lost_answer_and_an_endless_cursor_end() {
        let mut steps = Reconcile::default();
        steps.start(0, PLAN);
        steps.take_ask(0);
        assert_eq!(steps.take_ask(ANSWER_NS), Some((Step::Orders, None)));
        let same = || Some("same".into());
        assert_eq!(steps.answered(Step::Orders, same()), Progress::More);
        assert_eq!(steps.answered(Step::Orders, same()), Progress::Cut);
    }

    #[test]
    fn lists_of_several_settle_coins_are_read_one_after_the_other() {
        let mut steps = Reconcile::default();
        steps.start(0, Plan { coins: 2, ..PLAN });
        assert_eq!(steps.at(), (Some(Step::Orders), 0));
        assert_eq!(
            steps.answered(Step::Orders, Some("p".into())),
            Progress::More
        );
        assert_eq!(steps.answered(Step::Orders, None), Progress::More);
        assert_eq!(steps.at(), (Some(Step::Orders), 1));
        assert_eq!(steps.answered(Step::Orders, None), Progress::Done);
        assert_eq!(steps.answered(Step::Executions, None), Progress::Done);
        assert_eq!(steps.answered(Step::Ended, None), Progress::More);
        assert_eq!(steps.answered(Step::Ended, None), Progress::Done);
        assert_eq!(steps.at(), (Some(Step::Positions), 0));
    }

    #[test]
    fn a_list_that_is_too_long_is_cut_and_said_to_be() {
        let mut steps = Reconcile::default();
        steps.start(0, Plan { pages: 2, ..PLAN });
        steps.answered(Step::Orders, None);
        let page = |n: u32| Some(format!("p{n}"));
        assert_eq!(steps.answered(Step::Executions, page(1)), Progress::More);
        assert_eq!(steps.answered(Step::Executions, page(2)), Progress::Cut);
        assert_eq!(steps.answered(Step::Ended, None), Progress::Done);
    }
}
