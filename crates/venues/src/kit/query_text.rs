//! Escapes names for the query of a URL.

/// A symbol as it stands in a query; there are symbols with letters beyond ASCII.
#[must_use]
pub fn query_text(symbol: &str) -> String {
    let mut text = String::new();
    for byte in symbol.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::query_text;

    #[test]
    fn signs_of_dated_futures_stay_and_letters_beyond_ascii_are_coded() {
        assert_eq!(query_text("BTCUSDT_260925"), "BTCUSDT_260925");
        assert_eq!(query_text("BTC-25SEP26"), "BTC-25SEP26");
        assert_eq!(query_text("人USDT"), "%E4%BA%BAUSDT");
        assert_eq!(query_text("A&B=C"), "A%26B%3DC");
    }
}
