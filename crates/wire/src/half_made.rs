//! Connections that a kill left half made. iceoryx2 makes the file of a connection, fills it in, and only then
//! lets its owner read it. A file without that right can be opened by nobody, ever, and is in the way of
//! whoever takes out one of its ports.

use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path};

use tracing::warn;

use crate::{remains, room};

/// What iceoryx2 gives the file of a connection at its end.
const READABLE: u32 = 0o400;

/// Removes the half-made connections of these ports, whose programs have ended. A program that was about
/// to finish one goes on with a file that nobody else sees: the other end is gone anyway.
pub(crate) fn remove(ports: &[u128]) {
    remove_where(|end| ports.contains(&end), |_| true);
}

/// Removes those of which one end belongs to a process that has ended, and which nobody finished in a second.
pub(crate) fn sweep() {
    remove_where(has_ended, remains::is_old);
}

fn remove_where(is_meant: impl Fn(u128) -> bool, is_due: impl Fn(&Path) -> bool) {
    let Ok(entries) = fs::read_dir(room::folder()) else {
        return;
    };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        if ends_of(&name).any(&is_meant)
            && is_half_made(&path)
            && is_due(&path)
            && fs::remove_file(&path).is_ok()
        {
            warn!(%name, "removed a connection that a killed program had left half made");
        }
    }
}

/// The numbers of both ports in the name of a connection.
fn ends_of(name: &str) -> impl Iterator<Item = u128> {
    let ends = name
        .strip_prefix("iox2_")
        .and_then(|rest| rest.strip_suffix(".connection"));
    let numbers = ends.into_iter().flat_map(|ends| ends.split('_'));
    numbers.filter_map(|number| number.parse().ok())
}

/// True when the process that made a port is gone. Its number comes first in the port's.
fn has_ended(port: u128) -> bool {
    let [a, b, c, d, ..] = port.to_ne_bytes();
    let pid = i32::from_ne_bytes([a, b, c, d]);
    // SAFETY: signal 0 only asks whether there is the process.
    pid > 0
        && unsafe { libc::kill(pid, 0) } != 0
        && io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH)
}

/// True for the file of a connection that was not finished.
fn is_half_made(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|at| at.mode() & READABLE == 0)
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{File, OpenOptions, Permissions},
        os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
        path::PathBuf,
        process::{Command, id},
        time::{Duration, SystemTime},
    };

    use super::*;

    fn connection(pids: [u32; 2], mode: u32) -> PathBuf {
        let port = |pid: u32| {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&pid.to_ne_bytes());
            // The counter: no port of this run has it.
            bytes[12..].copy_from_slice(&(u32::MAX - mode).to_ne_bytes());
            u128::from_ne_bytes(bytes)
        };
        let [from, to] = pids.map(port);
        let name = format!("iox2_{}_{from}_{to}.connection", "0b".repeat(20));
        let path = room::folder().join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file: File = options.open(&path).unwrap();
        file.set_permissions(Permissions::from_mode(mode)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(5))
            .unwrap();
        path
    }

    #[test]
    fn a_half_made_connection_goes_once_one_of_its_ends_has_no_process() {
        let mut ended = Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        let living = id();
        let left = connection([living, ended.id()], 0o200);
        let others = [
            connection([living, ended.id()], 0o700),
            connection([living, living], 0o200),
        ];
        sweep();
        assert!(!left.exists());
        for path in others {
            assert!(path.exists(), "{}", path.display());
            fs::remove_file(path).unwrap();
        }
    }
}
