//! Signatures.

use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::kit::config::secret::Secret;

/// API key and secret of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The key; not secret by itself, but not for logs either.
    pub key: Secret,
    /// The secret.
    pub secret: Secret,
}

impl Credentials {
    /// Lowercase hex of HMAC-SHA256 over a message.
    fn sign(&self, message: &str) -> String {
        let mut hex = String::with_capacity(64);
        // HMAC takes a key of any length; without one there is nothing that could be signed.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.reveal().as_bytes()) else {
            return hex;
        };
        mac.update(message.as_bytes());
        for byte in mac.finalize().into_bytes() {
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }

    /// Signature of an `auth` frame that is valid until `expires_ms` of the venue's clock.
    pub fn sign_ws(&self, expires_ms: i64) -> String {
        self.sign(&format!("GET/realtime{expires_ms}"))
    }

    /// Signature of a REST request: `payload` is the query string or the body exactly as sent.
    pub fn sign_rest(&self, timestamp_ms: i64, recv_window_ms: u32, payload: &str) -> String {
        self.sign(&format!(
            "{timestamp_ms}{}{recv_window_ms}{payload}",
            self.key.reveal()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            key: Secret::new("LOOPKEY0000000001"),
            secret: Secret::new("loopback-secret-0001"),
        }
    }

    #[test]
    fn the_known_vectors_come_out() {
        let c = credentials();
        assert_eq!(
            c.sign_ws(1_764_000_005_000),
            "7791d211e17470539f9b264e482d94a1b487db7c9854d8d0df27592e74cf24ff"
        );
        let query = "category=linear&symbol=BTCUSDT&openOnly=0&limit=50";
        assert_eq!(
            c.sign_rest(1_764_000_000_000, 5000, query),
            "7bd8f49cfb3fab7f5ff7cbdecaa11bb6e40fd71a965b7dcdbc42887abba00042"
        );
        let body = r#"{"category":"linear","symbol":"BTCUSDT"}"#;
        assert_eq!(
            c.sign_rest(1_764_000_000_000, 5000, body),
            "1bc90a66b5d542a186febd7edb41fbd5ec1941ca5d72465c0be84352c72f1f35"
        );
    }

    #[test]
    fn debug_shows_neither_key_nor_secret() {
        let text = format!("{:?}", credentials());
        assert!(
            !text.contains("LOOPKEY") && !text.contains("loopback"),
            "{text}"
        );
    }
}
