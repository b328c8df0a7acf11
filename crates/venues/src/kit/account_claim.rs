//! The claim of a connector to be the only one with its prefix on an account, as far as this machine
//! can tell.
//!
//! Before the network there is only the key to tell accounts apart; as soon as the venue says whose key it
//! is, the claim is for that account. Orders of runs that are known to be over may be cancelled, orders of
//! others may belong to a connector that lives elsewhere.

use std::io;
use std::path::{Path, PathBuf};

use super::account_lock::{AccountLock, account_name};
use super::config::flag::{Env, variable};
use super::config::secret::Secret;
use super::error::VenueError;
use super::run_record::RunRecord;

/// Names the folder of the records.
pub const FOLDER_VARIABLE: &str = "CONNECTOR_STATE_DIR";

/// Who else works on the account.
pub trait AccountClaim: Send {
    /// The venue says which account the key is of. False: another process of this machine works on it
    /// with the same prefix.
    fn claim(&mut self, account: &str) -> bool;

    /// True when the run that made this mark is known to be over.
    fn is_over(&self, run: u32) -> bool;

    /// The newest mark of the runs that are known to be over.
    fn newest(&self) -> Option<u32>;

    /// Writes down that this run uses a mark.
    ///
    /// # Errors
    /// Why that failed: after a restart the orders of this run are those of an unknown one.
    fn note(&mut self, run: u32) -> Result<(), String>;
}

/// The folder of the records: that of `CONNECTOR_STATE_DIR`, else `hftbacktest-live` in
/// `XDG_STATE_HOME`, else in `~/.local/state`. `None`: there is no home.
pub fn state_folder(env: Env<'_>) -> Option<PathBuf> {
    if let Some(folder) = variable(env, FOLDER_VARIABLE) {
        return Some(folder.into());
    }
    let states = match variable(env, "XDG_STATE_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(&variable(env, "HOME")?).join(".local/state"),
    };
    Some(states.join("hftbacktest-live"))
}

/// A claim by locks and records of this machine. Given back when dropped, and when the process ends.
#[derive(Debug)]
pub struct HostClaim {
    site: String,
    prefix: String,
    category: String,
    folder: Option<PathBuf>,
    /// Of the key, and of the account once it is known.
    records: Vec<RunRecord>,
    /// Marks of this run.
    noted: Vec<u32>,
    account: Option<(String, AccountLock)>,
    trouble: Option<String>,
}

impl HostClaim {
    /// Claims a key, prefix and category at a venue. `site` is the address that orders go to.
    ///
    /// # Errors
    /// `AccountInUse` when another process holds the record of them.
    pub fn new(
        (site, prefix, category): (&str, &str, &str),
        key: &Secret,
        folder: Option<PathBuf>,
    ) -> Result<Self, VenueError> {
        let mut claim = Self {
            site: site.to_owned(),
            prefix: prefix.to_owned(),
            category: category.to_owned(),
            trouble: match folder {
                Some(_) => None,
                None => Some(format!("there is no home folder; set {FOLDER_VARIABLE}")),
            },
            folder,
            records: Vec::new(),
            noted: Vec::new(),
            account: None,
        };
        if claim.open(&format!("key {}", key.reveal())) {
            return Ok(claim);
        }
        Err(VenueError::AccountInUse {
            prefix: prefix.to_owned(),
            category: category.to_owned(),
        })
    }

    /// Opens one more record. False: another process holds it.
    fn open(&mut self, whose: &str) -> bool {
        let Some(folder) = &self.folder else {
            return true;
        };
        let name = account_name(&self.site, whose, &self.prefix, &self.category);
        match RunRecord::open(folder, &name) {
            Ok(Some(mut record)) => {
                let noted = self.noted.iter().map(|run| record.note(*run));
                if let Err(error) = noted.collect::<io::Result<Vec<()>>>() {
                    self.fails(&error);
                }
                self.records.push(record);
                true
            }
            Ok(None) => false,
            Err(error) => {
                self.fails(&error);
                true
            }
        }
    }

    fn fails(&mut self, error: &io::Error) {
        let folder = self.folder.as_deref().unwrap_or(Path::new(""));
        let text = format!("{}: {error}; see {FOLDER_VARIABLE}", folder.display());
        self.trouble = Some(text);
    }
}

impl AccountClaim for HostClaim {
    fn claim(&mut self, account: &str) -> bool {
        if self.account.as_ref().is_some_and(|(of, _)| of == account) {
            return true;
        }
        let whose = format!("account {account}");
        let lock = AccountLock::take_account(&self.site, &whose, &self.prefix, &self.category);
        let lock = match lock {
            Ok(lock) => lock,
            Err(VenueError::AccountInUse { .. }) => return false,
            Err(error) => {
                self.trouble = Some(error.to_string());
                return true;
            }
        };
        if !self.open(&whose) {
            return false;
        }
        self.account = Some((account.to_owned(), lock));
        true
    }

    fn is_over(&self, run: u32) -> bool {
        self.records.iter().any(|record| record.is_over(run))
    }

    fn newest(&self) -> Option<u32> {
        self.records.iter().filter_map(RunRecord::newest).max()
    }

    fn note(&mut self, run: u32) -> Result<(), String> {
        self.noted.push(run);
        let noted = self.records.iter_mut().map(|record| record.note(run));
        if let Err(error) = noted.collect::<io::Result<Vec<()>>>() {
            self.fails(&error);
        }
        self.trouble.clone().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
#[path = "account_claim_tests.rs"]
mod tests;
