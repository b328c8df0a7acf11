//! Errors of a configuration or of fed data.

use crate::reject::Reject;

/// The exchange cannot be set up, or fed, this way.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A number is NaN, infinite, or outside of its range.
    #[error("{field} = {value} is not allowed: {rule}")]
    Number {
        field: &'static str,
        value: f64,
        /// What is allowed.
        rule: &'static str,
    },
    #[error("the symbol is empty")]
    EmptySymbol,
    #[error("symbol {0} exists already")]
    DuplicateSymbol(String),
    /// No instrument has this index.
    #[error("there is no instrument with index {0}")]
    UnknownSymbol(u32),
    /// A price or quantity does not fit the instrument.
    #[error("{field}: {reject}")]
    Unfit {
        field: &'static str,
        /// Why it does not fit.
        reject: Reject,
    },
}

impl SetupError {
    /// Returns `value` when `ok`, else the error.
    pub(crate) fn check(
        ok: bool,
        field: &'static str,
        value: f64,
        rule: &'static str,
    ) -> Result<f64, Self> {
        if ok && value.is_finite() {
            Ok(value)
        } else {
            Err(Self::Number { field, value, rule })
        }
    }
}
