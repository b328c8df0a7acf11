//! The lock that keeps a second connector from a key, or an account, with the same prefix and category
//! on this machine.
//!
//! Two of them would take each other's orders for those of a previous session.

use sha2::{Digest, Sha256};

use crate::kit::config::secret::Secret;
use crate::kit::error::VenueError;

/// Held as long as the process runs; the system gives it back when the process ends, however.
#[derive(Debug)]
pub struct AccountLock {
    _held: platform::Held,
}

impl AccountLock {
    /// Takes the lock of an account at a venue. `site` is the address that orders go to, `prefix`
    /// marks this connector's orders, `category` is the product category.
    ///
    /// # Errors
    /// `AccountInUse` when another process of this machine holds it.
    pub fn take(
        site: &str,
        key: &Secret,
        prefix: &str,
        category: &str,
    ) -> Result<Self, VenueError> {
        Self::take_account(site, key.reveal(), prefix, category)
    }

    /// Takes the lock of what `whose` names: a key, or an account.
    ///
    /// # Errors
    /// `AccountInUse` when another process of this machine holds it.
    pub fn take_account(
        site: &str,
        whose: &str,
        prefix: &str,
        category: &str,
    ) -> Result<Self, VenueError> {
        let name = account_name(site, whose, prefix, category);
        match platform::take(&format!("hbl-account-{name}")) {
            Ok(Some(held)) => Ok(Self { _held: held }),
            Ok(None) => Err(VenueError::AccountInUse {
                prefix: prefix.to_owned(),
                category: category.to_owned(),
            }),
            Err(source) => Err(VenueError::System {
                what: "the lock of the account",
                source,
            }),
        }
    }
}

/// The name of an account in locks and files. It says nothing of the key.
pub(crate) fn account_name(site: &str, whose: &str, prefix: &str, category: &str) -> String {
    let hash = Sha256::digest([site, whose, prefix, category].join("\n").as_bytes());
    let bytes = hash[..16].iter();
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// A name of the kernel: no file that could be removed or left behind.
#[cfg(target_os = "linux")]
mod platform {
    use std::io;
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixListener};

    pub(super) type Held = UnixListener;

    pub(super) fn take(name: &str) -> io::Result<Option<Held>> {
        let address = SocketAddr::from_abstract_name(name)?;
        match UnixListener::bind_addr(&address) {
            Ok(held) => Ok(Some(held)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use std::fs::{File, TryLockError};
    use std::io;

    pub(super) type Held = File;

    pub(super) fn take(name: &str) -> io::Result<Option<Held>> {
        let path = std::env::temp_dir().join(format!("{name}.lock"));
        let file = File::create(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
