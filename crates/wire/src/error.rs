//! What can go wrong between a bot and a connector, each with its remedy.

use thiserror::Error;

/// An error of the shared-memory protocol. `Display` says what happened and what to do.
#[derive(Debug, Error)]
pub enum WireError {
    /// The file named in `HFTBACKTEST_CHANNEL_CONFIG` is unusable.
    #[error(
        "HFTBACKTEST_CHANNEL_CONFIG names {path}, which cannot be used: {reason}. Give it the keys buffer_size and max_bots, or unset the variable"
    )]
    Config { path: String, reason: String },
    /// A connector name is empty or too long for a service.
    #[error("connector name {name:?} cannot be used: {reason}")]
    Name { name: String, reason: String },
    /// Another process already runs a connector, or a bot, under this name.
    #[error("{name} is already running (process {pid}). Choose another name, or stop that process")]
    AlreadyRunning {
        /// Connector name, or bot id.
        name: String,
        /// The process that holds it.
        pid: u32,
    },
    /// iceoryx2 refused a service.
    #[error("shared-memory service {service} cannot be opened: {reason}. {remedy}")]
    Service {
        service: String,
        /// iceoryx2's own words.
        reason: String,
        remedy: &'static str,
    },
    /// The control block with doorbell and heartbeat cannot be made or mapped.
    #[error(
        "shared-memory page {path}: {reason}. Check that the folder is writable by this user and not full"
    )]
    ControlBlock { path: String, reason: String },
    /// iceoryx2's register in the temporary directory cannot be used.
    #[error(
        "the register of iceoryx2 cannot be used: {path}: {reason}. Run bot and connector as the same user, with a temporary directory that it may write to; or remove the register once nothing uses it (`rm -r /tmp/iceoryx2`)"
    )]
    Register { path: String, reason: String },
    /// Another user's file of a service.
    #[error(
        "shared memory of another user is in the way: {path}: {reason}. It belongs to user {owner}, this is user {own}: run bot and connector as the same user; or, once nothing of user {owner} uses it, remove it (`rm {path}`, as that user or as root)"
    )]
    Foreign {
        path: String,
        reason: String,
        /// Number of the user that it belongs to.
        owner: u32,
        /// Number of this user.
        own: u32,
    },
    /// Shared memory is too small, or full.
    #[error(
        "shared memory is short: {folder} has {free_kib} KiB free of {size_kib} KiB, and {needed_kib} KiB are needed. Give it more (`docker run --shm-size=256m`, or `mount -o remount,size=256m /dev/shm`), remove what is left there, or make the channels smaller with HFTBACKTEST_CHANNEL_CONFIG"
    )]
    Room {
        folder: String,
        free_kib: u64,
        size_kib: u64,
        /// What the caller is about to use, KiB.
        needed_kib: u64,
    },
    /// A message does not fit into a slot.
    #[error("message of {len} bytes does not fit into a slot (at most {max}); shorten the symbol")]
    TooLarge {
        /// Encoded size, 0 when it could not even be encoded.
        len: usize,
        /// Most bytes of a message.
        max: usize,
    },
    /// Sending failed in iceoryx2.
    #[error("sending through shared memory failed: {0}")]
    Send(String),
    /// Receiving failed in iceoryx2.
    #[error("receiving from shared memory failed: {0}")]
    Receive(String),
    /// The connector has no control channel, so it cannot do this.
    #[error("connector {connector} does not offer {what}: it is not ours, or an older one")]
    Unsupported {
        connector: String,
        /// What was asked of it.
        what: &'static str,
    },
}
