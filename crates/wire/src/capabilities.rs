//! What a process can do beyond hftbacktest's protocol, as its control block says.

/// What a connector can do beyond hftbacktest's protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(pub u32);

impl Capabilities {
    /// [`ControlRequest::Amend`](crate::ControlRequest::Amend) works.
    pub const AMEND: Self = Self(1);
    /// [`ControlRequest::CancelAll`](crate::ControlRequest::CancelAll) works.
    pub const CANCEL_ALL: Self = Self(2);
    /// Rejects come with code and text, and name the order.
    pub const REJECT_REASON: Self = Self(4);
    /// The connector reports balances, see [`ControlEvent::Balance`](crate::ControlEvent::Balance).
    pub const BALANCES: Self = Self(8);
    /// Orders are filled inside the connector and never reach a venue. It says what a connector does, not
    /// what a version can do, so it is not part of [`all`](Self::all).
    pub const PAPER: Self = Self(16);
    /// [`ControlRequest::AskOrder`](crate::ControlRequest::AskOrder) is answered. On a connector's control
    /// block; the same bit on a bot's is [`READ_ONLY`](Self::READ_ONLY).
    pub const ASK_ORDER: Self = Self(32);
    /// The bot is read-only: it sends no orders, and must be given none to take over. On a bot's control
    /// block; it says what a bot does, not what a version can do.
    pub const READ_ONLY: Self = Self(32);

    /// Everything this version knows.
    #[must_use]
    pub const fn all() -> Self {
        Self(
            Self::AMEND.0
                | Self::CANCEL_ALL.0
                | Self::REJECT_REASON.0
                | Self::BALANCES.0
                | Self::ASK_ORDER.0,
        )
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True when all of `other` is in `self`.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}
