//! The Node.js addon: data in, one call into hbl-livebot, data out.
