//! The Node.js addon: data in, one call into hbl-livebot, data out.
//!
//! The only crate that names napi. The build generates `lib/native/addon.d.ts` from it: the docs of
//! its exports are those of the TypeScript declarations.
//!
//! Conventions of the exports: durations are nanoseconds as `number` (exact below 2^53), points in
//! time nanoseconds as `bigint`, order ids `bigint`. Calls that change orders return a `CommandError`
//! number and never throw for what a venue or an order can cause. Wrong arguments throw an `Error`
//! with `code: 'InvalidArg'`.
//!
//! Rules:
//!
//! 1. Every export catches unwinds: a panic becomes a JavaScript error, never an abort.
//! 2. A bot lives on the thread that made it; a port on the thread that made it. They meet only in
//!    `hbl_livebot::Remote`.
//! 3. No call waits longer than `SLICE_MAX_NS`, because a worker that is to be terminated cannot
//!    be before its native call returns.
//! 4. Memory that records are written to belongs to JavaScript. A bot and a port hold a reference
//!    to it for as long as they may write.

#[cfg(feature = "live")]
mod bot;
#[cfg(feature = "live")]
mod bot_cell;
mod build_info;
#[cfg(feature = "live")]
mod direct;
#[cfg(feature = "live")]
mod dto;
#[cfg(feature = "live")]
mod error;
#[cfg(feature = "live")]
mod hot;
#[cfg(feature = "live")]
mod port;
#[cfg(feature = "live")]
mod raw;

#[cfg(feature = "live")]
pub(crate) const SLICE_MAX_NS: u64 = 100_000_000;
