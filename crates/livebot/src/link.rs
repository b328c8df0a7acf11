//! State of the link with a connector, as the bot shows it.

use hbl_wire::LinkInfo;

use crate::record::LinkStatus;

/// State of the link with one connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    pub connector: String,
    /// What happened to it last.
    pub status: LinkStatus,
    /// The connector's own data: version, kind, capabilities, epoch.
    pub info: LinkInfo,
    /// Orders go to the agreed destination.
    pub agreed: bool,
}
