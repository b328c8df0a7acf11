//! The venue's frames, each read in one typed pass.
//!
//! Texts are borrowed from the frame where JSON allows it. Unknown fields are skipped, fields that
//! are absent, `null` or empty count as absent, and a required one that is absent is an error that
//! names it. In private lists one bad item does not lose its neighbours: reading a list never fails
//! because of a scalar of the wrong kind, only turning that item into an update does.

pub mod execution;
pub mod fast_path;
pub mod order;
pub mod position;
pub mod private;
pub mod public;
pub mod rest;
pub mod text;
pub mod trade;

pub use crate::kit::frame::{FRAME_BYTES_MAX, FrameError};
use crate::kit::frame::{cut, ns_of_ms, read as read_json};

/// Reads a whole frame, which is an object: a list in its place would be read by position.
fn read<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, FrameError> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first.is_some_and(|byte| *byte != b'{') {
        return Err(FrameError::Json("no object".to_owned()));
    }
    read_json(bytes)
}
