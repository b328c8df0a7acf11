//! Recordings of venues, which are not part of the repository: in the folder that `SHARED_DATA` names,
//! or in `../shared/data` beside the repository.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The path of a recording. Without it the test says on standard error that it is skipped, past
/// libtest, which would keep the words of a test that passes to itself: `npm test` counts such lines,
/// and takes as many off what passed.
pub fn shared_data(test: &str, name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("SHARED_DATA").map_or_else(beside, PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    let line = format!("\nSKIPPED {test}: no {name} in SHARED_DATA or ../shared/data\n");
    // Nobody can be shown that nobody can be shown.
    let _ = std::io::stderr().write_all(line.as_bytes());
    None
}
