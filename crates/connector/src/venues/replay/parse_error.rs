//! Why a recorded line could not be read.

/// Why a recorded line could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The line does not start with `local_timestamp_ns ` and a JSON object.
    #[error("the line is not `local_timestamp_ns {{json}}`")]
    Line,
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
