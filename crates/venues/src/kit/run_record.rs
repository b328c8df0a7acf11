//! The runs that an account had on this machine: a file of their marks, locked while a run lasts.
//!
//! Who holds the lock knows that every run in the file is over. A mark is written before the first
//! order that carries it, so that an order without one in the file may be of a run elsewhere.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// Marks that are kept; the venue forgets orders long before so many runs.
const KEPT: usize = 4096;

/// The runs of this machine, and this one's claim to be the only one that lasts.
#[derive(Debug)]
pub struct RunRecord {
    file: File,
    over: BTreeSet<u32>,
}

impl RunRecord {
    /// Opens the record of this name in a folder, which is made when it is not there. `None`: another
    /// process holds it.
    ///
    /// # Errors
    /// When folder or file cannot be made, read or written.
    pub fn open(folder: &Path, name: &str) -> io::Result<Option<Self>> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{name}.runs"));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        // A line that a crash has cut is no mark: the orders of that run are not known then.
        let mut over: BTreeSet<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
        while over.len() > KEPT {
            over.pop_first();
        }
        if text.lines().count() > KEPT {
            let kept: String = over.iter().map(|run| format!("{run}\n")).collect();
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(kept.as_bytes())?;
        } else if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        Ok(Some(Self { file, over }))
    }

    /// True for a run of this machine that is over.
    pub fn is_over(&self, run: u32) -> bool {
        self.over.contains(&run)
    }

    /// The newest mark of the runs that are over.
    pub fn newest(&self) -> Option<u32> {
        self.over.last().copied()
    }

    /// Writes down a mark of this run.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn note(&mut self, run: u32) -> io::Result<()> {
        self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(format!("{run}\n").as_bytes())?;
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_before_this_one_are_over_and_this_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("made/for/it");
        let mut first = RunRecord::open(&folder, "a").unwrap().unwrap();
        first.note(7).unwrap();
        first.note(9).unwrap();
        assert!(!first.is_over(7), "it lasts");
        assert!(RunRecord::open(&folder, "a").unwrap().is_none(), "held");
        assert!(RunRecord::open(&folder, "b").unwrap().is_some());
        drop(first);
        let second = RunRecord::open(&folder, "a").unwrap().unwrap();
        assert!(second.is_over(7) && second.is_over(9) && !second.is_over(8));
        assert_eq!(second.newest(), Some(9));
    }

    #[test]
    fn a_cut_line_is_no_mark_and_hides_no_later_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.runs"), b"5\n17\xff").unwrap();
        let mut first = RunRecord::open(folder.path(), "a").unwrap().unwrap();
        first.note(6).unwrap();
        drop(first);
        let second = RunRecord::open(folder.path(), "a").unwrap().unwrap();
        assert!(second.is_over(5) && second.is_over(6) && !second.is_over(17));
    }

    #[test]
    fn the_oldest_of_very_many_marks_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let marks: String = (1..=5000).map(|run| format!("{run}\n")).collect();
        std::fs::write(folder.path().join("a.runs"), marks).unwrap();
        for _ in 0..2 {
            let record = RunRecord::open(folder.path(), "a").unwrap().unwrap();
            assert!(!record.is_over(904) && record.is_over(905) && record.is_over(5000));
        }
        let text = std::fs::read_to_string(folder.path().join("a.runs")).unwrap();
        assert_eq!(text.lines().count(), 4096);
    }
}
