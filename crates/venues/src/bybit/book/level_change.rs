//! One change of a price level.

pub use crate::kit::book::book_fusion::BookSide;

/// One change of a level; 0 lots delete it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelChange {
    /// Side.
    pub side: BookSide,
    /// Price in ticks.
    pub tick: i64,
    /// New quantity in lots.
    pub lots: i64,
}
