//! The members of a gzip file, each as far as it can be read.
//!
//! A collector that is killed leaves a member without its end, and one that is started again writes
//! the next member behind that, or over the beginning of an older file. A machine that lost its power
//! leaves blocks of NUL bytes. What cannot be unpacked is counted, and reading goes on with the next
//! member.

use std::io::{self, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

/// Bytes looked at ahead of what is unpacked, so that what begins there is seen whole.
const MARGIN: usize = 4096;
/// Bytes held of the file.
const WINDOW: usize = 1 << 16;
/// Bytes unpacked at a time.
const PIECE: usize = 1 << 14;
/// So many NUL bytes in a row are no packed data but a block that was never written.
const NUL_RUN: usize = 512;
/// The end of packed data may have NUL bytes of its own.
const NUL_TAIL: usize = 8;
/// Check sum and length behind the packed data.
const TRAILER: usize = 8;

/// The result of reading on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The same member goes on, or the next one begins behind it.
    More,
    /// A member ended, and its check sum holds.
    Sound,
    /// A member breaks off: its text is right as far as it goes.
    Cut,
    /// A member is damaged: the end of its text may be anything.
    Damaged,
    /// Bytes that are no member were passed over.
    Gap,
    /// There is nothing more.
    End,
}

/// The members of a gzip file, one after another.
pub struct GzipMembers<R> {
    file: Window<R>,
    member: Option<Member>,
    unread: u64,
}

struct Member {
    inflate: Decompress,
    sum: Crc,
}

/// The reason for which unpacking stopped.
enum Stop {
    /// All bytes given were taken.
    Taken,
    /// The packed data is at its end.
    End,
    /// They are no packed data.
    Wrong,
}

impl<R: Read> GzipMembers<R> {
    /// Starts at the beginning of a file.
    pub fn new(file: R) -> Self {
        Self {
            file: Window {
                file,
                bytes: Vec::new(),
                at: 0,
                is_end: false,
            },
            member: None,
            unread: 0,
        }
    }

    /// Bytes of the file passed over so far because they belong to no member.
    pub fn unread(&self) -> u64 {
        self.unread
    }

    /// Unpacks some more and appends it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&mut self, text: &mut Vec<u8>) -> io::Result<Found> {
        match self.member.take() {
            Some(member) => self.go_on(member, text),
            None => self.begin(),
        }
    }

    /// Finds the next member.
    fn begin(&mut self) -> io::Result<Found> {
        let ahead = self.file.ahead()?;
        if ahead.is_empty() {
            return Ok(Found::End);
        }
        if let Some(length) = header_length(ahead) {
            self.file.consume(length);
            self.member = Some(Member::new());
            return Ok(Found::More);
        }
        let skipped = self.skip()?;
        self.unread += skipped;
        Ok(Found::Gap)
    }

    /// Passes over all that is no member.
    fn skip(&mut self) -> io::Result<u64> {
        let mut skipped = 0;
        loop {
            let ahead = self.file.ahead()?;
            let is_end = ahead.len() <= MARGIN;
            // A header in the margin is looked at with all that follows it.
            let searched = match is_end {
                true => ahead.len(),
                false => ahead.len() - MARGIN,
            };
            let next = (0..searched).find(|at| begins_member(&ahead[*at..]));
            let step = next.unwrap_or(searched);
            let is_done = next.is_some() || is_end;
            self.file.consume(step);
            skipped += step as u64;
            if is_done {
                return Ok(skipped);
            }
        }
    }

    fn go_on(&mut self, mut member: Member, text: &mut Vec<u8>) -> io::Result<Found> {
        let ahead = self.file.ahead()?;
        let is_end = ahead.len() <= MARGIN;
        let (to, mark) = bound(ahead, is_end);
        let (mut taken, mut stop) = member.unpack(&ahead[..to], text);
        if let (Stop::Taken, Mark::Nul) = (&stop, mark) {
            let more = member.unpack_nul(&ahead[to..], text);
            if let Some(more) = more {
                taken += more;
                stop = Stop::End;
            }
        }
        // What the next member begins with is no part of this one.
        let rest = match mark {
            Mark::Member => &ahead[taken..to],
            Mark::None | Mark::Nul => &ahead[taken..],
        };
        let found = match stop {
            Stop::Wrong => Found::Damaged,
            Stop::End if rest.len() < TRAILER => {
                taken += rest.len();
                Found::Cut
            }
            Stop::End => {
                let found = member.judge(&rest[..TRAILER]);
                taken += TRAILER;
                found
            }
            Stop::Taken if mark != Mark::None || (is_end && taken == ahead.len()) => Found::Cut,
            Stop::Taken => {
                self.member = Some(member);
                Found::More
            }
        };
        self.file.consume(taken);
        Ok(found)
    }
}

impl Member {
    fn new() -> Self {
        Self {
            inflate: Decompress::new(false),
            sum: Crc::new(),
        }
    }

