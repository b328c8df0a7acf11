//! A page of shared memory per process: who it is, whether it lives, and its doorbell.
//!
//! Every connector and every bot of ours owns one file of 4096 bytes in `/dev/shm` (elsewhere: the
//! temporary directory), readable by its user only. The owner holds a lock on it for as long as it
//! lives, so that its death, even by SIGKILL, shows at once and without a time-out. The existence
//! of the file is the capability: a peer without one is hftbacktest's own.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::AsRawFd,
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    ptr::NonNull,
    sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
};

use crate::{WireError, berth::Rung, clock, lock};

const PAGE_BYTES: usize = 4096;
const MAGIC: u64 = u64::from_le_bytes(*b"hblPage1");
const LAYOUT_VERSION: u32 = 3;
const TEXT_BYTES: usize = 32;

/// What a connector can do beyond hftbacktest's protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(pub u32);

impl Capabilities {
    /// [`SideRequest::Amend`](crate::SideRequest::Amend) works.
    pub const AMEND: Self = Self(1);
    /// [`SideRequest::CancelAll`](crate::SideRequest::CancelAll) works.
    pub const CANCEL_ALL: Self = Self(2);
    /// Refusals come with code and text tied to the order.
    pub const REJECT_REASON: Self = Self(4);
    /// Orders are filled inside the connector and never reach a market place. What a connector does,
    /// not what a version can do, so it is not part of [`all`](Self::all).
    pub const PAPER: Self = Self(16);
    /// Balances are told, see [`SideEvent::Balance`](crate::SideEvent::Balance).
    pub const BALANCES: Self = Self(8);

    /// Everything this version knows.
    #[must_use]
    pub const fn all() -> Self {
        Self(Self::AMEND.0 | Self::CANCEL_ALL.0 | Self::REJECT_REASON.0 | Self::BALANCES.0)
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True when all of `other` is in `self`.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What a process says of itself on its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Version, at most 32 bytes.
    pub version: String,
    /// Kind of connector (`sim`, `replay`, …), at most 32 bytes.
    pub kind: String,
    /// What it can do.
    pub capabilities: Capabilities,
}

/// Whose page it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// A connector's, found by its name.
    Connector,
    /// A bot's, found by its id.
    Bot,
}

/// How far the owner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum PageState {
    /// It is starting up.
    Starting = 0,
    /// It can be talked to.
    Ready = 1,
    /// It ended in order.
    Stopped = 2,
}

#[repr(C)]
struct Layout {
    magic: AtomicU64,
    layout_version: AtomicU32,
    pid: AtomicU32,
    /// Unix nanoseconds at which this run of the owner started; tells runs apart.
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
    rung: Rung,
}

const _: () = assert!(size_of::<Layout>() <= PAGE_BYTES);
const _: () = assert!(core::mem::offset_of!(Layout, bell) == 128);

/// A mapped page. Shared between threads; all of it is atomics.
pub struct Page {
    map: NonNull<Layout>,
    file: File,
    path: PathBuf,
    inode: u64,
    owned: bool,
}

// SAFETY: the mapping lives as long as the Page and holds only atomics and untouched padding.
unsafe impl Send for Page {}
// SAFETY: as above; every access goes through atomics.
unsafe impl Sync for Page {}

fn folder() -> PathBuf {
    if cfg!(target_os = "linux") {
        PathBuf::from("/dev/shm")
    } else {
        env::temp_dir()
    }
}

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

fn user() -> u32 {
    // SAFETY: geteuid has no preconditions and cannot fail.
    unsafe { libc::geteuid() }
}

/// Where a connector's page stands.
pub(crate) fn connector_path(name: &str) -> PathBuf {
    folder().join(format!("hbl-{}-connector-{}", user(), escaped(name)))
}

/// Where a bot's page stands.
pub(crate) fn bot_path(id: u64) -> PathBuf {
    folder().join(format!("hbl-{}-bot-{id:016x}", user()))
}

