//! Proof that an order of a previous session is gone, for bots that ask about an order of which no
//! report has come.
//!
//! A session that has died sends no more, and its last requests arrive within the receive window or
//! never. So a reading of open orders, executions and order history that began after that time and
//! was read to its end without an error lists every order of a previous session that lives or has
//! ended within the look back. An order that it does not list is gone.

use crate::bybit::core::BybitCore;
use crate::bybit::options::OnConnect;
use crate::bybit::orders::arrival::arrival_ns;
use crate::kit::clock::Now;
use crate::kit::venue::Sought;

const SECOND_NS: u64 = 1_000_000_000;

/// The readings of the account that can be the proof.
#[derive(Debug, Default)]
pub(super) struct AbsenceProof {
    /// When no request of a previous session can arrive any more, monotonic.
    arrived_by: u64,
    /// A bot asked, and no reading has proven anything yet.
    wanted: bool,
    /// The reading under way: when it began, and the frame errors until then.
    under_way: Option<(u64, u64)>,
    /// A reading that was begun late enough was read to its end.
    proven: bool,
}

impl AbsenceProof {
    pub(super) fn new(now: Now, recv_window_ms: u32) -> Self {
        Self {
            arrived_by: now.mono_ns + arrival_ns(recv_window_ms),
            ..Self::default()
        }
    }

    /// A reading of open orders, executions and ended orders begins.
    pub(super) fn begin(&mut self, now: u64, is_full: bool, frame_errors: u64) {
        self.under_way = is_full.then_some((now, frame_errors));
    }

    /// Something of it was not read.
    pub(super) fn cut(&mut self) {
        self.under_way = None;
    }

    /// It was read to its end.
    pub(super) fn end(&mut self, frame_errors: u64) {
        let began = self.under_way.take();
        if began.is_some_and(|(at, errors)| at >= self.arrived_by && errors == frame_errors) {
            self.proven = true;
            self.wanted = false;
        }
    }

    /// True while such a reading has to be made.
    pub(super) fn is_due(&self, now: u64) -> bool {
        self.wanted && now >= self.arrived_by
    }

    /// When it has to be made, `u64::MAX` when no bot asked.
    pub(super) fn due(&self) -> u64 {
        if self.wanted {
            self.arrived_by
        } else {
            u64::MAX
        }
    }

    /// True while the reading under way may become the proof.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }
}

impl BybitCore {
    /// The state of an order of a previous session that is not followed.
    pub(super) fn seek(&mut self, now: Now) -> Sought {
        if self.settings.on_connect == OnConnect::None {
            return Sought::Unknown(
                "orders of previous sessions are left alone (on_connect = \"none\"); look at the account"
                    .to_owned(),
            );
        }
        if !self.looks_back() {
            return Sought::Unknown(
                "ended orders are not read (lookback_s = 0); look at the account".to_owned(),
            );
        }
        if self.absence.proven {
            let text = "it is neither open nor among the executions and ended orders of the look back, read after anything of a previous session could still arrive";
            return Sought::Gone(text.to_owned());
        }
        self.absence.wanted = true;
        let left_ns = self.absence.arrived_by.saturating_sub(now.mono_ns);
        Sought::Unknown(match left_ns.div_ceil(SECOND_NS) {
            0 => "the venue is asked for it".to_owned(),
            seconds => format!(
                "the venue does not list it, and it may still arrive within {seconds} s; then the venue is asked once more"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bybit::orders::arrival::ARRIVAL_NS;

    #[test]
    fn only_a_whole_reading_after_the_last_arrival_is_a_proof() {
        let mut absence = AbsenceProof::new(Now::default(), 5000);
        absence.wanted = true;
        let late = ARRIVAL_NS;
        assert!(!absence.is_due(late - 1));
        let readings = [
            (late - 1, true, false, 0),
            (late, false, false, 0),
            (late, true, true, 0),
            (late, true, false, 1),
        ];
        for (at, is_full, is_cut, errors) in readings {
            absence.begin(at, is_full, 0);
            if is_cut {
                absence.cut();
            }
            absence.end(errors);
            assert!(!absence.proven, "{at} {is_full} {is_cut} {errors}");
        }
        assert!(absence.is_due(late));
        absence.begin(late, true, 7);
        absence.end(7);
        assert!(absence.proven);
        assert_eq!(absence.due(), u64::MAX);
    }
}
