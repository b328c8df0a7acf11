//! The standard streams, without blocking.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use hbl_venues::kit::venue::Wake;

/// A pipe or socket that says it can be written to takes this much without waiting.
const WRITE_BYTES: usize = libc::PIPE_BUF;
const READ_BYTES: usize = 64 * 1024;

/// What became of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// It is there.
    There,
    /// It has closed its end.
    Gone,
}

/// What there is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// The input has something, or has ended.
    pub input: bool,
    /// The output takes something.
    pub output: bool,
    /// Nobody reads the output any more.
    pub is_gone: bool,
}

/// An input and an output, and a bell that other threads can ring.
pub struct Streams {
    input: File,
    output: File,
    bell: UnixStream,
    ringer: UnixStream,
}

impl Streams {
    /// The standard input and output of the process.
    ///
    /// # Errors
    /// When the system refuses a descriptor.
    pub fn standard() -> io::Result<Self> {
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        Self::new(input, output)
    }

    /// Any two descriptors.
    ///
    /// # Errors
    /// When the system refuses a descriptor.
    pub fn new(input: OwnedFd, output: OwnedFd) -> io::Result<Self> {
        let (bell, ringer) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        ringer.set_nonblocking(true)?;
        Ok(Self {
            input: input.into(),
            output: output.into(),
            bell,
            ringer,
        })
    }

    /// What wakes [`wait`](Self::wait) from another thread.
    ///
    /// # Errors
    /// When the system refuses a descriptor.
    pub fn wake(&self) -> io::Result<Wake> {
        let ringer = self.ringer.try_clone()?;
        // A full bell rings already.
        Ok(Arc::new(move || {
            let _ = (&ringer).write(&[1]);
        }))
    }

    /// Reads what is there after [`Readiness::input`]. Gone: the input has ended.
    pub fn read(&mut self, into: &mut Vec<u8>) -> Peer {
        let start = into.len();
        into.resize(start + READ_BYTES, 0);
        let (count, peer) = match self.input.read(&mut into[start..]) {
            Ok(0) => (0, Peer::Gone),
            Ok(count) => (count, Peer::There),
            Err(error) if is_for_later(&error) => (0, Peer::There),
            Err(_) => (0, Peer::Gone),
        };
        into.truncate(start + count);
        peer
    }

    /// Writes from the front of `bytes` as long as it goes without waiting; what is left stays.
    pub fn write(&mut self, bytes: &mut Vec<u8>) -> Peer {
        let mut done = 0;
        let peer = loop {
            if done == bytes.len() {
                break Peer::There;
            }
            let ready = poll(&mut [self.output_poll(true)], Some(Duration::ZERO));
            if ready[0] & libc::POLLOUT == 0 {
                let is_gone = ready[0] & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0;
                break if is_gone { Peer::Gone } else { Peer::There };
            }
            let end = bytes.len().min(done + WRITE_BYTES);
            match self.output.write(&bytes[done..end]) {
                Ok(count) => done += count,
                Err(error) if is_for_later(&error) => break Peer::There,
                Err(_) => break Peer::Gone,
            }
        };
        bytes.drain(..done);
        peer
    }

    /// Sleeps until there is something to read, or to write when `wants_output`, the bell rings or
    /// the time is over.
    pub fn wait(&mut self, wants_output: bool, timeout: Duration) -> Readiness {
        let mut fds = [
            libc::pollfd {
                fd: self.input.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            },
            self.output_poll(wants_output),
            libc::pollfd {
                fd: self.bell.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            },
        ];
        let [input, output, bell] = poll(&mut fds, Some(timeout));
        if bell != 0 {
            let mut drained = [0; 256];
            while matches!((&self.bell).read(&mut drained), Ok(count) if count == drained.len()) {}
        }
        Readiness {
            input: input != 0,
            output: output & libc::POLLOUT != 0,
            is_gone: output & (libc::POLLERR | libc::POLLNVAL) != 0,
        }
    }

    fn output_poll(&self, wants_output: bool) -> libc::pollfd {
        libc::pollfd {
            fd: self.output.as_raw_fd(),
            events: if wants_output { libc::POLLOUT } else { 0 },
            revents: 0,
        }
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Waits for descriptors; the events of each, 0 for none. A signal ends the wait.
fn poll<const N: usize>(fds: &mut [libc::pollfd; N], timeout: Option<Duration>) -> [i16; N] {
    #[cfg(target_os = "linux")]
    {
        let timeout = timeout.map(|timeout| libc::timespec {
            tv_sec: timeout.as_secs() as libc::time_t,
            tv_nsec: timeout.subsec_nanos() as _,
        });
        let timeout = timeout
            .as_ref()
            .map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: `fds` and the time, when there is one, are valid for the whole call; without a
        // signal mask the call changes none.
        unsafe {
            libc::ppoll(
                fds.as_mut_ptr(),
                N as libc::nfds_t,
                timeout,
                std::ptr::null(),
            )
        };
    }
    #[cfg(not(target_os = "linux"))]
    {
        let ms = timeout.map_or(-1, |timeout| {
            i32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
        });
        // SAFETY: `fds` is valid for the whole call.
        unsafe { libc::poll(fds.as_mut_ptr(), N as libc::nfds_t, ms) };
    }
    fds.map(|fd| fd.revents)
}