impl Page {
    /// Makes the page of this process and holds it until dropped.
    ///
    /// # Errors
    /// [`WireError::AlreadyRunning`] when a living process holds it, [`WireError::Page`] otherwise.
    pub fn own(path: PathBuf, name: &str, hello: &Hello) -> Result<Self, WireError> {
        let fail = |error: io::Error| page_error(&path, &error);
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
                let pid = Self::map(file, path.clone(), false).map_or(0, |page| page.pid());
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
            // Never shrinks: a peer that has the old page mapped must not be hit by SIGBUS.
            if file.metadata().map_err(fail)?.len() < PAGE_BYTES as u64 {
                file.set_len(PAGE_BYTES as u64).map_err(fail)?;
            }
            let page = Self::map(file, path.clone(), true)?;
            page.introduce(hello);
            return Ok(page);
        }
    }

    /// Maps the page of another process; `None` when there is none (yet), or it is not one of ours.
    #[must_use]
    pub fn visit(path: PathBuf) -> Option<Self> {
        let file = OpenOptions::new().read(true).write(true).open(&path).ok()?;
        if file.metadata().ok()?.len() < PAGE_BYTES as u64 {
            return None;
        }
        let page = Self::map(file, path, false).ok()?;
        let layout = page.layout();
        let known = layout.magic.load(Ordering::Acquire) == MAGIC
            && layout.layout_version.load(Ordering::Relaxed) == LAYOUT_VERSION;
        known.then_some(page)
    }

    fn map(file: File, path: PathBuf, owned: bool) -> Result<Self, WireError> {
        let inode = file
            .metadata()
            .map_err(|error| page_error(&path, &error))?
            .ino();
        // SAFETY: a new shared mapping of a file that is at least a page long and never shrinks.
        let address = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                PAGE_BYTES,
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
            }),
            _ => Err(page_error(&path, &io::Error::last_os_error())),
        }
    }

    fn introduce(&self, hello: &Hello) {
        let layout = self.layout();
        layout
            .state
            .store(PageState::Starting as u32, Ordering::Relaxed);
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
        layout.sleepers.store(0, Ordering::Relaxed);
        self.beat();
        layout.magic.store(MAGIC, Ordering::Release);
    }

    fn layout(&self) -> &Layout {
        // SAFETY: the mapping is valid for PAGE_BYTES until drop, aligned to a page, and Layout
        // holds only atomics, for which any bytes are valid.
        unsafe { self.map.as_ref() }
    }

    pub(crate) fn bell(&self) -> (&AtomicU32, &AtomicU32) {
        (&self.layout().bell, &self.layout().sleepers)
    }

    pub(crate) fn rung(&self) -> &Rung {
        &self.layout().rung
    }

    /// Says how far the owner is.
    pub fn set_state(&self, state: PageState) {
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
        self.layout().state.load(Ordering::Acquire) == PageState::Ready as u32
    }

    /// True while a process holds the page.
    #[must_use]
    pub fn is_held(&self) -> bool {
        lock::is_held(&self.file)
    }

    /// True when the path now leads to another page than this one.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        fs::metadata(&self.path).map_or(true, |at| at.ino() != self.inode)
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

    /// Kind of the owner.
    #[must_use]
    pub fn kind(&self) -> String {
        load_text(&self.layout().kind)
    }
}

/// Removes the pages of this user's dead processes, which SIGKILL leaves behind. A page that is
/// just being made survives it: its owner looks whether the file is still there once it holds it.
pub(crate) fn sweep() {
    let ours = format!("hbl-{}-", user());
    let Ok(entries) = fs::read_dir(folder()) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(&ours) {
            continue;
        }
        let Ok(file) = OpenOptions::new().read(true).write(true).open(entry.path()) else {
            continue;
        };
        if !lock::is_held(&file) && lock::try_acquire(&file).unwrap_or(false) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if self.owned {
            self.set_state(PageState::Stopped);
            crate::bell::ring(self);
            if !self.is_replaced() {
                let _ = fs::remove_file(&self.path);
            }
        }
        // SAFETY: unmaps what `map` mapped; nothing borrows from a dropped Page.
        unsafe { libc::munmap(self.map.as_ptr().cast(), PAGE_BYTES) };
    }
}

fn page_error(path: &Path, error: &io::Error) -> WireError {
    WireError::Page {
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
mod tests {
    use super::*;

    fn hello() -> Hello {
        Hello {
            version: "1.2.3".into(),
            kind: "sim".into(),
            capabilities: Capabilities::AMEND,
        }
    }

    #[test]
    fn a_page_tells_who_holds_it_and_is_gone_after_it() {
        let name = format!("t-page/{}", std::process::id());
        let path = connector_path(&name);
        assert!(Page::visit(path.clone()).is_none());
        let own = Page::own(path.clone(), &name, &hello()).unwrap();
        let seen = Page::visit(path.clone()).unwrap();
        assert!(seen.is_held() && !seen.is_ready() && !seen.is_replaced());
        own.set_state(PageState::Ready);
        assert!(seen.is_ready());
        assert_eq!(
            (seen.version().as_str(), seen.kind().as_str()),
            ("1.2.3", "sim")
        );
        assert!(seen.capabilities().contains(Capabilities::AMEND));
        assert!(!seen.capabilities().contains(Capabilities::CANCEL_ALL));
        assert_eq!(seen.pid(), std::process::id());
        let second = Page::own(path.clone(), &name, &hello());
        assert!(
            matches!(second, Err(WireError::AlreadyRunning { pid, .. }) if pid == std::process::id())
        );
        drop(own);
        assert!(!seen.is_held() && !seen.is_ready() && seen.is_replaced());
        assert!(Page::visit(path).is_none());
    }

    #[test]
    fn pages_of_the_dead_are_swept_and_pages_of_the_living_are_not() {
        let (dead, alive) = (bot_path(0x7e57_0000 + 1), bot_path(0x7e57_0000 + 2));
        fs::write(&dead, [0; PAGE_BYTES]).unwrap();
        let page = Page::own(alive.clone(), "bot", &hello()).unwrap();
        sweep();
        assert!(!dead.exists() && alive.exists());
        drop(page);
    }

    #[test]
    fn names_that_differ_have_pages_that_differ() {
        assert_ne!(connector_path("a/b"), connector_path("a%2fb"));
        assert_ne!(connector_path("ä"), connector_path("a"));
    }
}
