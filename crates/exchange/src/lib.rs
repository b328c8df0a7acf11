//! A small deterministic exchange.
