//! What stays on this host of a connector's run: where orders of its name went, and the bots of hftbacktest
//! that registered for that.
//!
//! Such a bot registers once and never again, reads no control block and carries no tag. When a connector
//! with real orders takes over a name, only this tells a bot that was started for real orders from one that
//! was started on paper. The file is made when the first such bot registers; only the connector that holds
//! the name writes it. Whatever is missing or damaged in it is not known, and then orders are refused.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use tracing::warn;

use crate::{
    Destination, Hello, Orders, WireError,
    block_path::{run_path, user},
};

/// First line of the file.
const MAGIC: &str = "hbl-run 1";
/// A longer file is none of ours.
const BYTES_MAX: u64 = 64 << 10;
/// More bots than hftbacktest's services have places for; the oldest are forgotten first.
const BOTS_MAX: usize = 1000;

/// Where the orders of a run go.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// The kind of connector: `mainnet` of one venue is not that of another.
    kind: String,
    destination: Destination,
}

impl Place {
    /// As a user reads it: `bybit, paper (mainnet)`.
    fn words(&self) -> String {
        format!("{}, {}", self.kind, self.destination)
    }
}

/// The contents of a file.
struct Kept {
    place: Place,
    bots: Vec<u64>,
}

/// The record of a connector's name, while the connector runs.
pub(crate) struct RunRecord {
    path: PathBuf,
    own: Place,
    /// Where the run before sent orders, when that was another place.
    before: Option<Place>,
    /// Bots that registered with this place, in this run or in one of those before it without another
    /// place in between; the oldest first.
    bots: Vec<u64>,
    is_kept: bool,
}

impl RunRecord {
    /// Takes over what is there of the name's previous run.
    ///
    /// # Errors
    /// [`WireError::ControlBlock`] when a record of another place can neither be replaced nor removed: a
    /// later run would go by it.
    pub(crate) fn open(name: &str, hello: &Hello) -> Result<Self, WireError> {
        Self::at(run_path(name), hello)
    }

    fn at(path: PathBuf, hello: &Hello) -> Result<Self, WireError> {
        let own = Place {
            kind: hello.kind.clone(),
            destination: hello.destination.clone(),
        };
        let kept = read(&path);
        let mut record = Self {
            path,
            own,
            before: None,
            bots: Vec::new(),
            is_kept: false,
        };
        match kept {
            Some(kept) if kept.place == record.own => {
                record.bots = kept.bots;
                record.is_kept = true;
            }
            Some(kept) => {
                record.before = Some(kept.place);
                if record.write().is_err() {
                    fs::remove_file(&record.path).map_err(|error| WireError::ControlBlock {
                        path: record.path.display().to_string(),
                        reason: error.to_string(),
                    })?;
                }
            }
            None => {}
        }
        Ok(record)
    }

    /// Notes that a bot of hftbacktest has registered with this connector.
    pub(crate) fn registered(&mut self, bot: u64) {
        let destination = &self.own.destination;
        let is_real = destination.orders == Orders::Real;
        let has_orders = is_real || matches!(destination.orders, Orders::Paper | Orders::Simulated);
        // Only the bots of real orders are ever asked for.
        let is_new = is_real && !self.bots.contains(&bot);
        if !is_new && (self.is_kept || !has_orders) {
            return;
        }
        if is_new {
            if self.bots.len() >= BOTS_MAX {
                self.bots.remove(0);
            }
            self.bots.push(bot);
        }
        if let Err(error) = self.write() {
            warn!(bot, path = %self.path.display(), %error, "not noted: orders of this bot will be refused after a restart of the connector");
        }
    }

    /// Why an order of a bot of hftbacktest that this run knows no registration of may not be for real, and
    /// what to do; `None`: it is known to be, or orders are not real.
    pub(crate) fn unknown_destination(&self, bot: u64) -> Option<String> {
        let destination = &self.own.destination;
        if destination.orders != Orders::Real || self.bots.contains(&bot) {
            return None;
        }
        let why = match &self.before {
            Some(before) => format!(
                "orders of this name went to {} before, to {} now",
                before.words(),
                self.own.words()
            ),
            None => format!("whether it was started for {destination} orders is not known"),
        };
        Some(format!(
            "not sent: this bot has not registered with this connector; {why}: start the bot again"
        ))
    }

    fn write(&mut self) -> io::Result<()> {
        let Place { kind, destination } = &self.own;
        let orders = destination.orders as u32;
        let mut text = format!("{MAGIC}\n{kind}\n{orders}\n{}\n", destination.environment);
        for bot in &self.bots {
            text += &format!("{bot:016x}\n");
        }
        // A reader finds the old file or the new one, whenever this process is killed.
        let new = beside(&self.path);
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| fs::rename(&new, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        self.is_kept = written.is_ok();
        written
    }
}

/// Where the next file is written; no name of a connector becomes this one.
fn beside(path: &Path) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push("~");
    path.into()
}

