//! A connector as its bot sees it.

use hbl_wire::LinkInfo;

use crate::record::LinkStatus;

/// State of the link with one connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    /// The connector's name.
    pub connector: String,
    /// What happened last.
    pub status: LinkStatus,
    /// What is known of it.
    pub info: LinkInfo,
}
