//! A control block of shared memory per process: who it is, whether it lives, and its doorbell.
//!
//! Every connector and every bot of this package owns one file of 4096 bytes in `/dev/shm` (elsewhere: the
//! temporary directory), readable by its user only. The owner holds a lock on it for as long as it
//! lives, so that its death, even by SIGKILL, shows at once and without a time-out. The existence
//! of the file is the capability: a peer without one is hftbacktest's own.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::{AsRawFd, OwnedFd, RawFd},
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    ptr::NonNull,
    sync::{
        OnceLock,
        atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
};

use crate::{
    Capabilities, Destination, Orders, WireError, clock,
    idle::{WakeStamp, poll_set},
    lock, room,
};

pub(crate) const BLOCK_BYTES: usize = 4096;
const MAGIC: u64 = u64::from_le_bytes(*b"hblPage1");
const LAYOUT_VERSION: u32 = 4;
const TEXT_BYTES: usize = 32;

/// What a process says about itself on its control block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Version, at most 32 bytes.
    pub version: String,
    /// Kind of connector (`sim`, `replay`, …), at most 32 bytes.
    pub kind: String,
    pub capabilities: Capabilities,
    /// Where its orders go; unknown for a bot.
    pub destination: Destination,
}

/// Whether the owner can be talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ControlBlockState {
    Starting = 0,
    Ready = 1,
    /// It ended, and said so.
    Stopped = 2,
}

#[repr(C)]
struct Layout {
    magic: AtomicU64,
    layout_version: AtomicU32,
    pid: AtomicU32,
    /// Unix nanoseconds at which this run of the owner started; differs between runs.
    epoch: AtomicU64,
    heartbeat_mono_ns: AtomicU64,
    capabilities: AtomicU32,
    state: AtomicU32,
    version: [AtomicU8; TEXT_BYTES],
    kind: [AtomicU8; TEXT_BYTES],
    _pad: [u8; 24],
    /// Cache line 2: the word that sleepers wait on.
    pub bell: AtomicU32,
    /// Threads asleep on it.
    pub sleepers: AtomicU32,
    wake_stamp: WakeStamp,
    /// An [`Orders`] number; 0 on the control block of a connector that is older than this word.
    orders: AtomicU32,
    environment: [AtomicU8; TEXT_BYTES],
}

const _: () = assert!(size_of::<Layout>() <= BLOCK_BYTES);
const _: () = assert!(core::mem::offset_of!(Layout, bell) == 128);

/// A mapped control block. Shared between threads; all of it is atomics.
pub struct ControlBlock {
    map: NonNull<Layout>,
    file: File,
    path: PathBuf,
    inode: u64,
    owned: bool,
    /// What threads of this process signal as well when they ring, once its owner sleeps on descriptors.
    bell_descriptor: OnceLock<OwnedFd>,
}

// SAFETY: the mapping lives as long as the ControlBlock and holds only atomics and untouched padding.
unsafe impl Send for ControlBlock {}
// SAFETY: as above; every access goes through atomics.
unsafe impl Sync for ControlBlock {}

