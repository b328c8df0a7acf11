//! Whose key it is, and whether another connector works on the account with the same prefix: on this
//! machine by the claim, elsewhere by the orders that it sends.

use std::collections::BTreeSet;

use crate::bybit::core::calls::{Method, Purpose};
use crate::bybit::core::requests::Op;
use crate::bybit::core::{BybitCore, Login};
use crate::bybit::frames::{FrameError, rest};
use crate::bybit::orders::link_id::{LinkId, Origin, next_epoch};
use crate::kit::account_claim::AccountClaim;
use crate::kit::clock::Now;
use crate::kit::codes;

const SECOND_NS: u64 = 1_000_000_000;
/// The account is asked for again after this long.
const RETRY_NS: u64 = SECOND_NS;
/// An answer that has not come after this long does not come.
const ANSWER_NS: u64 = 10 * SECOND_NS;
/// Questions after which the key alone has to do: not every site answers them.
const TRIES_MAX: u32 = 3;
/// How long the connector waits for an account that another one has.
const TAKEN_NS: u64 = 120 * SECOND_NS;

/// How far the claim to the account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claimed {
    /// The venue is asked at this time, and how often it was asked before.
    Unasked { at: u64, tries: u32 },
    /// It was asked, and how often.
    Asked { until: u64, tries: u32 },
    /// As far as it can be.
    Yes,
    /// Another connector of this machine has it.
    Taken,
}

/// Who works on the account.
pub(super) struct Account {
    claim: Option<Box<dyn AccountClaim>>,
    claimed: Claimed,
    /// The mark that was written down last.
    noted: Option<u32>,
    /// Runs of other connectors that have shown that they last.
    others: BTreeSet<u32>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            claim: None,
            claimed: Claimed::Yes,
            noted: None,
            others: BTreeSet::new(),
        }
    }
}

impl Account {
    /// When the venue is asked whose key it is; `None` once that is settled.
    pub(super) fn next_due(&self) -> Option<u64> {
        match self.claimed {
            Claimed::Unasked { at, .. } => Some(at),
            Claimed::Asked { until, .. } => Some(until),
            Claimed::Yes => None,
            Claimed::Taken => Some(u64::MAX),
        }
    }

    /// True when the account may be read.
    pub(super) fn is_claimed(&self) -> bool {
        self.claimed == Claimed::Yes
    }

    /// True while another connector of this machine has it.
    pub(super) fn is_taken(&self) -> bool {
        self.claimed == Claimed::Taken
    }

    /// True when a run is known to be over; without a claim nothing is known.
    pub(super) fn is_over(&self, run: u32) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.is_over(run))
    }

    /// True when orders of a run may be cancelled as those of a previous session.
    pub(super) fn may_sweep(&self, run: u32, any: bool) -> bool {
        let is_over = self.claim.as_ref().is_none_or(|claim| claim.is_over(run));
        (any || is_over) && !self.others.contains(&run)
    }
}

impl BybitCore {
    /// Claims the account, as soon as the venue says which it is; it is read and orders are sent only
    /// then.
    #[must_use]
    pub fn with_claim(mut self, claim: Box<dyn AccountClaim>) -> Self {
        // Two starts within a second.
        self.ids.raise(next_epoch(self.ids.epoch(), claim.newest()));
        self.account.claim = Some(claim);
        self.account.claimed = Claimed::Unasked { at: 0, tries: 0 };
        self
    }

    /// Asks whose key it is, when that is due.
    pub(super) fn tick_account(&mut self, now: Now) {
        if self.private != Login::Yes {
            return;
        }
        if let Claimed::Asked { until, tries } = self.account.claimed
            && now.mono_ns >= until
        {
            self.account_unanswered(now, tries, "no answer in time");
        }
        if let Claimed::Unasked { at, tries } = self.account.claimed
            && now.mono_ns >= at
        {
            self.account.claimed = Claimed::Asked {
                until: now.mono_ns + ANSWER_NS,
                tries: tries + 1,
            };
            let path = "/v5/user/query-api";
            self.call(Method::Get, path, String::new(), true, Purpose::Account);
        }
    }

