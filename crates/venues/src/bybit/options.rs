//! Options of the configuration about orders and positions.

/// What happens at the start to open orders of previous sessions. Orders whose `orderLinkId` does not
/// carry this connector's prefix are never touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConnect {
    /// They are recovered: followed, and reported to the bots that sent them.
    #[default]
    Adopt,
    /// Those of runs that are known to be over are cancelled, each with a notice. The others are
    /// followed, each with a notice, for their run may last elsewhere.
    CancelOurs,
    /// All of them are cancelled, each with a notice, unless another connector showed that it lasts.
    CancelAnyRun,
    /// They are left alone, each with a notice.
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
