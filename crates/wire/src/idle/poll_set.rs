//! Descriptors that a bot sleeps on beside its bell: the sockets of connectors on its own thread.
//!
//! A futex and a descriptor cannot be waited for at once. So the bell of a bot whose connectors are all on
//! its own thread has a descriptor too (an `eventfd`), which threads of this process write to when they ring.
//! Other processes have nothing to ring it for.

use std::{
    io,
    os::fd::{AsRawFd, OwnedFd, RawFd},
    time::Duration,
};

use crate::{ControlBlock, idle::doorbell};

/// What a bot sleeps on.
pub struct PollSet {
    /// The bell's own descriptor, and those that were added.
    polled: Vec<libc::pollfd>,
}

impl PollSet {
    /// Without a descriptor but the bell's.
    ///
    /// # Errors
    /// When the system has no such descriptor, or none left.
    pub(crate) fn new(block: &ControlBlock) -> io::Result<Self> {
        let bell = block.bell_descriptor()?;
        Ok(Self {
            polled: vec![polled(bell)],
        })
    }

    /// Ends sleeps while this descriptor is readable. It stays open as long as the set is used.
    pub fn add(&mut self, descriptor: RawFd) {
        self.polled.push(polled(descriptor));
    }

    /// True without an added descriptor.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.polled.len() < 2
    }

    /// Sleeps until the bell rings, a descriptor is readable, or the time is over, unless `has_work` finds
    /// something after the sleeper has announced itself. A signal ends it early.
    pub(crate) fn sleep(
        &mut self,
        block: &ControlBlock,
        timeout: Duration,
        has_work: impl FnOnce() -> bool,
    ) {
        doorbell::announced(block, || {
            if has_work() {
                return;
            }
            if wait(&mut self.polled, timeout) && self.polled[0].revents != 0 {
                take(self.polled[0].fd);
            }
        });
    }
}

const fn polled(descriptor: RawFd) -> libc::pollfd {
    libc::pollfd {
        fd: descriptor,
        events: libc::POLLIN,
        revents: 0,
    }
}

/// A descriptor that becomes readable with [`signal`].
#[cfg(target_os = "linux")]
pub(crate) fn bell() -> io::Result<OwnedFd> {
    use std::os::fd::FromRawFd;

    // SAFETY: takes no pointer.
    let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was just opened, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn bell() -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes the descriptor readable.
pub(crate) fn signal(bell: &OwnedFd) {
    let one = 1_u64.to_ne_bytes();
    // SAFETY: the buffer is as long as is said. It fails only when the descriptor is readable anyway.
    unsafe { libc::write(bell.as_raw_fd(), one.as_ptr().cast(), one.len()) };
}

/// Makes it unreadable again.
fn take(bell: RawFd) {
    let mut count = [0_u8; 8];
    // SAFETY: the buffer is as long as is said; the descriptor does not block.
    unsafe { libc::read(bell, count.as_mut_ptr().cast(), count.len()) };
}

/// True when a descriptor is readable.
#[cfg(target_os = "linux")]
fn wait(polled: &mut [libc::pollfd], timeout: Duration) -> bool {
    let timeout = libc::timespec {
        tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    let count = libc::nfds_t::try_from(polled.len()).unwrap_or(0);
    // SAFETY: the entries and the time-out outlive the call; the signal mask stays as it is.
    let ready = unsafe {
        libc::ppoll(
            polled.as_mut_ptr(),
            count,
            &raw const timeout,
            core::ptr::null(),
        )
    };
    ready > 0
}

#[cfg(not(target_os = "linux"))]
fn wait(_polled: &mut [libc::pollfd], timeout: Duration) -> bool {
    std::thread::sleep(timeout.min(Duration::from_micros(50)));
    false
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::{
        io::Write,
        os::unix::net::UnixStream,
        thread,
        time::{Duration, Instant},
    };

    use super::*;
    use crate::BotControlBlock;

    #[test]
    fn bell_and_descriptor_end_a_sleep_and_nothing_else_does() {
        let block = BotControlBlock::own(crate::random_bot_id()).unwrap();
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let mut set = block.poll_set().unwrap();
        assert!(set.is_empty());
        set.add(reader.as_raw_fd());
        assert!(!set.is_empty());

        let slept = |set: &mut PollSet, longest: u64| {
            let started = Instant::now();
            block.sleep_on(set, Duration::from_millis(longest), || false);
            started.elapsed()
        };
        assert!(slept(&mut set, 20) >= Duration::from_millis(19), "nothing");

        let ringer = block.ringer();
        let rings = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            ringer.ring();
        });
        assert!(slept(&mut set, 5_000) < Duration::from_secs(4), "the bell");
        rings.join().unwrap();
        assert!(
            slept(&mut set, 20) >= Duration::from_millis(19),
            "the ring was taken"
        );
        block.ringer().ring();
        assert!(
            slept(&mut set, 20) >= Duration::from_millis(19),
            "nobody slept when it rang"
        );

        writer.write_all(b"x").unwrap();
        for time in ["once", "until it was read"] {
            assert!(slept(&mut set, 5_000) < Duration::from_secs(4), "{time}");
        }
        let started = Instant::now();
        block.sleep_on(&mut set, Duration::from_secs(5), || true);
        assert!(started.elapsed() < Duration::from_secs(4), "work");
    }
}