impl ControlBlock {
    /// Makes the control block of this process and holds it until dropped.
    ///
    /// # Errors
    /// [`WireError::AlreadyRunning`] when a living process holds it, [`WireError::ControlBlock`] otherwise.
    pub fn own(path: PathBuf, name: &str, hello: &Hello) -> Result<Self, WireError> {
        let fail = |error: io::Error| block_error(&path, &error);
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)
                .map_err(fail)?;
            if !lock::acquire(&file).map_err(fail)? {
                let pid = Self::map(file, path.clone(), false).map_or(0, |block| block.pid());
                return Err(WireError::AlreadyRunning {
                    name: name.to_owned(),
                    pid,
                });
            }
            // The owner before us may have removed the file between our open and our lock.
            let same = fs::metadata(&path)
                .is_ok_and(|at| file.metadata().is_ok_and(|own| own.ino() == at.ino()));
            if !same {
                continue;
            }
            // The file never shrinks: SIGBUS would end a process that has the old control block mapped. Its
            // room is reserved: else SIGBUS would end this process where there is none.
            room::reserve(&file, BLOCK_BYTES as u64).map_err(fail)?;
            let block = Self::map(file, path.clone(), true)?;
            block.introduce(hello);
            return Ok(block);
        }
    }

    /// Maps the control block of another process; `None` when there is none (yet), or when the file is not a
    /// control block.
    ///
    /// # Errors
    /// [`WireError::ControlBlock`] when it cannot be known whether there is one: descriptors or memory are
    /// used up, or the file may not be read.
    pub fn visit(path: PathBuf) -> Result<Option<Self>, WireError> {
        let fail = |error: io::Error| block_error(&path, &error);
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
        };
        if file.metadata().map_err(fail)?.len() < BLOCK_BYTES as u64 {
            return Ok(None);
        }
        let block = Self::map(file, path, false)?;
        let layout = block.layout();
        let known = layout.magic.load(Ordering::Acquire) == MAGIC
            && layout.layout_version.load(Ordering::Relaxed) == LAYOUT_VERSION;
        Ok(known.then_some(block))
    }

    fn map(file: File, path: PathBuf, owned: bool) -> Result<Self, WireError> {
        let inode = file
            .metadata()
            .map_err(|error| block_error(&path, &error))?
            .ino();
        // SAFETY: a new shared mapping of a file that is at least a control block long and never shrinks.
        let address = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                BLOCK_BYTES,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        match NonNull::new(address.cast::<Layout>()) {
            Some(map) if address != libc::MAP_FAILED => Ok(Self {
                map,
                file,
                path,
                inode,
                owned,
                bell_descriptor: OnceLock::new(),
            }),
            _ => Err(block_error(&path, &io::Error::last_os_error())),
        }
    }

    fn introduce(&self, hello: &Hello) {
        let layout = self.layout();
        layout
            .state
            .store(ControlBlockState::Starting as u32, Ordering::Relaxed);
        layout
            .layout_version
            .store(LAYOUT_VERSION, Ordering::Relaxed);
        layout.pid.store(std::process::id(), Ordering::Relaxed);
        layout
            .epoch
            .store(clock::unix_ns().unsigned_abs(), Ordering::Relaxed);
        layout
            .capabilities
            .store(hello.capabilities.0, Ordering::Relaxed);
        store_text(&layout.version, &hello.version);
        store_text(&layout.kind, &hello.kind);
        let Destination {
            orders,
            environment,
        } = &hello.destination;
        layout.orders.store(*orders as u32, Ordering::Relaxed);
        store_text(&layout.environment, environment);
        layout.sleepers.store(0, Ordering::Relaxed);
        self.beat();
        layout.magic.store(MAGIC, Ordering::Release);
    }

    fn layout(&self) -> &Layout {
        // SAFETY: the mapping is valid for BLOCK_BYTES until drop, aligned to a page of memory, and Layout
        // holds only atomics, for which any bytes are valid.
        unsafe { self.map.as_ref() }
    }

    pub(crate) fn bell(&self) -> (&AtomicU32, &AtomicU32) {
        (&self.layout().bell, &self.layout().sleepers)
    }

    /// Readable from a ring by this process to the end of a sleep.
    pub(crate) fn bell_descriptor(&self) -> io::Result<RawFd> {
        if self.bell_descriptor.get().is_none() {
            // Only its owner's thread makes one.
            let _ = self.bell_descriptor.set(poll_set::bell()?);
        }
        let descriptor = self.bell_descriptor.get();
        descriptor
            .map(AsRawFd::as_raw_fd)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(crate) fn signal(&self) {
        if let Some(descriptor) = self.bell_descriptor.get() {
            poll_set::signal(descriptor);
        }
    }

    pub(crate) fn wake_stamp(&self) -> &WakeStamp {
        &self.layout().wake_stamp
    }

    /// Shows whether the owner can be talked to.
    pub fn set_state(&self, state: ControlBlockState) {
        self.layout().state.store(state as u32, Ordering::Release);
    }

    /// Writes the heartbeat.
    pub fn beat(&self) {
        self.layout()
            .heartbeat_mono_ns
            .store(clock::monotonic_ns(), Ordering::Release);
    }

    /// Age of the last heartbeat in nanoseconds.
    #[must_use]
    pub fn heartbeat_age_ns(&self) -> u64 {
        clock::monotonic_ns()
            .saturating_sub(self.layout().heartbeat_mono_ns.load(Ordering::Acquire))
    }

    /// True when the owner said it is ready and has not ended.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.layout().state.load(Ordering::Acquire) == ControlBlockState::Ready as u32
    }

    /// True while a process holds the control block, and when the look at the lock fails: that does not prove
    /// that the owner has ended.
    #[must_use]
    pub fn is_held(&self) -> bool {
        lock::is_held(&self.file).unwrap_or(true)
    }

    /// True when the path now leads to another control block than this one.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        match fs::metadata(&self.path) {
            Ok(at) => at.ino() != self.inode,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }

    /// Start of the owner's run, Unix nanoseconds.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.layout().epoch.load(Ordering::Acquire)
    }

    /// Process id of the owner, in its own namespace.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.layout().pid.load(Ordering::Acquire)
    }

    /// What the owner can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        Capabilities(self.layout().capabilities.load(Ordering::Acquire))
    }

    /// Version text of the owner.
    #[must_use]
    pub fn version(&self) -> String {
        load_text(&self.layout().version)
    }

    /// Kind of connector (`sim`, `replay`, …), or `bot`.
    #[must_use]
    pub fn kind(&self) -> String {
        load_text(&self.layout().kind)
    }

    /// Where the owner's orders go; unknown from a connector that is older than this.
    #[must_use]
    pub fn destination(&self) -> Destination {
        let layout = self.layout();
        Destination {
            orders: Orders::of(layout.orders.load(Ordering::Acquire)),
            environment: load_text(&layout.environment),
        }
    }
}

impl Drop for ControlBlock {
    fn drop(&mut self) {
        if self.owned {
            self.set_state(ControlBlockState::Stopped);
            crate::idle::doorbell::ring(self);
            if !self.is_replaced() {
                let _ = fs::remove_file(&self.path);
            }
        }
        // SAFETY: unmaps what `map` mapped; nothing borrows from a dropped ControlBlock.
        unsafe { libc::munmap(self.map.as_ptr().cast(), BLOCK_BYTES) };
    }
}

fn block_error(path: &Path, error: &io::Error) -> WireError {
    WireError::ControlBlock {
        path: path.display().to_string(),
        reason: error.to_string(),
    }
}

fn store_text(place: &[AtomicU8; TEXT_BYTES], text: &str) {
    let text = crate::codec::clip(text, TEXT_BYTES).as_bytes();
    for (i, byte) in place.iter().enumerate() {
        byte.store(text.get(i).copied().unwrap_or(0), Ordering::Relaxed);
    }
}

fn load_text(place: &[AtomicU8; TEXT_BYTES]) -> String {
    let bytes: Vec<u8> = place
        .iter()
        .map(|byte| byte.load(Ordering::Relaxed))
        .take_while(|byte| *byte != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
#[path = "control_block_tests.rs"]
mod tests;
