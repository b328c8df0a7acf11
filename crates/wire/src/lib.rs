//! hftbacktest's shared-memory protocol, and the side channel beside it.