/// What a file says; `None` when there is none, when it is another user's, or when it is damaged.
fn read(path: &Path) -> Option<Kept> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .ok()?;
    let meta = file.metadata().ok()?;
    // The folder is everybody's.
    if !meta.is_file() || meta.uid() != user() || meta.len() > BYTES_MAX {
        return None;
    }
    let mut text = String::new();
    file.take(BYTES_MAX).read_to_string(&mut text).ok()?;
    let mut lines = text.strip_suffix('\n')?.split('\n');
    if lines.next()? != MAGIC {
        return None;
    }
    let kind = lines.next()?.to_owned();
    let orders = Orders::of(lines.next()?.parse().ok()?);
    let destination = Destination::new(orders, lines.next()?);
    let bots = lines.map(|line| u64::from_str_radix(line, 16).ok());
    Some(Kept {
        place: Place { kind, destination },
        bots: bots.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Capabilities;

    const BOT: u64 = 0xb07;

    /// A path in a folder of its own, which goes with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let name = format!("t-{}-{:x}", std::process::id(), crate::random_bot_id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn run(&self, kind: &str, orders: Orders, environment: &str) -> RunRecord {
            RunRecord::at(self.file(), &hello(kind, orders, environment)).unwrap()
        }

        fn real(&self) -> RunRecord {
            self.run("bybit", Orders::Real, "mainnet")
        }

        fn file(&self) -> PathBuf {
            self.0.join("run")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn hello(kind: &str, orders: Orders, environment: &str) -> Hello {
        Hello {
            version: "1".into(),
            kind: kind.into(),
            capabilities: Capabilities::default(),
            destination: Destination::new(orders, environment),
        }
    }

    #[test]
    fn a_bot_that_registered_for_real_orders_is_known_in_the_runs_after_it() {
        let folder = Folder::new();
        folder.real().registered(BOT);
        for _ in 0..2 {
            let run = folder.real();
            assert_eq!(run.unknown_destination(BOT), None);
            assert!(
                run.unknown_destination(BOT + 1)
                    .unwrap()
                    .contains("is not known")
            );
        }
    }

    #[test]
    fn one_run_elsewhere_ends_that_whether_a_bot_registered_in_it_or_not() {
        for (kind, orders, environment) in [
            ("bybit", Orders::Paper, "mainnet"),
            ("bybit", Orders::Real, "testnet"),
            ("bybit", Orders::None, "mainnet"),
            ("other", Orders::Real, "mainnet"),
            ("sim", Orders::Simulated, "simulated"),
        ] {
            let folder = Folder::new();
            folder.real().registered(BOT);
            drop(folder.run(kind, orders, environment));
            let text = folder.real().unknown_destination(BOT).unwrap();
            let place = format!("{kind}, {} ({environment})", orders.word());
            assert!(text.contains(&place), "{text}");
            assert!(text.len() <= 200, "it would be cut: {text}");
            // Also in the run after.
            assert!(folder.real().unknown_destination(BOT).is_some());
        }
    }

    #[test]
    fn where_orders_are_not_real_nothing_is_refused_and_the_place_is_kept() {
        let folder = Folder::new();
        let mut paper = folder.run("bybit", Orders::Paper, "mainnet");
        assert!(!folder.file().exists(), "nobody needs it yet");
        paper.registered(BOT);
        assert_eq!(paper.unknown_destination(BOT + 1), None);
        assert!(
            folder
                .real()
                .unknown_destination(BOT)
                .unwrap()
                .contains("paper (mainnet)")
        );
        assert!(
            folder
                .run("x", Orders::Paper, "")
                .unknown_destination(BOT)
                .is_none()
        );
    }

    #[test]
    fn a_missing_or_damaged_file_or_one_behind_a_link_is_not_known() {
        let folder = Folder::new();
        assert!(folder.real().unknown_destination(BOT).is_some());
        folder.real().registered(BOT);
        let whole = fs::read(folder.file()).unwrap();
        for end in 0..whole.len() {
            fs::write(folder.file(), &whole[..end]).unwrap();
            assert!(
                folder.real().unknown_destination(BOT).is_some(),
                "{end} bytes"
            );
        }
        fs::write(folder.0.join("else"), &whole).unwrap();
        fs::remove_file(folder.file()).unwrap();
        std::os::unix::fs::symlink(folder.0.join("else"), folder.file()).unwrap();
        assert!(folder.real().unknown_destination(BOT).is_some());
    }

    #[test]
    fn it_does_not_grow_without_end_and_forgets_the_oldest() {
        let folder = Folder::new();
        let mut run = folder.real();
        for bot in 0..BOTS_MAX as u64 + 10 {
            run.registered(bot);
        }
        let run = folder.real();
        assert_eq!(run.bots.len(), BOTS_MAX);
        assert!(run.unknown_destination(9).is_some() && run.unknown_destination(10).is_none());
        assert!(fs::metadata(folder.file()).unwrap().len() <= BYTES_MAX);
    }

    #[test]
    fn a_record_of_elsewhere_that_cannot_be_replaced_is_removed() {
        let folder = Folder::new();
        folder.real().registered(BOT);
        // What stands in the way of the new file.
        fs::create_dir(beside(&folder.file())).unwrap();
        drop(folder.run("bybit", Orders::Paper, "mainnet"));
        assert!(!folder.file().exists());
        assert!(folder.real().unknown_destination(BOT).is_some());
    }
}
