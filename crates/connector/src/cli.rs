//! The command line.

mod help;
mod times;
mod venue_options;
mod words;

use std::path::PathBuf;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser, ValueEnum};
use hbl_venues::kit::config::flag;
use hbl_venues::kit::kind::{GivenOptions, VenueKind};

use crate::error::ConnectorError;
use words::{Words, split};

/// How logs look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// The options and words as clap reads them.
#[derive(Debug, Parser)]
#[command(name = "connector", version, about = help::ABOUT)]
struct Args {
    /// [NAME] CONNECTOR [SYMBOL…] [CONFIG…]
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    /// Name that bots connect to, whatever the first word is
    #[arg(long)]
    name: Option<String>,
    /// Everything random comes from it; on the network the jitter between attempts to connect
    #[arg(long)]
    seed: Option<u64>,
    /// Orders are filled in this process against the venue's market data. Default true where a venue
    /// takes orders, and `--paper=false` sends REAL orders there; default false for sim, whose orders
    /// rest in the simulated book
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    paper: Option<String>,
    /// How logs look
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
    /// Print one line of JSON on the standard output when bots may connect
    #[arg(long)]
    ready_json: bool,
    /// Stop when the standard input ends: with the program that started it, however that dies
    #[arg(long)]
    with_stdin: bool,
    /// How long an order is good for whose bot names no deadline (hftbacktest's own bots do not), ms:
    /// after that it is refused instead of sent (default 5000, or CONNECTOR_ORDER_DEADLINE_MS)
    #[arg(long, value_name = "MS")]
    order_deadline_ms: Option<String>,
    /// Orders of hftbacktest's own bots, which cannot see the state of a book, are refused while it is not
    /// live (default true, or CONNECTOR_REQUIRE_LIVE_BOOK); bots of this package have a switch of their own
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    require_live_book: Option<String>,
    /// How long a stop waits until cancellations that were asked for are sent and answered, ms
    /// (default 8000, or CONNECTOR_STOP_WAIT_MS)
    #[arg(long, value_name = "MS")]
    stop_wait_ms: Option<String>,
    /// Look at command line, variables and config file, say what is wrong with them, and end: nothing is
    /// connected and nothing is served
    #[arg(long)]
    check_config: bool,
    /// Market data as JSON lines: commands on the standard input, data on the standard output, no
    /// shared memory and no orders
    #[arg(long)]
    stdio: bool,
}

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Name that bots connect to.
    pub name: String,
    /// Kind of venue.
    pub kind: &'static VenueKind,
    /// Symbols.
    pub symbols: Vec<String>,
    /// Configuration files and recordings.
    pub files: Vec<PathBuf>,
    /// Seed.
    pub seed: Option<u64>,
    /// Paper trading; `None` when it was not given.
    pub paper: Option<bool>,
    /// Options that only this kind takes.
    pub given: GivenOptions,
    /// How logs look.
    pub log_format: LogFormat,
    /// Print a line when ready.
    pub ready_json: bool,
    /// Stop when the standard input ends.
    pub with_stdin: bool,
    /// How long an order is good for whose bot names no deadline.
    pub order_deadline: Duration,
    /// Orders of hftbacktest's own bots are refused while the book is not live.
    pub require_live_book: bool,
    /// How long a stop waits for cancellations.
    pub stop_wait: Duration,
    /// JSON lines over the standard streams instead of shared memory.
    pub stdio: bool,
    /// Only look at the settings.
    pub check_config: bool,
}

/// Reads the command line of the process. `--help`, `--version` and mistakes end it here.
///
/// # Errors
/// [`ConnectorError::Usage`] when the words make no sense.
pub fn from_env() -> Result<Command, ConnectorError> {
    read(&arguments().get_matches(), &flag::process_env)
}

/// Reads a command line, without the program's own name, and the environment of the process.
///
/// # Errors
/// [`ConnectorError::Usage`] with what is wrong.
pub fn parse(words: &[&str]) -> Result<Command, ConnectorError> {
    parse_in(words, &flag::process_env)
}

/// As [`parse`], with an environment of its own.
///
/// # Errors
/// As [`parse`].
pub fn parse_in(words: &[&str], env: flag::Env<'_>) -> Result<Command, ConnectorError> {
    let words = std::iter::once("connector").chain(words.iter().copied());
    let matches = arguments().try_get_matches_from(words).map_err(usage)?;
    read(&matches, env)
}

