//! iceoryx2's register of programs and services: small files in the temporary directory, without which
//! no program finds what is in shared memory. Another program may empty it (`systemd-tmpfiles` does, after
//! ten days), so a port keeps a copy of its own entries and writes them anew.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
};

use iceoryx2::{node::Node, prelude::ipc};
use tracing::warn;

use crate::{WireError, clock, iceoryx_config, lock};

/// The register is looked at this often.
const LOOK_NS: u64 = 250_000_000;

/// The folder of the register.
pub(crate) fn folder() -> PathBuf {
    let root = iceoryx_config::get().global.root_path().to_string();
    PathBuf::from(root.trim_end_matches('/'))
}

/// The file whose lock says that a node lives.
pub(crate) fn monitor_of(node: u128) -> PathBuf {
    folder()
        .join("nodes")
        .join(format!("iox2_{node}.node_monitor"))
}

/// The file whose lock a program holds that takes out a dead node.
pub(crate) fn owner_lock_of(node: u128) -> PathBuf {
    let name = format!("iox2_{node}.node_monitor_owner_lock");
    folder().join("nodes").join(name)
}

/// Where a node notes the services that it has opened.
pub(crate) fn folder_of(node: u128) -> PathBuf {
    folder().join("nodes").join(node.to_string())
}

/// Looks whether this user may use the register: iceoryx2's own error names neither path nor remedy.
///
/// # Errors
/// [`WireError::Register`] with path, reason and remedy.
pub(crate) fn check() -> Result<(), WireError> {
    let root = folder();
    if !root.exists() {
        let parent = root.parent().unwrap_or(Path::new("/"));
        return may_write(parent);
    }
    for path in [root.clone(), root.join("nodes"), root.join("services")] {
        if path.exists() {
            may_write(&path)?;
        }
    }
    Ok(())
}

fn may_write(path: &Path) -> Result<(), WireError> {
    if !path.is_dir() {
        return Err(register_error(path, "it is no folder".to_owned()));
    }
    may(path, libc::R_OK | libc::W_OK | libc::X_OK)
        .map_err(|error| register_error(path, error.to_string()))
}

/// Whether this user may do something with a file or folder.
///
/// # Errors
/// Why not.
pub(crate) fn may(path: &Path, what: libc::c_int) -> io::Result<()> {
    let mut bytes = path.as_os_str().as_bytes().to_vec();
    bytes.push(0);
    // SAFETY: the path ends with NUL.
    match unsafe { libc::access(bytes.as_ptr().cast(), what) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn register_error(path: &Path, reason: String) -> WireError {
    WireError::Register {
        path: path.display().to_string(),
        reason,
    }
}

/// An entry as it was.
struct Entry {
    path: PathBuf,
    mode: u32,
    bytes: Vec<u8>,
}

/// The entries of one node and its services.
pub(crate) struct Register {
    folders: Vec<(PathBuf, u32)>,
    files: Vec<Entry>,
    /// Its lock says that the node lives.
    monitor: PathBuf,
    /// The monitor, with its lock, once it had to be made anew.
    held: Option<File>,
    next_look_ns: u64,
    /// The log has said that the entries were gone.
    is_reported: bool,
}

impl Register {
    /// Copies the entries of a node and of the services that it has opened up to now.
    pub(crate) fn of(node: &Node<ipc::Service>) -> Self {
        let root = folder();
        let (nodes, own) = (root.join("nodes"), node.id().value());
        let (monitor, node_folder) = (monitor_of(own), folder_of(own));
        let mut paths = vec![monitor.clone(), owner_lock_of(own)];
        for entry in fs::read_dir(&node_folder).into_iter().flatten().flatten() {
            // Empty files name the services that the node has opened.
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(service) = name.strip_suffix(".service_tag") {
                paths.push(root.join("services").join(format!("{service}.service")));
            }
            paths.push(entry.path());
        }
        let mode = |path: &Path| fs::metadata(path).map(|at| at.permissions().mode() & 0o7777);
        let folders = [root.clone(), root.join("services"), nodes, node_folder];
        Self {
            folders: folders
                .into_iter()
                .filter_map(|path| Some((path.clone(), mode(&path).ok()?)))
                .collect(),
            files: paths
                .into_iter()
                .filter_map(|path| {
                    // An open file of our own process: reading the monitor would drop its lock.
                    let bytes = match fs::metadata(&path).ok()?.len() {
                        0 => Vec::new(),
                        _ => fs::read(&path).ok()?,
                    };
                    let mode = mode(&path).ok()?;
                    Some(Entry { path, mode, bytes })
                })
                .collect(),
            monitor,
            held: None,
            next_look_ns: 0,
            is_reported: false,
        }
    }

    /// Copies what has come since.
    pub(crate) fn note(&mut self, node: &Node<ipc::Service>) {
        for entry in Self::of(node).files {
            if self.files.iter().all(|known| known.path != entry.path) {
                self.files.push(entry);
            }
        }
    }

    /// Looks, now and then, whether the entries are there, and makes those anew that are not.
    pub(crate) fn keep(&mut self) {
        let now_ns = clock::monotonic_ns();
        if now_ns < self.next_look_ns {
            return;
        }
        self.next_look_ns = now_ns + LOOK_NS;
        if self.files.iter().all(|entry| entry.path.exists()) {
            self.is_reported = false;
            return;
        }
        let restored = self.restore();
        if core::mem::replace(&mut self.is_reported, true) {
            return;
        }
        let folder = folder().display().to_string();
        match restored {
            Ok(()) => warn!(
                folder,
                "the register of iceoryx2 was emptied under this program, which wrote its entries anew; keep others from it (for systemd: `x /tmp/iceoryx2*` in a file of /etc/tmpfiles.d)"
            ),
            Err(error) => warn!(
                folder,
                %error,
                "the register of iceoryx2 was emptied under this program and cannot be written anew: programs that start from now on do not find this one; make the folder writable, or restart all of them"
            ),
        }
    }

    fn restore(&mut self) -> io::Result<()> {
        for (path, mode) in &self.folders {
            match DirBuilder::new().mode(*mode).create(path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        for entry in &self.files {
            if entry.path.exists() {
                continue;
            }
            let file = write_whole(entry, |file| {
                if entry.path == self.monitor {
                    lock::try_acquire(file)?;
                }
                Ok(())
            })?;
            if entry.path == self.monitor {
                self.held = Some(file);
            }
        }
        Ok(())
    }
}

/// Writes a file that others see as a whole or not at all.
fn write_whole(entry: &Entry, before: impl FnOnce(&File) -> io::Result<()>) -> io::Result<File> {
    let mut beside = entry.path.clone().into_os_string();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let _ = fs::remove_file(&beside);
    let written = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| {
            file.write_all(&entry.bytes)?;
            file.set_permissions(fs::Permissions::from_mode(entry.mode))?;
            before(&file)?;
            fs::rename(&beside, &entry.path)?;
            Ok(file)
        });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
