//! Secrets: texts that appear on the wire only, never in logs, errors or `Debug`.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Visitor};

use super::api_key::{UNCLEAN, is_unclean};

/// A text that shows nowhere but on the wire. Its memory is wiped when it goes.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// True when there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.reveal().is_empty()
    }

    /// The text, for what goes to the venue.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.reveal() == other.reveal()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// A secret in the file. No error about it quotes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKey(pub Secret);

impl<'de> Deserialize<'de> for SecretKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Quiet;
        const WHAT: &str = "a key must be a text in quotes";
        impl Visitor<'_> for Quiet {
            type Value = SecretKey;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text in quotes")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SecretKey, E> {
                match is_unclean(text) {
                    true => Err(E::custom(format!("it {UNCLEAN}"))),
                    false => Ok(SecretKey(Secret::new(text.trim()))),
                }
            }
            fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<SecretKey, E> {
                Err(E::custom(WHAT))
            }
            fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<SecretKey, E> {
                Err(E::custom(WHAT))
            }
            fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<SecretKey, E> {
                Err(E::custom(WHAT))
            }
            fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<SecretKey, E> {
                Err(E::custom(WHAT))
            }
        }
        deserializer.deserialize_any(Quiet).map_err(|error| {
            // A date, a list or a table: what it holds must not be shown either.
            let text = error.to_string();
            if text.contains(WHAT) || text.contains(UNCLEAN) {
                error
            } else {
                D::Error::custom(WHAT)
            }
        })
    }
}
