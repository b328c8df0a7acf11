//! Errors of a recorded line.

/// The reason for which a recorded line could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The line does not start with `local_timestamp_ns ` and a JSON object.
    #[error("the line is not `local_timestamp_ns {{json}}`")]
    Line,
    /// A time of receipt of so many digits: its unit is not known.
    #[error(
        "a time of receipt of {0} digits; it has to be Unix time in nanoseconds (19 digits), microseconds (16), milliseconds (13) or seconds (10)"
    )]
    Time(usize),
    /// The JSON is broken or a field has the wrong type.
    #[error("bad JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A field that this kind of message needs is not there.
    #[error("a {kind} message without `{field}`")]
    Missing {
        /// The kind of message.
        kind: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A snapshot that does not name its symbol, in a file with none or several.
    #[error(
        "a snapshot names no symbol and the file holds {0} symbols; record one symbol per file"
    )]
    NoSymbol(usize),
}

impl ParseError {
    /// True for what is no line of a recording at all; otherwise it is one of another content.
    pub fn is_no_text(&self) -> bool {
        match self {
            Self::Line | Self::Time(_) => true,
            Self::Json(error) => !error.is_data(),
            Self::Missing { .. } | Self::NoSymbol(_) => false,
        }
    }
}
