//! Locks of an open file description: they end with the process, and can be asked for without
//! being taken, so that looking never disturbs an owner that is just starting.

use std::{fs::File, io, thread, time::Duration};

pub(crate) use platform::{is_held, try_acquire};

/// Tries for a moment: the sweep of another process may hold the lock for an instant.
pub(crate) fn acquire(file: &File) -> io::Result<bool> {
    for _ in 0..10 {
        if try_acquire(file)? {
            return Ok(true);
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(false)
}

#[cfg(target_os = "linux")]
mod platform {
    use std::os::fd::AsRawFd as _;

    use super::{File, io};

    fn whole_file() -> libc::flock {
        libc::flock {
            l_type: libc::F_WRLCK as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: 0,
            l_len: 0,
            l_pid: 0,
        }
    }

    pub(crate) fn try_acquire(file: &File) -> io::Result<bool> {
        let lock = whole_file();
        // SAFETY: the descriptor is open and `lock` outlives the call.
        if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) } == 0 {
            return Ok(true);
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EAGAIN | libc::EACCES) => Ok(false),
            _ => Err(error),
        }
    }

    pub(crate) fn is_held(file: &File) -> io::Result<bool> {
        let mut lock = whole_file();
        // SAFETY: the descriptor is open and `lock` outlives the call.
        match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_GETLK, &raw mut lock) } {
            0 => Ok(i32::from(lock.l_type) != libc::F_UNLCK),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use std::os::fd::AsRawFd as _;

    use super::{File, io};

    pub(crate) fn try_acquire(file: &File) -> io::Result<bool> {
        // SAFETY: the descriptor is open.
        Ok(unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } == 0)
    }

    pub(crate) fn is_held(file: &File) -> io::Result<bool> {
        // SAFETY: the descriptor is open.
        if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_SH | libc::LOCK_NB) } == 0 {
            // SAFETY: the descriptor is open.
            unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_UN) };
            return Ok(false);
        }
        match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            error => Err(error),
        }
    }
}
