//! JSON text into a buffer that is used again.

/// Appends a number; one that JSON does not have becomes 0.
pub fn number(out: &mut Vec<u8>, value: f64) {
    let value = if value.is_finite() { value } else { 0.0 };
    out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
}

/// Appends a whole number.
pub fn integer(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends a text with its quotes.
pub fn text(out: &mut Vec<u8>, value: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for byte in value.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 => {
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&digits);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Appends `,"key":` — the key must need no escapes.
pub fn key(out: &mut Vec<u8>, key: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_read_back_as_they_were() {
        for value in [0.0, 0.1, 61_350.2, 0.001, 1e-8, 5e-324, 1e300, -3.25, 1e16] {
            let text = written(|out| number(out, value));
            let back: f64 = serde_json::from_str(&text).unwrap();
            assert_eq!(back, value, "{text}");
        }
        assert_eq!(written(|out| number(out, f64::NAN)), "0.0");
        assert_eq!(written(|out| integer(out, i64::MIN)), i64::MIN.to_string());
    }

    #[test]
    fn texts_read_back_whatever_they_hold() {
        for value in [
            "BTCUSDT",
            "a\"b\\c",
            "line\nend\t\u{1}\u{1f}",
            "größer €",
            "",
        ] {
            let written = written(|out| text(out, value));
            let back: String = serde_json::from_str(&written).unwrap();
            assert_eq!(back, value, "{written}");
        }
    }
}
