//! What killed processes leave behind in shared memory.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use crate::{ControlBlock, block_path, half_made, lock, room};

/// iceoryx2's id of a port as its files carry it: process, and when the port was made.
#[derive(Clone, Copy, PartialEq, Eq)]
struct PortId {
    pid: u32,
    made_s: u32,
}

/// How long before and after the page of its process a port is made while the process starts.
const START_S: u32 = 2;

/// Removes what this user's dead processes left: their pages, and the segments of a start that a kill
/// cut off, which iceoryx2 has not written down anywhere yet. A page that is removed while it is being made
/// is made again: its owner looks whether the file is still there once it holds the lock.
pub(crate) fn sweep() {
    half_made::sweep();
    let ours = format!("hbl-{}-", block_path::user());
    let Ok(entries) = fs::read_dir(room::folder()) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(&ours) {
            continue;
        }
        let Ok(file) = OpenOptions::new().read(true).write(true).open(entry.path()) else {
            continue;
        };
        // The lock is asked for before it is taken: taking it disturbs an owner that is just starting.
        let is_dead = lock::is_held(&file).is_ok_and(|held| !held);
        if is_dead && lock::try_acquire(&file).unwrap_or(false) {
            bury(&entry.path(), &file);
        }
    }
}

/// Removes a page of which we hold the lock, and the segments of its process's start.
fn bury(path: &Path, file: &File) {
    if let Ok(Some(page)) = ControlBlock::visit(path.to_owned()) {
        let started_s = u32::try_from(page.epoch() / 1_000_000_000).unwrap_or(u32::MAX);
        remove_segments(page.pid(), started_s);
    }
    let is_ours =
        fs::metadata(path).is_ok_and(|at| file.metadata().is_ok_and(|own| own.ino() == at.ino()));
    if is_ours {
        let _ = fs::remove_file(path);
    }
}

/// The id in the name of a data segment, or those in the name of a connection. A number in
/// hexadecimal stands before them.
fn ports_of(name: &str) -> impl Iterator<Item = PortId> {
    let ids = name.strip_prefix("iox2_").and_then(|rest| {
        rest.strip_suffix(".data")
            .or_else(|| rest.strip_suffix(".connection"))
    });
    let numbers = ids.into_iter().flat_map(|ids| ids.split('_'));
    numbers.filter_map(|number| {
        let bytes = number.parse::<u128>().ok()?.to_ne_bytes();
        let word = |at: usize| bytes[at..at + 4].try_into().ok().map(u32::from_ne_bytes);
        Some(PortId {
            pid: word(0)?,
            made_s: word(4)?,
        })
    })
}

fn remove_segments(pid: u32, started_s: u32) {
    let Ok(entries) = fs::read_dir(room::folder()) else {
        return;
    };
    let is_of_start = |port: PortId| port.pid == pid && port.made_s.abs_diff(started_s) <= START_S;
    for entry in entries.flatten() {
        if ports_of(&entry.file_name().to_string_lossy()).any(is_of_start) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, process::id};

    use super::*;
    use crate::{Capabilities, Hello, clock};

    fn segment(pid: u32, made_s: u32, suffix: &str) -> PathBuf {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&pid.to_ne_bytes());
        bytes[4..8].copy_from_slice(&made_s.to_ne_bytes());
        // The counter: no port of this run has it.
        bytes[12..].copy_from_slice(&u32::MAX.to_ne_bytes());
        let number = u128::from_ne_bytes(bytes);
        room::folder().join(format!("iox2_{}_{number}{suffix}", "0a".repeat(20)))
    }

    /// The page of a process that was killed: nobody holds it, and it is still there.
    fn dead_block(path: &Path) {
        let hello = Hello {
            version: "1".into(),
            kind: "sim".into(),
            capabilities: Capabilities::default(),
            destination: crate::Destination::default(),
        };
        let page = ControlBlock::own(path.to_owned(), "dead", &hello).unwrap();
        let bytes = fs::read(path).unwrap();
        drop(page);
        fs::write(path, bytes).unwrap();
    }

    #[test]
    fn segments_of_a_start_that_was_cut_off_go_with_the_control_block_and_others_stay() {
        let now_s = u32::try_from(clock::unix_ns() / 1_000_000_000).unwrap();
        let path = block_path::bot_path(0x7e57_1000_0000_0001);
        dead_block(&path);
        let cut_off = [
            segment(id(), now_s, ".data"),
            segment(id(), now_s, ".connection"),
        ];
        let others = [
            segment(id(), now_s - 60, ".data"),
            segment(id() + 1, now_s, ".data"),
            segment(id(), now_s, ".else"),
        ];
        for file in cut_off.iter().chain(&others) {
            fs::write(file, "x").unwrap();
        }
        sweep();
        assert!(!path.exists());
        assert!(cut_off.iter().all(|file| !file.exists()));
        assert!(others.iter().all(|file| file.exists()));
        for file in others {
            fs::remove_file(file).unwrap();
        }
    }

    #[test]
    fn a_name_that_is_none_of_a_port_names_none() {
        for name in [
            "iox2_.data",
            "iox2_0a_x.data",
            "hbl-0-bot-1",
            "iox2_0a_12.dynamic",
            "12.data",
        ] {
            assert_eq!(ports_of(name).count(), 0, "{name}");
        }
        let both = format!("iox2_0a_{}_{}.connection", 1_u128 << 40, 2_u128 << 40);
        assert_eq!(ports_of(&both).count(), 2);
    }
}
