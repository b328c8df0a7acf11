//! What a connector knows of hftbacktest's own bots.

use std::collections::HashSet;

/// What is known of the upstream bots of a connector.
#[derive(Debug)]
pub(super) struct UpstreamBots {
    /// Their orders are refused while the book is not live.
    pub(super) needs_live_book: bool,
    /// Bots and symbols that were registered and whose position was never sent: such a bot reads 0.
    pub(super) without_position: HashSet<(u64, u32)>,
}

impl Default for UpstreamBots {
    fn default() -> Self {
        Self {
            needs_live_book: true,
            without_position: HashSet::new(),
        }
    }
}
