//! What the venues on the network share.

pub mod connects;
pub mod decimal;
pub mod frame;
pub mod link;
pub mod scale;