    /// The venue says whose key it is. False when it does not.
    pub(super) fn account_answer(&mut self, now: Now, body: &[u8]) -> Result<bool, FrameError> {
        let answer = rest::key_owner(body)?;
        if answer.code != 0 {
            self.refused_call(now, answer.code, &answer.text);
            self.account_failed(now, &format!("{} ({})", answer.text, answer.code));
            return Ok(false);
        }
        let account = answer.result.user_id.need("userID")?.to_owned();
        let Claimed::Asked { .. } = self.account.claimed else {
            return Ok(true);
        };
        let claim = self.account.claim.as_mut();
        if claim.is_none_or(|claim| claim.claim(&account)) {
            self.account.claimed = Claimed::Yes;
            return Ok(true);
        }
        self.account.claimed = Claimed::Taken;
        self.key.was_refused = true;
        let minutes = TAKEN_NS / (60 * SECOND_NS);
        let prefix = self.ids.prefix();
        let text = format!(
            "a connector with order_prefix {prefix} works on this account already, with another key, on this machine: no order is sent from here, market data only; give one of them another order_prefix, or stop it; tried again in {minutes} minutes"
        );
        self.notice(codes::ACCOUNT_SHARED, text);
        self.close_account(now, TAKEN_NS, "another connector has the account");
        Ok(true)
    }

    /// The question has no answer that could be read.
    pub(super) fn account_failed(&mut self, now: Now, why: &str) {
        if let Claimed::Asked { tries, .. } = self.account.claimed {
            self.account_unanswered(now, tries, why);
        }
    }

    fn account_unanswered(&mut self, now: Now, tries: u32, why: &str) {
        if tries < TRIES_MAX {
            let at = now.mono_ns + RETRY_NS;
            self.account.claimed = Claimed::Unasked { at, tries };
            return;
        }
        tracing::warn!(
            "the venue does not say which account the key is of ({why}): a connector with another key of it is not seen"
        );
        self.account.claimed = Claimed::Yes;
    }

    /// The key is tried again: so is the account.
    pub(super) fn account_again(&mut self, now: Now) {
        if self.account.is_taken() {
            let at = now.mono_ns;
            self.account.claimed = Claimed::Unasked { at, tries: 0 };
        }
    }

    /// Writes down the mark that orders carry now, before the first one does.
    pub(super) fn note_run(&mut self) {
        let run = self.ids.epoch();
        if self.account.noted.replace(run) == Some(run) {
            return;
        }
        let Some(Err(why)) = self.account.claim.as_mut().map(|claim| claim.note(run)) else {
            return;
        };
        let text = format!(
            "it could not be written down that this run is one of this machine ({why}): after a restart its orders count as those of a run that may last elsewhere, which `cancel-ours` leaves open"
        );
        self.notice(codes::RUN_UNRECORDED, text);
    }

    /// Another connector works on the account.
    pub(super) fn shares_account(&mut self, id: LinkId) {
        self.account.others.insert(id.epoch);
    }

    /// Whether requests of a kind are sent: once another connector works on the account only
    /// cancellations are.
    pub(super) fn may_send_op(&self, now: Now, op: Op) -> Result<(), (i64, String)> {
        let adds = matches!(op, Op::Create | Op::Amend);
        if adds && !self.account.others.is_empty() {
            let prefix = self.ids.prefix();
            let text = format!(
                "another connector with order_prefix {prefix} works on this account: no new order and no change is sent from here; stop one of them, or give each a prefix of its own, and start this one again"
            );
            return Err((codes::ACCOUNT_SHARED, text));
        }
        self.may_send(now)
    }

    /// Why an order is not cancelled from here; `None`: it may be.
    pub(super) fn is_others(&self, handle: u64) -> Option<(i64, String)> {
        if self.account.others.is_empty() {
            return None;
        }
        let order = self.orders.get(handle)?;
        match self.ids.decode(&order.link_id) {
            Origin::OtherEpoch(id) if self.account.others.contains(&id.epoch) => {
                let text = "the order is of another connector, which works on this account with the same order_prefix";
                Some((codes::ACCOUNT_SHARED, text.to_owned()))
            }
            _ => None,
        }
    }
}
