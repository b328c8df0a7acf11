//! Names of connectors.

/// A name that no other test uses.
pub fn unique_name() -> String {
    format!("t-{}-{:x}", std::process::id(), hbl_wire::random_bot_id())
}