    /// Unpacks, and returns how many bytes were taken.
    fn unpack(&mut self, packed: &[u8], text: &mut Vec<u8>) -> (usize, Stop) {
        let mut taken = 0;
        loop {
            text.reserve(PIECE * 4);
            let (bytes_before, text_before) = (self.inflate.total_in(), text.len());
            let status = self
                .inflate
                .decompress_vec(&packed[taken..], text, FlushDecompress::None);
            let step = usize::try_from(self.inflate.total_in() - bytes_before).unwrap_or(0);
            taken += step;
            self.sum.update(&text[text_before..]);
            match status {
                Ok(Status::StreamEnd) => return (taken, Stop::End),
                Ok(_) if step > 0 || text.len() > text_before => {}
                Ok(_) => return (taken, Stop::Taken),
                Err(_) => return (taken, Stop::Wrong),
            }
        }
    }

    /// Whether the data ends with some of the NUL bytes that follow it; what these add is kept then.
    fn unpack_nul(&mut self, nul: &[u8], text: &mut Vec<u8>) -> Option<usize> {
        let length = text.len();
        for at in 0..NUL_TAIL.min(nul.len()) {
            if let (_, Stop::End) = self.unpack(&nul[at..=at], text) {
                return Some(at + 1);
            }
        }
        text.truncate(length);
        None
    }

    fn judge(&self, trailer: &[u8]) -> Found {
        let word = |at: usize| {
            let mut bytes = [0; 4];
            bytes.copy_from_slice(&trailer[at..at + 4]);
            u32::from_le_bytes(bytes)
        };
        match (word(0), word(4)) == (self.sum.sum(), self.sum.amount()) {
            true => Found::Sound,
            false => Found::Damaged,
        }
    }
}

/// What ends the bytes of a member before it ends itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    None,
    Member,
    Nul,
}

/// How many bytes can belong to a member that is being read, and what comes then.
fn bound(ahead: &[u8], is_end: bool) -> (usize, Mark) {
    let end = match is_end {
        true => ahead.len(),
        false => ahead.len() - MARGIN,
    };
    let end = end.min(PIECE);
    for at in 0..end {
        match ahead[at] {
            0x1f if begins_member(&ahead[at..]) => return (at, Mark::Member),
            0 if is_nul_run(&ahead[at..]) => return (at, Mark::Nul),
            _ => {}
        }
    }
    (end, Mark::None)
}

fn is_nul_run(ahead: &[u8]) -> bool {
    ahead.len() >= NUL_RUN && ahead[..NUL_RUN].iter().all(|byte| *byte == 0)
}

/// Bytes of a member's header, `None` when this is none.
fn header_length(ahead: &[u8]) -> Option<usize> {
    let flags = match ahead {
        [0x1f, 0x8b, 8, flags, ..] if *flags < 0x20 => *flags,
        _ => return None,
    };
    let mut length = 10;
    if flags & 4 != 0 {
        let extra = ahead.get(length..length + 2)?;
        length += 2 + usize::from(u16::from_le_bytes([extra[0], extra[1]]));
    }
    // Name and comment end with NUL.
    for flag in [8, 16] {
        if flags & flag != 0 {
            length += ahead.get(length..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        length += 2;
    }
    (length <= ahead.len()).then_some(length)
}

/// Whether a member begins here, where anything may be: packed data looks like a header by chance.
pub fn begins_member(ahead: &[u8]) -> bool {
    let Some(length) = header_length(ahead) else {
        return false;
    };
    let (level, system) = (ahead[8], ahead[9]);
    if !matches!(level, 0 | 2 | 4) || !matches!(system, 0..=13 | 19 | 255) {
        return false;
    }
    let mut text = [0; 256];
    let packed = &ahead[length..ahead.len().min(length + 1024)];
    let mut inflate = Decompress::new(false);
    let status = inflate.decompress(packed, &mut text, FlushDecompress::None);
    let is_text = |byte: &u8| *byte >= b' ' || byte.is_ascii_whitespace() || *byte == 0;
    let length = usize::try_from(inflate.total_out()).unwrap_or(0);
    status.is_ok() && text[..length].iter().all(is_text)
}

/// A part of a file that can be looked at before it is used.
struct Window<R> {
    file: R,
    bytes: Vec<u8>,
    at: usize,
    is_end: bool,
}

impl<R: Read> Window<R> {
    /// More than [`MARGIN`] bytes, or all that are left.
    fn ahead(&mut self) -> io::Result<&[u8]> {
        if !self.is_end && self.bytes.len() - self.at <= MARGIN {
            self.bytes.drain(..self.at);
            self.at = 0;
            let room = WINDOW - self.bytes.len();
            let read = self
                .file
                .by_ref()
                .take(room as u64)
                .read_to_end(&mut self.bytes)?;
            self.is_end = read < room;
        }
        Ok(&self.bytes[self.at..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

#[cfg(test)]
#[path = "gzip_members_tests.rs"]
mod tests;
