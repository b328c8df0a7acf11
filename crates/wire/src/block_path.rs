//! Where control blocks stand: one file per connector or bot, in the folder of shared memory.

use std::path::PathBuf;

use crate::room;

/// A connector's name as part of a file name; different names never meet.
fn escaped(name: &str) -> String {
    use core::fmt::Write as _;
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02x}");
        }
    }
    out
}

pub(crate) fn user() -> u32 {
    // SAFETY: geteuid has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}

/// Where a connector's control block stands.
pub(crate) fn connector_path(name: &str) -> PathBuf {
    room::folder().join(format!("hbl-{}-connector-{}", user(), escaped(name)))
}

/// Where the record of a connector's runs stands. It outlives the connector, so its name is none of a
/// control block, which are swept.
pub(crate) fn run_path(name: &str) -> PathBuf {
    room::folder().join(format!("hbl-run-{}-{}", user(), escaped(name)))
}

/// Where a bot's control block stands.
pub(crate) fn bot_path(id: u64) -> PathBuf {
    room::folder().join(format!("hbl-{}-bot-{id:016x}", user()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_have_pages_that_differ() {
        assert_ne!(connector_path("a/b"), connector_path("a%2fb"));
        assert_ne!(connector_path("ä"), connector_path("a"));
    }
}
