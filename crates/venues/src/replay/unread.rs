//! Counters of the parts of a recording that could not be read.

use std::fmt;
use std::ops::AddAssign;

/// Counters of unreadable parts of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Lines of a text, or rows of an event array.
    pub lines: u64,
    /// Bytes of the file that are no part of any line or row: NUL bytes, and what stands behind,
    /// before or between what can be unpacked.
    pub bytes: u64,
    /// Places where the file breaks off or is damaged.
    pub breaks: u64,
}

impl Unread {
    /// True when all was read.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Unread {
    fn add_assign(&mut self, other: Self) {
        self.lines += other.lines;
        self.bytes += other.bytes;
        self.breaks += other.breaks;
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let lost = [
            count(self.lines, "line or row", "lines or rows"),
            count(self.bytes, "byte", "bytes"),
        ];
        let lost: Vec<_> = lost.into_iter().flatten().collect();
        let lost = (!lost.is_empty()).then(|| format!("{} could not be read", lost.join(" and ")));
        let broken = count(self.breaks, "place", "places");
        let broken = broken.map(|places| format!("it breaks off or is damaged at {places}"));
        let parts: Vec<_> = [lost, broken].into_iter().flatten().collect();
        match parts.is_empty() {
            true => f.write_str("all of it was read"),
            false => f.write_str(&parts.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Unread;

    #[test]
    fn the_text_names_each_kind_that_occurred() {
        let of = |lines, bytes, breaks| {
            Unread {
                lines,
                bytes,
                breaks,
            }
            .to_string()
        };
        assert_eq!(of(0, 0, 0), "all of it was read");
        assert_eq!(of(0, 9, 0), "9 bytes could not be read");
        assert_eq!(of(0, 0, 1), "it breaks off or is damaged at 1 place");
        assert_eq!(
            of(1, 2, 3),
            "1 line or row and 2 bytes could not be read, it breaks off or is damaged at 3 places"
        );
    }
}
