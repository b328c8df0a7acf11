//! The description of a venue for the command line: its name, its options, and how it is opened.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use hbl_wire::{Clock, Destination, Orders};

use super::account_lock::AccountLock;
use super::config::flag::Env;
use super::error::VenueError;
use super::venue::Venue;

/// How long a registration waits for the venue's instruments unless the venue says otherwise.
const REGISTER_WAIT: Duration = Duration::from_secs(30);

/// One kind of venue. `crate::kinds::KINDS` lists them; command line, docs and TypeScript follow it.
pub struct VenueKind {
    /// The word that names it: on the command line, and as `connector.kind` in TypeScript.
    pub word: &'static str,
    /// One line of the list of kinds.
    pub about: &'static str,
    /// Its row in the table of kinds of docs/guide/connectors.md.
    pub row: KindRow,
    /// Its `--help` text below the options: flags, variables, files. Empty: none.
    pub notes: &'static str,
    /// Command lines to show, without the program's name.
    pub examples: &'static [&'static str],
    /// True when nothing of it waits for the machine or for a network, so that it runs by a virtual clock.
    pub takes_virtual_time: bool,
    /// Options that only some kinds take.
    pub options: &'static [VenueOption],
    /// Opens it.
    pub open: fn(&OpenOptions<'_>) -> Result<OpenVenue, VenueError>,
}

/// A row of the table of kinds, in Markdown.
#[derive(Clone, Copy, Debug)]
pub struct KindRow {
    /// Where its market data comes from.
    pub market_data: &'static str,
    /// Where orders go.
    pub orders: &'static str,
    /// When it needs API keys.
    pub keys: &'static str,
}

impl fmt::Debug for VenueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}

impl PartialEq for VenueKind {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

/// An option of the command line that only some kinds take.
#[derive(Clone, Copy, Debug)]
pub struct VenueOption {
    /// Its name without the dashes.
    pub name: &'static str,
    /// Its `--help` text, with the default.
    pub help: &'static str,
    /// Its value.
    pub value: OptionValue,
}

/// The value of an option.
#[derive(Clone, Copy, Debug)]
pub enum OptionValue {
    /// Nothing: the option turns something on.
    Switch,
    /// `true` or `false`; `true` when nothing follows.
    Bool,
    /// A flag that decides about money or the venue: a value only after `=`, any word of
    /// [`super::config::flag::word`].
    Flag,
    /// A text.
    Text {
        /// How `--help` calls it.
        name: &'static str,
        /// Refuses, in words, what cannot be used.
        check: fn(&str) -> Result<(), String>,
    },
}

/// The options of a kind that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenOptions(HashMap<&'static str, String>);

impl GivenOptions {
    /// Adds an option; a switch or flag has the text `true` or `false`.
    pub fn add(&mut self, name: &'static str, text: String) {
        self.0.insert(name, text);
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// The text of an option; `None` when it was not given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a switch, `Bool` or `Flag`; `None` when it was not given.
    pub fn is_on(&self, name: &str) -> Option<bool> {
        self.text(name).map(|text| text == "true")
    }
}

/// The arguments with which a venue is opened.
pub struct OpenOptions<'a> {
    /// Symbols that were named.
    pub symbols: &'a [String],
    /// Configuration files and recordings.
    pub files: &'a [PathBuf],
    /// Seed of everything random.
    pub seed: Option<u64>,
    /// `--paper`; `None` when it was not given.
    pub paper: Option<bool>,
    /// The kind's own options.
    pub given: &'a GivenOptions,
    /// No orders are wanted: nothing is logged in, and none is sent.
    pub is_market_data_only: bool,
    /// The environment.
    pub env: Env<'a>,
    /// The clock that the venue is paced by; a virtual one only where the kind takes it.
    pub clock: &'a Clock,
}

/// A venue that was opened, and how it is served.
pub struct OpenVenue {
    /// The venue.
    pub venue: Box<dyn Venue>,
    /// The destination of orders.
    pub destination: Destination,
    /// The setting that made the orders real; `None` where they are not.
    pub because: Option<String>,
    /// How long a registration may wait until the venue can judge it.
    pub register_wait: Duration,
    /// One step of the venue per line of the standard input.
    pub is_stepped: bool,
    /// The process ends with the venue's data.
    pub ends_with_data: bool,
    /// Keeps other connectors from the account as long as it is held.
    pub account_lock: Option<AccountLock>,
}

impl OpenVenue {
    /// A venue whose orders go to `destination`, with defaults for the rest: registrations wait for
    /// 30 s, no steps, no end, no lock.
    pub fn new(venue: impl Venue + 'static, destination: Destination) -> Self {
        Self {
            venue: Box::new(venue),
            destination,
            because: None,
            register_wait: REGISTER_WAIT,
            is_stepped: false,
            ends_with_data: false,
            account_lock: None,
        }
    }

    /// True when orders are taken and none of them trades real money.
    pub fn is_paper(&self) -> bool {
        matches!(self.destination.orders, Orders::Paper | Orders::Simulated)
    }
}
