//! Makes sure of room in shared memory before it is used: a write to a sparse file that finds none ends the
//! process with SIGBUS, without a message.

use std::{env, fs::File, io, os::fd::AsRawFd as _, path::PathBuf};

use tracing::warn;

use crate::WireError;

/// Where shared memory lies as files.
pub(crate) fn folder() -> PathBuf {
    if cfg!(target_os = "linux") {
        PathBuf::from("/dev/shm")
    } else {
        env::temp_dir()
    }
}

/// What a connector writes to until its first bot has come.
pub(crate) const CONNECTOR_BYTES: u64 = 6 << 20;
/// What a bot adds: its own ports, and the connections that the connector makes for it.
pub(crate) const BOT_BYTES: u64 = 3 << 20;

/// With less than this free, a running connector warns.
const SHORT_BYTES: u64 = 1 << 20;

/// Makes a file at least so long, with every block of it there.
#[cfg(target_os = "linux")]
pub(crate) fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    let length = libc::off_t::try_from(bytes).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the descriptor is open.
    match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, length) } {
        0 => Ok(()),
        number => Err(io::Error::from_raw_os_error(number)),
    }
}

/// Makes a file at least so long.
#[cfg(not(target_os = "linux"))]
pub(crate) fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    if file.metadata()?.len() < bytes {
        file.set_len(bytes)?;
    }
    Ok(())
}

/// Looks whether there is room for `needed` more bytes. iceoryx2 makes its files sparse, so that this
/// is the last moment at which a full folder is an error and not a signal.
///
/// # Errors
/// [`WireError::Room`] with sizes and remedy.
pub(crate) fn require(needed: u64) -> Result<(), WireError> {
    match free() {
        Some((free, _)) if free < needed => Err(short(needed)),
        _ => Ok(()),
    }
}

/// The error that says how much there is.
pub(crate) fn short(needed: u64) -> WireError {
    let (free, size) = free().unwrap_or_default();
    WireError::Room {
        folder: folder().display().to_string(),
        free_kib: free / 1024,
        size_kib: size / 1024,
        needed_kib: needed / 1024,
    }
}

/// Gives memory to a part of a mapped file: up to the address `wanted`, else up to `least`. Returns the
/// address up to which there is some now; `None` when there is not enough for `least`.
#[cfg(target_os = "linux")]
pub(crate) fn populate(from: usize, least: usize, wanted: usize) -> Option<usize> {
    // SAFETY: reads a number of the system.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    let start = from / page * page;
    for to in [wanted, least].map(|to| to.next_multiple_of(page)) {
        let part = core::ptr::without_provenance_mut(start);
        // SAFETY: gives memory to pages, and changes nothing that is there.
        if unsafe { libc::madvise(part, to - start, libc::MADV_POPULATE_WRITE) } == 0 {
            return Some(to);
        }
    }
    match io::Error::last_os_error().raw_os_error() {
        // A write would have ended in SIGBUS.
        Some(libc::EFAULT) => None,
        // Kernels before 5.14 do not know the request.
        Some(libc::EINVAL) => require((wanted - start) as u64).ok().map(|()| wanted),
        // The mapping ends there: there are no more slots.
        _ => Some(wanted),
    }
}

/// As on Linux, but without a look.
#[cfg(not(target_os = "linux"))]
pub(crate) fn populate(_from: usize, _least: usize, wanted: usize) -> Option<usize> {
    Some(wanted)
}

/// Warns once that the folder is nearly full; again when there was room meanwhile.
pub(crate) fn watch(is_reported: &mut bool) {
    match require(SHORT_BYTES) {
        Ok(()) => *is_reported = false,
        Err(error) if !core::mem::replace(is_reported, true) => {
            warn!(%error, "shared memory is nearly full: no bot can join, messages to slow readers will be lost, and a program of hftbacktest's own that finds no room there is ended by the system (SIGBUS)");
        }
        Err(_) => {}
    }
}

/// Free bytes and size of the folder of shared memory; `None` where they cannot be known.
#[cfg(target_os = "linux")]
fn free() -> Option<(u64, u64)> {
    let folder = std::ffi::CString::new(folder().into_os_string().into_encoded_bytes()).ok()?;
    // SAFETY: plain integers, for which zeros are valid.
    let mut stat: libc::statvfs = unsafe { core::mem::zeroed() };
    // SAFETY: the path ends with NUL and `stat` outlives the call.
    if unsafe { libc::statvfs(folder.as_ptr(), &raw mut stat) } != 0 {
        return None;
    }
    // Size 0: a tmpfs without a limit.
    (stat.f_blocks > 0).then(|| (stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize))
}

#[cfg(not(target_os = "linux"))]
fn free() -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_does_not_fit_is_an_error_with_sizes_and_a_remedy() {
        require(1).unwrap();
        let text = require(u64::MAX).unwrap_err().to_string();
        for part in [
            "/dev/shm",
            "KiB",
            "--shm-size",
            "HFTBACKTEST_CHANNEL_CONFIG",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_reserved_file_is_as_long_as_asked_and_never_shorter_than_before() {
        let file = tempfile::tempfile().unwrap();
        reserve(&file, 4_096).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 4_096);
        reserve(&file, 10).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 4_096);
    }
}
