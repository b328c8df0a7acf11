//! Identities of bots on the wire.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
};

/// Set on ids that were drawn at random: no later process has such an id.
const ANONYMOUS: u64 = 1 << 63;

/// Draws an id for a bot that was not given one. Its orders may be adopted by any bot that
/// registers their symbol once it is dead.
#[must_use]
pub fn random_bot_id() -> u64 {
    // RandomState is seeded by the operating system, afresh for every instance.
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish() | ANONYMOUS
}

/// True for ids from [`random_bot_id`] (and for half of hftbacktest's own random ids).
#[must_use]
pub const fn is_anonymous(bot: u64) -> bool {
    bot & ANONYMOUS != 0
}
