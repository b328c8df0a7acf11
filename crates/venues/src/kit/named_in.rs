//! Finds a name, such as the symbol, in a frame that cannot be parsed.

/// The text of the first `"key":"…"` in JSON; blanks around the colon are taken too. `None` without
/// one, or when it has escapes, which no name of a venue has.
pub fn named_in<'a>(json: &'a [u8], key: &str) -> Option<&'a str> {
    let quoted = [b"\"", key.as_bytes(), b"\""].concat();
    let at = json.windows(quoted.len()).position(|part| part == quoted)?;
    let rest = json[at + quoted.len()..].trim_ascii_start();
    let rest = rest.strip_prefix(b":")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"")?;
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    (rest[end] == b'"')
        .then(|| core::str::from_utf8(&rest[..end]).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::named_in;

    #[test]
    fn the_name_is_found_in_a_frame_that_is_cut_off() {
        let cut = br#"{"topic":"orderbook.50.BTCUSDT","data":{"b":[["1"#;
        assert_eq!(named_in(cut, "topic"), Some("orderbook.50.BTCUSDT"));
        assert_eq!(named_in(br#"{"s" : "X"}"#, "s"), Some("X"));
    }

    #[test]
    fn nothing_is_found_where_nothing_is_named() {
        for frame in [
            &b""[..],
            br#"{"topic""#,
            br#"{"topic":7}"#,
            br#"{"topic":"a"#,
            br#"{"topic":"a\"b"}"#,
            b"{\"topic\":\"\xff\"}",
        ] {
            assert_eq!(named_in(frame, "topic"), None, "{frame:?}");
        }
    }
}
