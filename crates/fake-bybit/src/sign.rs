//! Signatures.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Lowercase hex of HMAC-SHA256; the way a request or a login is signed.
#[must_use]
pub fn sign(secret: &str, message: &str) -> String {
    use std::fmt::Write;
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new(); // any length is a key
    };
    mac.update(message.as_bytes());
    let mut hex = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn signatures_are_those_of_the_reference() {
        let (key, secret, ts) = ("LOOPKEY0000000001", "loopback-secret-0001", "1764000000000");
        assert_eq!(
            sign(secret, "GET/realtime1764000005000"),
            "7791d211e17470539f9b264e482d94a1b487db7c9854d8d0df27592e74cf24ff"
        );
        let query = "category=linear&symbol=BTCUSDT&openOnly=0&limit=50";
        assert_eq!(
            sign(secret, &format!("{ts}{key}5000{query}")),
            "7bd8f49cfb3fab7f5ff7cbdecaa11bb6e40fd71a965b7dcdbc42887abba00042"
        );
        let body = r#"{"category":"linear","symbol":"BTCUSDT"}"#;
        assert_eq!(
            sign(secret, &format!("{ts}{key}5000{body}")),
            "1bc90a66b5d542a186febd7edb41fbd5ec1941ca5d72465c0be84352c72f1f35"
        );
    }
}
