//! Waiting for work: what it costs to give a core away, and to be woken.

mod cpu_contention;
pub(crate) mod doorbell;
mod keep_awake;
pub(crate) mod poll_set;
mod waker_affinity;

pub use cpu_contention::CpuContention;
pub use doorbell::Ringer;
pub use keep_awake::KeepAwake;
pub use poll_set::PollSet;
pub(crate) use waker_affinity::WakeStamp;
pub use waker_affinity::WakerAffinity;
