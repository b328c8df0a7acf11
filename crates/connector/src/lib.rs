//! The connector process: simulator and replay.
