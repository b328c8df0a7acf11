//! The lines of a text recording, compressed with gzip or plain, as far as they can be read.

use std::fs::File;
use std::io::{self, BufRead, Read, Seek};
use std::path::Path;

use super::gzip_members::{Found, GzipMembers, begins_member};
use super::unread::Unread;

/// A line longer than this is no message of a venue.
const LINE_BYTES_MAX: usize = 32 << 20;
/// Bytes of a plain file read at a time.
const CHUNK: u64 = 1 << 16;
/// So much text is looked at for damage behind a line that is none.
const LOOK_AHEAD: usize = 4 << 20;
/// So far into a file its first gzip member is looked for.
const HEAD: u64 = 1 << 20;

enum Text {
    Plain(File),
    Packed(Box<GzipMembers<File>>),
}

/// The lines of a text recording.
pub struct RecordedLines {
    file: Text,
    /// What was unpacked and is not given out yet begins at `at`.
    text: Vec<u8>,
    at: usize,
    /// The text before this is known to be as it was written.
    sound_to: usize,
    /// The text from `sound_to` to here comes from a damaged member.
    damaged_to: usize,
    is_end: bool,
    unread: Unread,
}

impl RecordedLines {
    /// Opens a recording.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let is_packed = is_packed(&mut file)?;
        file.rewind()?;
        Ok(Self {
            file: match is_packed {
                true => Text::Packed(Box::new(GzipMembers::new(file))),
                false => Text::Plain(file),
            },
            text: Vec::new(),
            at: 0,
            sound_to: 0,
            damaged_to: 0,
            is_end: false,
            unread: Unread::default(),
        })
    }

    /// What could not be read so far; lines that were given out and are none do not count.
    pub fn unread(&self) -> Unread {
        let passed_over = match &self.file {
            Text::Plain(_) => 0,
            Text::Packed(members) => members.unread(),
        };
        let mut unread = self.unread;
        unread.bytes += passed_over;
        unread
    }

    /// The next line without its end, `None` at the end of the file. A line may be empty.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        let mut searched = self.at;
        let end = loop {
            if let Some(end) = self.line_end(searched) {
                break end;
            }
            if self.is_end || self.text.len() - self.at >= LINE_BYTES_MAX {
                break self.text.len().min(self.at + LINE_BYTES_MAX);
            }
            searched = self.text.len() - self.at;
            self.forget();
            self.read_on()?;
        };
        let line = self.at..end;
        if line.is_empty() && self.is_end && end == self.text.len() {
            return Ok(None);
        }
        self.at = match self.text.get(end) {
            Some(b'\n') => end + 1,
            _ => end,
        };
        Ok(Some(&self.text[line]))
    }

    /// The caller rejects the last line: it is no recorded line. When it comes from a damaged member, the damage is
    /// there or just before it: what the member holds behind it may look right and be wrong, and is
    /// left out.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn reject_line(&mut self) -> io::Result<()> {
        while self.at > self.sound_to
            && self.at > self.damaged_to
            && !self.is_end
            && self.text.len() - self.at < LOOK_AHEAD
        {
            if self.at >= LOOK_AHEAD {
                self.forget();
            }
            self.read_on()?;
        }
        if self.at <= self.sound_to || self.at > self.damaged_to {
            return Ok(());
        }
        let left_out = self.text[self.at..self.damaged_to].split(|byte| *byte == b'\n');
        let lines = left_out.filter(|line| !line.trim_ascii().is_empty());
        self.unread.lines += lines.count() as u64;
        self.at = self.damaged_to;
        Ok(())
    }

    /// Where the line that begins at `at` ends, when its end is there.
    fn line_end(&self, from: usize) -> Option<usize> {
        let mut rest = &self.text[from..];
        let passed = rest.skip_until(b'\n').ok()?;
        let end = (from + passed).checked_sub(1)?;
        (end >= from && self.text.get(end) == Some(&b'\n')).then_some(end)
    }

    /// Frees what was given out.
    fn forget(&mut self) {
        self.text.drain(..self.at);
        self.sound_to = self.sound_to.saturating_sub(self.at);
        self.damaged_to = self.damaged_to.saturating_sub(self.at);
        self.at = 0;
    }

    /// Appends text.
    fn read_on(&mut self) -> io::Result<()> {
        let from = self.text.len();
        let found = match &mut self.file {
            Text::Plain(file) => match file.take(CHUNK).read_to_end(&mut self.text)? {
                0 => Found::End,
                _ => Found::Sound,
            },
            Text::Packed(members) => members.read(&mut self.text)?,
        };
        // Blocks that were never written, in the text itself.
        for byte in &mut self.text[from..] {
            if *byte == 0 {
                *byte = b'\n';
                self.unread.bytes += 1;
            }
        }
        match found {
            Found::More => {}
            Found::Sound => self.sound_to = self.text.len(),
            // Half a line does not go on with what follows the hole.
            Found::Gap => self.text.push(b'\n'),
            Found::Cut => {
                self.unread.breaks += 1;
                self.text.push(b'\n');
                self.sound_to = self.text.len();
            }
            Found::Damaged => {
                self.unread.breaks += 1;
                self.text.push(b'\n');
                self.damaged_to = self.text.len();
            }
            Found::End => self.is_end = true,
        }
        Ok(())
    }
}

/// Whether the file is gzip; its beginning may be lost.
fn is_packed(file: &mut File) -> io::Result<bool> {
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head)?;
    Ok(head.starts_with(&[0x1f, 0x8b]) || (0..head.len()).any(|at| begins_member(&head[at..])))
}

#[cfg(test)]
#[path = "recorded_lines_tests.rs"]
mod tests;
