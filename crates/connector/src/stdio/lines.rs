//! Bytes of the input as lines.

/// Longest line that is kept.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// Cuts the input into lines; a line that is too long is left out.
#[derive(Default)]
pub struct Lines {
    bytes: Vec<u8>,
    is_skipping: bool,
}

/// What [`Lines::each`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A line without its end.
    Line(&'a [u8]),
    /// One that was left out.
    TooLong,
}

impl Lines {
    /// Where more of the input goes; call [`each`](Self::each) after it.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Hands out every complete line and forgets it.
    pub fn each(&mut self, mut found: impl FnMut(Found<'_>)) {
        let mut start = 0;
        while let Some(length) = self.bytes[start..].iter().position(|byte| *byte == b'\n') {
            let line = &self.bytes[start..start + length];
            if !std::mem::take(&mut self.is_skipping) {
                found(match line.len() > LINE_BYTES_MAX {
                    true => Found::TooLong,
                    false => Found::Line(line),
                });
            }
            start += length + 1;
        }
        self.bytes.drain(..start);
        if self.bytes.len() > LINE_BYTES_MAX {
            self.bytes.clear();
            if !std::mem::replace(&mut self.is_skipping, true) {
                found(Found::TooLong);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(lines: &mut Lines, bytes: &[u8]) -> Vec<String> {
        lines.buffer().extend_from_slice(bytes);
        let mut all = Vec::new();
        lines.each(|found| {
            all.push(match found {
                Found::Line(line) => String::from_utf8_lossy(line).into_owned(),
                Found::TooLong => "too long".to_owned(),
            });
        });
        all
    }

    #[test]
    fn lines_are_whole_however_they_arrive() {
        let mut lines = Lines::default();
        assert_eq!(fed(&mut lines, b"a"), [""; 0]);
        assert_eq!(fed(&mut lines, b"b\r\nc\n\nd"), ["ab\r", "c", ""]);
        assert_eq!(fed(&mut lines, b"\n"), ["d"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_reported_once_and_the_next_one_is_read() {
        let mut lines = Lines::default();
        let much = vec![b'x'; LINE_BYTES_MAX];
        assert_eq!(fed(&mut lines, &much), [""; 0]);
        assert_eq!(fed(&mut lines, &much), ["too long"]);
        assert_eq!(fed(&mut lines, &much), [""; 0]);
        assert_eq!(fed(&mut lines, &much), [""; 0]);
        assert_eq!(fed(&mut lines, b"x\nnext\n"), ["next"]);
    }
}