/// What clap knows: the options of every kind, and those that only some take.
fn arguments() -> clap::Command {
    let command = Args::command()
        .long_about(help::long())
        .after_help(help::after());
    venue_options::add(command)
}

fn usage(error: clap::Error) -> ConnectorError {
    ConnectorError::Usage(error.to_string())
}

fn read(matches: &clap::ArgMatches, env: flag::Env<'_>) -> Result<Command, ConnectorError> {
    let args = Args::from_arg_matches(matches).map_err(usage)?;
    let Words { name, kind, rest } = split(&args.words)?;
    let mut symbols = Vec::new();
    let mut files = Vec::new();
    for word in rest {
        if is_file(word) {
            files.push(PathBuf::from(word))
        } else {
            symbols.push(word.clone())
        }
    }
    let missing = files.iter().find(|file| !file.exists());
    if let Some(file) = missing {
        return Err(ConnectorError::Usage(format!(
            "there is no file {}",
            file.display()
        )));
    }
    let given = venue_options::given(matches, kind).map_err(ConnectorError::Usage)?;
    let paper = args.paper.map(|text| flag::read("--paper", &text));
    let paper = paper.transpose().map_err(ConnectorError::Usage)?;
    // `--paper false` would read as `--paper` and a symbol.
    if let Some(word) = symbols.iter().find(|word| flag::word(word).is_some()) {
        return Err(ConnectorError::Usage(format!(
            "`{word}` is no symbol; a flag takes its value with `=`, as in --paper={word}"
        )));
    }
    if let Some(word) = symbols.iter().find(|word| is_nearly_flag(word)) {
        return Err(ConnectorError::Usage(format!(
            "`{word}` is no symbol; flags begin with two dashes, as in --testnet and --paper=false"
        )));
    }
    let live_book = args.require_live_book.as_deref();
    let order_deadline = args.order_deadline_ms.as_deref();
    let stop_wait = args.stop_wait_ms.as_deref();
    Ok(Command {
        name: args.name.unwrap_or_else(|| name.to_owned()),
        kind,
        symbols,
        files,
        seed: args.seed,
        paper,
        given,
        log_format: args.log_format,
        ready_json: args.ready_json,
        with_stdin: args.with_stdin,
        order_deadline: times::order_deadline(order_deadline, env)?,
        require_live_book: require_live_book(live_book, env)?,
        stop_wait: times::stop_wait(stop_wait, env)?,
        stdio: args.stdio,
        check_config: args.check_config,
    })
}

/// Whether orders of hftbacktest's own bots need a live book: by the option, else the variable, else yes.
fn require_live_book(option: Option<&str>, env: flag::Env<'_>) -> Result<bool, ConnectorError> {
    const OPTION: &str = "--require-live-book";
    let option = option.map(|text| flag::read(OPTION, text)).transpose();
    let option = (OPTION, option.map_err(ConnectorError::Usage)?);
    let flag = flag::flag(option, "CONNECTOR_REQUIRE_LIVE_BOOK", env, ("", None), true);
    flag.map(|flag| flag.value).map_err(ConnectorError::Usage)
}

/// A flag without its dashes would be an unknown symbol, and orders would go elsewhere.
fn is_nearly_flag(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let name = word.split('=').next().unwrap_or_default();
    word.contains('=') || ["testnet", "mainnet", "paper", "demo"].contains(&name)
}

fn is_file(word: &str) -> bool {
    [".toml", ".gz", ".npz", ".npy"]
        .iter()
        .any(|end| word.ends_with(end))
        || std::path::Path::new(word).is_file()
}

#[cfg(test)]
mod tests {
    use hbl_venues::kinds::KINDS;

    use super::*;

