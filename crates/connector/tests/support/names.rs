//! Names of connectors.

use std::sync::{Mutex, Once};

/// The names that were handed out.
static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A name that no other test uses. What a connector keeps under it beyond its end goes with this process.
pub fn unique_name() -> String {
    static AT_EXIT: Once = Once::new();
    AT_EXIT.call_once(|| {
        // SAFETY: the function has no captures and lives as long as the process.
        unsafe { libc::atexit(remove_run_records) };
    });
    let name = format!("t-{}-{:x}", std::process::id(), hbl_wire::random_bot_id());
    NAMES.lock().unwrap().push(name.clone());
    name
}

/// Where a connector of this name keeps where its orders went.
pub fn run_record(name: &str) -> std::path::PathBuf {
    let folder = match cfg!(target_os = "linux") {
        true => "/dev/shm".into(),
        false => std::env::temp_dir(),
    };
    // SAFETY: geteuid has no preconditions and cannot fail.
    let user = unsafe { libc::geteuid() };
    folder.join(format!("hbl-run-{user}-{name}"))
}

extern "C" fn remove_run_records() {
    let names = NAMES.lock().map(|names| names.clone());
    for name in names.unwrap_or_default() {
        let _ = std::fs::remove_file(run_record(&name));
    }
}
