//! WebSocket frames on plain blocking sockets: nothing between a frame and the system call.

use std::io::{self, Write as _};
use std::net::TcpStream;

/// Writes a text frame as a server does.
///
/// # Errors
/// As the socket has them.
pub fn write_text(to: &mut TcpStream, text: &str) -> io::Result<()> {
    to.write_all(&frame(text, None))
}

/// Writes a text frame as a client does, whose frames are masked.
///
/// # Errors
/// As the socket has them.
pub fn write_masked_text(to: &mut TcpStream, text: &str) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::frame;

    #[test]
    fn the_length_takes_as_many_bytes_as_it_needs() {
        assert_eq!(frame("hi", None), b"\x81\x02hi");
        assert_eq!(frame("hi", Some([0; 4])), b"\x81\x82\0\0\0\0hi");
        assert_eq!(frame(&"x".repeat(126), None)[..4], *b"\x81\x7e\x00\x7e");
        assert_eq!(frame(&"x".repeat(65_536), None)[1], 127);
    }
}
