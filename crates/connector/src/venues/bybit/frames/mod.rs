//! The venue's frames, each read in one typed pass.
//!
//! Texts are borrowed from the frame where JSON allows it. Unknown fields are skipped, fields that
//! are absent, `null` or empty count as absent, and a required one that is absent is an error that
//! names it. In private lists one bad item does not lose its neighbours: reading a list never fails
//! because of a scalar of the wrong kind, only turning that item into an update does.

pub mod execution;
pub mod order;
pub mod position;
pub mod private;
pub mod public;
pub mod rest;
pub mod text;
pub mod trade;

pub use crate::venues::common::frame::{FRAME_BYTES_MAX, FrameError};
use crate::venues::common::frame::{cut, ns_of_ms, read};
