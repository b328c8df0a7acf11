//! hftbacktest's LiveBot on a channel that waits well and loses nothing in silence.
