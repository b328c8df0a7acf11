//! Limits and errors of reading a frame, for all venues.

use super::decimal::DecimalError;

/// Longest frame that is looked at; a full page of instruments is about 1 MB.
pub const FRAME_BYTES_MAX: usize = 4 << 20;

/// A frame, or an item of one, that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Longer than [`FRAME_BYTES_MAX`].
    #[error("frame of {0} bytes")]
    TooLong(usize),
    /// No JSON, or JSON of another shape.
    #[error("not understood: {0}")]
    Json(String),
    /// A required field is absent.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field with a value that it cannot have.
    #[error("{field} has the value {text:?}")]
    Value {
        /// The field.
        field: &'static str,
        /// Its text, cut to 64 characters.
        text: String,
    },
    /// A number that is no exact multiple of tick or step.
    #[error("{field} has the value {text:?}: {error}")]
    Decimal {
        /// The field.
        field: &'static str,
        /// Its text, cut to 64 characters.
        text: String,
        /// What is wrong.
        error: DecimalError,
    },
}

impl FrameError {
    /// A field with a value that it cannot have.
    pub fn value(field: &'static str, text: &str) -> Self {
        Self::Value {
            field,
            text: cut(text),
        }
    }

    /// True when a number lies between two steps of the grid that it was read by.
    pub fn is_off_grid(&self) -> bool {
        matches!(self, Self::Decimal { error, .. } if *error == DecimalError::OffStep)
    }

    /// A field that is no exact multiple of its step.
    pub fn decimal(field: &'static str, text: &str, error: DecimalError) -> Self {
        Self::Decimal {
            field,
            text: cut(text),
            error,
        }
    }
}

/// The first 64 characters, for error messages.
pub fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

/// Reads a whole frame into its shape.
///
/// # Errors
/// When it is too long or of another shape.
pub fn read<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, FrameError> {
    read_up_to(FRAME_BYTES_MAX, bytes)
}

/// Reads a whole text of up to so many bytes into its shape.
///
/// # Errors
/// When it is too long or of another shape.
pub fn read_up_to<'a, T: serde::Deserialize<'a>>(
    bytes_max: usize,
    bytes: &'a [u8],
) -> Result<T, FrameError> {
    if bytes.len() > bytes_max {
        return Err(FrameError::TooLong(bytes.len()));
    }
    // Checked once as a whole, instead of text by text.
    let text = std::str::from_utf8(bytes).map_err(|error| FrameError::Json(error.to_string()))?;
    // serde_json's messages name fields and positions, never more than a value of the frame.
    serde_json::from_str(text).map_err(|error| FrameError::Json(cut(&error.to_string())))
}

/// Milliseconds of the venue as nanoseconds.
///
/// # Errors
/// When it is no time.
pub fn ns_of_ms(field: &'static str, ms: i64) -> Result<i64, FrameError> {
    ms.checked_mul(1_000_000)
        .filter(|ns| *ns >= 0)
        .ok_or_else(|| FrameError::value(field, &ms.to_string()))
}