    fn usage(words: &[&str]) -> String {
        match parse(words) {
            Err(ConnectorError::Usage(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_name_may_be_left_out_when_the_first_word_is_a_kind() {
        let command = parse(&["sim"]).unwrap();
        assert_eq!((command.name.as_str(), command.kind.word), ("sim", "sim"));
        let command = parse(&["mysim", "sim"]).unwrap();
        assert_eq!((command.name.as_str(), command.kind.word), ("mysim", "sim"));
        let command = parse(&["sim", "BTCUSDT", "ETHUSDT"]).unwrap();
        assert_eq!((command.name.as_str(), command.symbols.len()), ("sim", 2));
        assert_eq!(parse(&["sim", "--name", "other"]).unwrap().name, "other");
    }

    #[test]
    fn files_are_known_by_their_ending_or_by_being_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "").unwrap();
        let word = path.to_str().unwrap();
        let command = parse(&["mysim", "sim", "BTCUSDT", word]).unwrap();
        assert_eq!(
            (command.symbols, command.files),
            (vec!["BTCUSDT".to_owned()], vec![path])
        );
        assert!(usage(&["sim", "missing.toml"]).contains("missing.toml"));
    }

    #[test]
    fn a_name_that_is_also_a_kind_is_a_name() {
        let command = parse(&["bybit", "sim", "BTCUSDT", "--with-stdin"]).unwrap();
        assert_eq!((command.name.as_str(), command.kind.word), ("bybit", "sim"));
        assert_eq!(command.symbols, ["BTCUSDT"]);
        let command = parse(&["bybit", "sim", "--name", "other"]).unwrap();
        assert_eq!((command.name.as_str(), command.kind.word), ("other", "sim"));
    }

    #[test]
    fn mistakes_say_what_there_is() {
        assert!(usage(&["mine", "nothing"]).contains("`nothing`"));
        assert!(usage(&["sim", "--speed", "2"]).contains("replay"));
        assert!(usage(&["replay", "--speed", "fast"]).contains("fast"));
    }

    #[test]
    fn binance_futures_are_there_and_have_no_testnet_switch() {
        let command = parse(&["mine", "binancefutures", "BTCUSDT"]).unwrap();
        assert_eq!(command.kind.word, "binancefutures");
        assert_eq!(command.symbols, ["BTCUSDT"]);
        assert!(usage(&["binancefutures", "--testnet"]).contains("--testnet"));
    }

    #[test]
    fn flags_of_the_network_take_their_value_with_an_equals_sign_only() {
        let command = parse(&["bybit", "--testnet", "BTCUSDT", "--paper=false"]).unwrap();
        assert_eq!((command.kind.word, command.symbols.len()), ("bybit", 1));
        assert_eq!(command.given.is_on("testnet"), Some(true));
        assert_eq!(command.paper, Some(false));
        assert_eq!(parse(&["sim", "--paper= Yes "]).unwrap().paper, Some(true));
        assert!(usage(&["bybit", "--paper", "false"]).contains("--paper=false"));
        assert!(usage(&["sim", "--testnet"]).contains("bybit"));
    }

    #[test]
    fn a_word_that_is_no_flag_starts_nothing_of_any_kind() {
        for kind in KINDS.iter().copied() {
            for flag in [
                "--paper=flase",
                "--paper=",
                "--paper=\"true\"",
                "--paper=2",
                "--paper=none",
            ] {
                let refused = usage(&[kind.word, flag]);
                assert!(refused.starts_with("--paper is neither"), "{refused}");
                assert!(!refused.contains("flase"), "{refused}");
            }
            for word in [
                "testnet",
                "paper",
                "Testnet",
                "paper=false",
                "testnet=true",
                "demo",
            ] {
                assert!(
                    usage(&[kind.word, "BTCUSDT", word]).contains("two dashes"),
                    "{word}"
                );
            }
        }
        for flag in ["--testnet=treu", "--testnet=", "--testnet=testnet"] {
            assert!(usage(&["bybit", flag]).starts_with("--testnet is neither"));
        }
    }

    #[test]
    fn a_live_book_is_required_unless_the_option_or_the_variable_says_otherwise() {
        let none: flag::Env<'_> = &|_| None;
        let off: flag::Env<'_> = &|name| {
            assert_eq!(name, "CONNECTOR_REQUIRE_LIVE_BOOK");
            Some("off".into())
        };
        let odd: flag::Env<'_> = &|_| Some("maybe".into());
        assert!(require_live_book(None, none).unwrap());
        assert!(!require_live_book(None, off).unwrap());
        assert!(require_live_book(Some("true"), off).unwrap());
        assert!(!require_live_book(Some("no"), none).unwrap());
        assert!(require_live_book(None, odd).is_err());
        assert!(usage(&["sim", "--require-live-book=odd"]).starts_with("--require-live-book is"));
        assert!(
            !parse(&["sim", "--require-live-book=0"])
                .unwrap()
                .require_live_book
        );
    }

    #[test]
    fn flags_that_are_on_by_default_can_be_turned_off() {
        assert_eq!(
            parse(&["replay", "--wait-for-bot=false"])
                .unwrap()
                .given
                .is_on("wait-for-bot"),
            Some(false)
        );
        assert_eq!(
            parse(&["replay"]).unwrap().given.is_on("wait-for-bot"),
            None
        );
    }
}
