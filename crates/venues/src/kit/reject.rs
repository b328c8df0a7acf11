//! The reason for which an order or a request was rejected.

/// A rejected order, request about one, or registration: its code and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Stable number.
    pub code: i64,
    /// The problem and its remedy.
    pub text: String,
}
