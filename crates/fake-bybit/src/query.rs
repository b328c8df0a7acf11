//! Query strings.

use serde_json::{Map, Value};

/// The parameters of a query string, decoded, as a JSON object of strings.
pub(crate) fn parameters(query: &str) -> Value {
    let mut fields = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        fields.insert(decode(name), decode(value).into());
    }
    Value::Object(fields)
}

/// Percent-decodes a text; an invalid code stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|hex| {
            let hex = std::str::from_utf8(hex).ok()?;
            u8::from_str_radix(hex, 16).ok()
        });
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let got = parameters("category=linear&cursor=lo%3A2%26p%3D1&x=&y");
        assert_eq!(got["cursor"], "lo:2&p=1");
        assert_eq!((got["x"].as_str(), got["y"].as_str()), (Some(""), Some("")));
        assert_eq!(decode("%zz%4"), "%zz%4");
    }
}
