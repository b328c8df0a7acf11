//! WebSocket frames on plain blocking sockets: nothing between a frame and the system call.

use std::io::{self, Read, Write};

/// Writes a text frame as a server does.
///
/// # Errors
/// As the socket has them.
pub fn write_text(to: &mut impl Write, text: &str) -> io::Result<()> {
    to.write_all(&frame(text, None))
}

/// Writes a text frame as a client does, whose frames are masked.
///
/// # Errors
/// As the socket has them.
pub fn write_masked_text(to: &mut impl Write, text: &str) -> io::Result<()> {
    // A mask of zeros leaves the text as it is.
    to.write_all(&frame(text, Some([0; 4])))
}

/// The bytes of a text frame.
#[must_use]
pub fn frame(text: &str, mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut bytes = vec![0x81];
    let masked = if mask.is_some() { 0x80 } else { 0 };
    if let Ok(len @ 0..=125) = u8::try_from(text.len()) {
        bytes.push(masked | len);
    } else if let Ok(len) = u16::try_from(text.len()) {
        bytes.push(masked | 126);
        bytes.extend(len.to_be_bytes());
    } else {
        bytes.push(masked | 127);
        bytes.extend((text.len() as u64).to_be_bytes());
    }
    bytes.extend(mask.iter().flatten());
    bytes.extend(text.as_bytes());
    bytes
}

/// Takes frames of a server out of what its socket brings, each when it is whole.
pub struct FrameReader {
    bytes: Box<[u8]>,
    taken: usize,
    filled: usize,
}

impl FrameReader {
    /// A reader of frames up to `longest` bytes, head included.
    #[must_use]
    pub fn new(longest: usize) -> Self {
        Self {
            bytes: vec![0; longest].into(),
            taken: 0,
            filled: 0,
        }
    }

    /// The next whole frame's payload; `None` while there is none.
    pub fn take(&mut self) -> Option<&[u8]> {
        let rest = &self.bytes[self.taken..self.filled];
        let (head, len) = match *rest {
            [_, len @ 0..=125, ..] => (2, usize::from(len)),
            [_, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
            // Nothing that a book sends is longer than 64 kB.
            _ => return None,
        };
        let from = self.taken + head;
        if from + len > self.filled {
            return None;
        }
        self.taken = from + len;
        Some(&self.bytes[from..from + len])
    }

    /// Reads once.
    ///
    /// # Errors
    /// As the socket has them; `UnexpectedEof` at its end, and when a frame is too long.
    pub fn fill(&mut self, from: &mut impl Read) -> io::Result<()> {
        self.bytes.copy_within(self.taken..self.filled, 0);
        self.filled -= self.taken;
        self.taken = 0;
        let len = from.read(&mut self.bytes[self.filled..])?;
        self.filled += len;
        if len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_takes_as_many_bytes_as_it_needs() {
        assert_eq!(frame("hi", None), b"\x81\x02hi");
        assert_eq!(frame("hi", Some([0; 4])), b"\x81\x82\0\0\0\0hi");
        assert_eq!(frame(&"x".repeat(126), None)[..4], *b"\x81\x7e\x00\x7e");
        assert_eq!(frame(&"x".repeat(65_536), None)[1], 127);
    }

    #[test]
    fn frames_are_taken_whole_however_they_come() {
        let texts = ["hi", &"x".repeat(700), "", "end"];
        let bytes: Vec<u8> = texts.iter().flat_map(|text| frame(text, None)).collect();
        for at_once in [1, 3, 200, bytes.len()] {
            let mut reader = FrameReader::new(1_000);
            let mut came = Vec::new();
            for mut part in bytes.chunks(at_once) {
                while !part.is_empty() {
                    reader.fill(&mut part).unwrap();
                    while let Some(text) = reader.take() {
                        came.push(String::from_utf8(text.to_vec()).unwrap());
                    }
                }
            }
            assert_eq!(came, texts, "{at_once}");
        }
        let end = FrameReader::new(10).fill(&mut &b""[..]);
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
