//! The texts of `--help`. Each kind of venue brings its own part.

use std::fmt::Write as _;

use hbl_venues::kinds::KINDS;

pub const ABOUT: &str = "Connects bots with a market place through shared memory.";

const BEFORE_KINDS: &str = "\
Connects bots with a market place through shared memory (hftbacktest's protocol).

  connector NAME CONNECTOR [SYMBOL…] [CONFIG…]
  connector CONNECTOR [SYMBOL…] [CONFIG…]        NAME is CONNECTOR then

A second word that is a CONNECTOR makes the first word the NAME, whatever it is: `connector bybit sim`
is a simulator of the name `bybit`. CONNECTOR is one of
";

const BEHIND_KINDS: &str = "\
NAME is what bots give as their connector. A word that is an existing file, or ends in .toml, .gz,
.npz or .npy, is a CONFIG (for `replay` also a recording); any other word is a SYMBOL.";

const EXIT_CODES: &str = "\
Exit codes:
  0  stopped on SIGINT or SIGTERM, or at the end of the data (--exit-at-end), all of which was read
  1  the operating system refused something, or TLS could not be set up
  2  command line or config file
  3  a connector of this name is running already
  4  shared memory
  5  a recording cannot be used
  6  the end of the data (--exit-at-end), a part of which could not be read

Logs go to the standard error; RUST_LOG or LOG_LEVEL sets the level (default info).";

/// The text above the options.
pub fn long() -> String {
    let width = KINDS.iter().map(|kind| kind.word.len()).max().unwrap_or(0);
    let mut text = BEFORE_KINDS.to_owned();
    for kind in KINDS {
        let _ = writeln!(text, "  {:width$}  {}", kind.word, kind.about);
    }
    text + BEHIND_KINDS
}

/// The text below the options.
pub fn after() -> String {
    let mut text = "Examples:\n".to_owned();
    for example in KINDS.iter().flat_map(|kind| kind.examples) {
        let _ = writeln!(text, "  connector {example}");
    }
    for notes in KINDS
        .iter()
        .map(|kind| kind.notes)
        .filter(|notes| !notes.is_empty())
    {
        let _ = write!(text, "\n{notes}\n");
    }
    text + "\n" + EXIT_CODES
}
