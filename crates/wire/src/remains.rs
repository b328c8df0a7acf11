//! Remains of a service whose making or removal a kill has cut off. iceoryx2 can neither open such a
//! service nor make it anew, and no node that is left is asked to clean it up.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use iceoryx2::prelude::MessagingPattern;
use sha1_smol::Sha1;

use crate::{WireError, lock, register, room};

/// Younger files may be of a service that is being made, or restored by the programs that have it.
const AGE: Duration = Duration::from_secs(1);

/// Removes the files of a service that no living node has; waits for a second where they are young. True
/// when there were any.
pub(crate) fn remove(service: &str) -> bool {
    let id = id_of(service);
    let files = files_of(&id);
    if files.is_empty() || is_in_use(&id) {
        return false;
    }
    if files.iter().any(|path| !is_old(path)) {
        thread::sleep(AGE);
        if is_in_use(&id) {
            return false;
        }
    }
    let mut is_removed = false;
    for path in files {
        is_removed |= is_old(&path) && fs::remove_file(&path).is_ok();
    }
    is_removed
}

/// Why a service cannot be used: a file of it that belongs to another user, who alone may use it.
pub(crate) fn foreign(service: &str) -> Option<WireError> {
    files_of(&id_of(service)).into_iter().find_map(|path| {
        // Programs only read what a service is, and write to what changes.
        let is_changing = path.extension().is_some_and(|end| end == "dynamic");
        let needed = if is_changing {
            libc::R_OK | libc::W_OK
        } else {
            libc::R_OK
        };
        let error = register::may(&path, needed).err()?;
        let owner = fs::metadata(&path).ok()?.uid();
        // SAFETY: takes nothing.
        let own = unsafe { libc::getuid() };
        (owner != own).then(|| WireError::Foreign {
            path: path.display().to_string(),
            reason: error.to_string(),
            owner,
            own,
        })
    })
}

/// iceoryx2's name of a service in the names of its files.
fn id_of(service: &str) -> String {
    let pattern = MessagingPattern::PublishSubscribe as u32;
    Sha1::from(format!("{pattern}{service}"))
        .digest()
        .to_string()
}

/// A node notes each service with an empty file before it makes or opens it.
fn is_in_use(id: &str) -> bool {
    let nodes = register::folder().join("nodes");
    let tag = format!("iox2_{id}.service_tag");
    let Ok(entries) = fs::read_dir(&nodes) else {
        return false;
    };
    let has_it = entries
        .flatten()
        .filter(|node| node.path().join(&tag).exists());
    has_it
        .map(|node| node.file_name().to_string_lossy().into_owned())
        .any(|node| lives(&nodes, &node))
}

/// True for a node whose process holds its monitor, and for one that cannot be looked at.
fn lives(nodes: &Path, node: &str) -> bool {
    // Closing a monitor of this very process would drop its lock.
    let pid = node.parse::<u128>().map(|value| value.to_ne_bytes());
    let is_own = pid.is_ok_and(|bytes| bytes[..4] == std::process::id().to_ne_bytes());
    let monitor = nodes.join(format!("iox2_{node}.node_monitor"));
    if is_own {
        return true;
    }
    match OpenOptions::new().read(true).write(true).open(monitor) {
        Ok(file) => lock::is_held(&file).unwrap_or(true),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

fn files_of(id: &str) -> Vec<PathBuf> {
    let (fixed, changing) = (format!("iox2_{id}.service"), format!("_{id}.dynamic"));
    let mut files = vec![register::folder().join("services").join(fixed)];
    files.retain(|path| path.exists());
    let entries = fs::read_dir(room::folder()).into_iter().flatten().flatten();
    files.extend(entries.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("iox2_") && name.ends_with(&changing)
    }));
    files
}

pub(crate) fn is_old(path: &Path) -> bool {
    let changed = fs::metadata(path).and_then(|at| at.modified());
    changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age >= AGE))
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::Instant};

    use super::*;
    use crate::{Capabilities, ConnectorPort, Destination, Hello, random_bot_id};

    fn open(name: &str) -> ConnectorPort {
        let hello = Hello {
            version: String::new(),
            kind: "sim".into(),
            capabilities: Capabilities::all(),
            destination: Destination::default(),
        };
        ConnectorPort::open(name, &hello).unwrap()
    }

    #[test]
    fn a_service_that_a_kill_left_half_made_is_made_anew_and_one_that_lives_stays() {
        let name = format!("t-remains-{:x}", random_bot_id());
        let service = format!("{name}/Main/ToBot");
        let port = open(&name);
        let files = files_of(&id_of(&service));
        assert_eq!(
            files.len(),
            2,
            "its fixed part and its changing one: {files:?}"
        );
        assert!(!remove(&service), "a living node has it");
        drop(port);
        assert!(files.iter().all(|path| !path.exists()));

        for path in &files {
            File::create(path).unwrap();
        }
        let started = Instant::now();
        let port = open(&name);
        assert!(started.elapsed() > AGE, "it may be about to be made");
        drop(port);
        assert!(files.iter().all(|path| !path.exists()));
    }
}
