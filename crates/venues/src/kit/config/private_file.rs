//! Checks that a file with keys can be read by its owner only.

use std::path::Path;

/// Refuses a file with keys that others may read.
///
/// # Errors
/// A text with the command that corrects it.
#[cfg(unix)]
pub fn check_mode(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let meta = std::fs::metadata(path).map_err(|cause| cause.to_string())?;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(format!(
        "it holds API keys and others may read it (mode {mode:03o}); run: chmod 600 {}",
        path.display()
    ))
}

#[cfg(not(unix))]
pub fn check_mode(_path: &Path) -> Result<(), String> {
    Ok(())
}
