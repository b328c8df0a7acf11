//! The estimated place of a resting order in the queue of a level whose single orders are not published.

use serde::{Deserialize, Serialize};

use crate::setup_error::SetupError;

/// How the queue ahead of a resting order shrinks. Trades at its price always shrink it; the models
/// differ in how they share a decrease of the level that no trade explains between the queue ahead
/// (`front`) and the queue behind (`back`). The names and formulas follow hftbacktest's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "model", deny_unknown_fields)]
pub enum QueueModel {
    /// All of it is behind: only trades advance the order.
    #[default]
    RiskAverse,
    /// Share behind: `f(back) / (f(back) + f(front))`, `f(x) = xⁿ`.
    ProbPower {
        /// The exponent, above 0.
        n: f64,
    },
    /// Share behind: `f(back) / f(back + front)`, `f(x) = xⁿ`.
    ProbPower2 {
        /// The exponent, above 0.
        n: f64,
    },
    /// Share behind: `1 − f(front / (front + back))`, `f(x) = xⁿ`.
    ProbPower3 {
        /// The exponent, above 0.
        n: f64,
    },
    /// Share behind: `f(back) / (f(back) + f(front))`, `f(x) = ln(1 + x)`.
    ProbLog,
    /// Share behind: `f(back) / f(back + front)`, `f(x) = ln(1 + x)`.
    ProbLog2,
}

impl QueueModel {
    /// # Errors
    /// When the exponent is not a finite number above 0.
    pub(crate) fn validate(&self) -> Result<(), SetupError> {
        match *self {
            Self::ProbPower { n } | Self::ProbPower2 { n } | Self::ProbPower3 { n } => {
                SetupError::check(n > 0.0, "n", n, "a finite number above 0")?;
            }
            Self::RiskAverse | Self::ProbLog | Self::ProbLog2 => {}
        }
        Ok(())
    }

    /// The share of a decrease that happens behind the order, 0 to 1.
    fn share_behind(self, front: f64, back: f64) -> f64 {
        let log = |x: f64| x.ln_1p();
        let share = match self {
            Self::RiskAverse => 1.0,
            Self::ProbPower { n } => back.powf(n) / (back.powf(n) + front.powf(n)),
            Self::ProbPower2 { n } => back.powf(n) / (back + front).powf(n),
            Self::ProbPower3 { n } => 1.0 - (front / (front + back)).powf(n),
            Self::ProbLog => log(back) / (log(back) + log(front)),
            Self::ProbLog2 => log(back) / log(back + front),
        };
        // 0/0: the queue is empty ahead and behind.
        if share.is_nan() {
            1.0
        } else {
            share.clamp(0.0, 1.0)
        }
    }
}

/// The estimated place of a resting order. Quantities in lots, as `f64`: it is an estimate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct QueuePosition {
    front: f64,
    /// Traded at the price since the level was last updated: the update will show it again.
    traded: f64,
}

impl QueuePosition {
    /// An order that joins a level with `displayed` lots.
    pub(crate) fn join(displayed: i64) -> Self {
        Self {
            front: displayed as f64,
            traded: 0.0,
        }
    }

    pub(crate) fn front_lots(&self) -> f64 {
        self.front.max(0.0)
    }

    /// `lots` traded at the price. Returns how many lots reached the order.
    pub(crate) fn trade(&mut self, lots: i64) -> i64 {
        self.front -= lots as f64;
        self.traded += lots as f64;
        let reached = (-self.front).round() as i64;
        if reached > 0 {
            self.front = 0.0;
            reached
        } else {
            0
        }
    }

    /// The level was not observed for a while and has `lots` now.
    pub(crate) fn blind(&mut self, lots: i64) {
        self.traded = 0.0;
        self.front = self.front.min(lots as f64);
    }

    /// The level went from `before` to `after`.
    pub(crate) fn level(&mut self, model: QueueModel, before: i64, after: i64) {
        let (before, after) = (before as f64, after as f64);
        let traded = std::mem::take(&mut self.traded);
        if model == QueueModel::RiskAverse {
            self.front = self.front.min(after);
            return;
        }
        let unexplained = before - after - traded;
        if unexplained < 0.0 {
            self.front = self.front.min(after);
            return;
        }
        let front = self.front;
        let back = (before - front).max(0.0);
        let behind = model.share_behind(front, back);
        // A decrease that exceeds the queue behind is taken from the queue ahead.
        let lacking = (back - behind * unexplained).min(0.0);
        let estimate = front - (1.0 - behind) * unexplained + lacking;
        self.front = estimate.clamp(0.0, after.max(0.0));
    }
}
