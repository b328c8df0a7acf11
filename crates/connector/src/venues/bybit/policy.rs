//! What the user chooses about orders and positions.

/// What happens at the start to open orders of ours that an earlier run sent. Orders whose
/// `orderLinkId` does not carry our prefix are never touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConnect {
    /// They are followed, and their owner is told of them.
    #[default]
    Adopt,
    /// They are cancelled, and each is told as a notice.
    CancelOurs,
    /// They are left alone, and each is told as a notice.
    None,
}

/// How order requests travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderEntry {
    /// Over the trade socket.
    #[default]
    Socket,
    /// Over REST, for accounts that have no trade socket (demo).
    Rest,
}

/// Position mode of a linear account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PositionMode {
    /// The venue is asked, symbol by symbol.
    #[default]
    Detect,
    /// One position per symbol.
    OneWay,
    /// A long and a short leg per symbol.
    Hedge,
}
