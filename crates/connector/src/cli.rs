//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::config::bybit_settings::Flags;
use crate::config::replay_config::Speed;
use crate::error::ConnectorError;

const ABOUT: &str = "Connects bots with a market place through shared memory.";

const LONG: &str = "\
Connects bots with a market place through shared memory (hftbacktest's protocol).

  connector NAME CONNECTOR [SYMBOL…] [CONFIG…]
  connector CONNECTOR [SYMBOL…] [CONFIG…]        NAME is CONNECTOR then

CONNECTOR is one of
  sim      a simulated exchange; needs no config
  replay   recorded data (.gz of hftbacktest's collector, .npz or .npy event arrays)
  bybit    Bybit v5, linear or spot; without a config and without keys: public data of the mainnet
  binancefutures   Binance USD-M futures: market data, orders filled in this process
NAME is what bots give as their connector. A word that is an existing file, or ends in .toml, .gz,
.npz or .npy, is a CONFIG (for `replay` also a recording); any other word is a SYMBOL.";

const AFTER: &str = "\
Examples:
  connector sim
  connector mysim sim sim.toml
  connector sim BTCUSDT ETHUSDT
  connector replay recording.gz --speed 20
  connector rp replay replay.toml
  connector bybit BTCUSDT
  connector mine bybit bybit.toml --testnet --paper=false
  connector binancefutures BTCUSDT

bybit: a flag of the command line goes before its variable, a variable before the config file.
  BYBIT_API_KEY, BYBIT_API_SECRET    keys; never on the command line
  BYBIT_CONNECTOR_CONFIG_FILE        config file, when none is named
  BYBIT_CONNECTOR_TESTNET            --testnet (default false)
  CONNECTOR_PAPER_TRADING            --paper (default true): real orders are sent only when it is
                                     false in so many words
A config file that holds keys must be for its owner only (chmod 600).

Exit codes:
  0  stopped on SIGINT or SIGTERM, or at the end of the data (--exit-at-end)
  1  the operating system refused something, or TLS could not be set up
  2  command line or config file
  3  a connector of this name is running already
  4  shared memory
  5  a recording cannot be used

Logs go to the standard error; RUST_LOG or LOG_LEVEL sets the level (default info).";

/// The kinds of connectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The simulated exchange.
    Sim,
    /// Recorded data.
    Replay,
    /// Bybit v5.
    Bybit,
    /// Binance USD-M futures.
    BinanceFutures,
}

impl Kind {
    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Replay => "replay",
            Self::Bybit => "bybit",
            Self::BinanceFutures => "binancefutures",
        }
    }
}

/// A kind of upstream's connector that this one does not have.
const NOT_YET: [&str; 1] = ["binancespot"];
const THERE_IS: &str = "`sim`, `replay`, `bybit` and `binancefutures`";

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
#[command(name = "connector", version, about = ABOUT, long_about = LONG, after_help = AFTER)]
struct Args {
    /// [NAME] CONNECTOR [SYMBOL…] [CONFIG…]
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
    /// Name that bots connect to, whatever the first word is
    #[arg(long)]
    name: Option<String>,
    /// replay: a factor (20, 0.5), `max`, or `step` (one message per line on the standard input)
    #[arg(long, value_name = "N|max|step")]
    speed: Option<Speed>,
    /// replay: start again at the end
    #[arg(long = "loop")]
    repeat: bool,
    /// Everything random comes from it; for bybit the jitter between attempts to connect
    #[arg(long)]
    seed: Option<u64>,
    /// replay: start when the first bot registers (default true)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    wait_for_bot: Option<bool>,
    /// replay: shift times to now, keeping the recorded latency (default true)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    rebase_time: Option<bool>,
    /// replay: most events per second (default 100000)
    #[arg(long, value_name = "EVENTS")]
    max_rate: Option<f64>,
    /// replay: stop at the end of the data instead of keeping bots connected
    #[arg(long)]
    exit_at_end: bool,
    /// bybit: the testnet instead of the mainnet (default false)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    testnet: Option<String>,
    /// Orders are filled in this process against the venue's market data. bybit: default true,
    /// `--paper=false` sends REAL orders; sim: default false, orders rest in the simulated book
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
    /// Kind of connector.
    pub kind: Kind,
    /// Symbols.
    pub symbols: Vec<String>,
    /// Configuration files and recordings.
    pub files: Vec<PathBuf>,
    /// Replay speed.
    pub speed: Option<Speed>,
    /// Replay: start again at the end.
    pub repeat: bool,
    /// Seed.
    pub seed: Option<u64>,
    /// Replay: wait for the first bot.
    pub wait_for_bot: Option<bool>,
    /// Replay: shift times to now.
    pub rebase_time: Option<bool>,
    /// Replay: most events per second.
    pub max_rate: Option<f64>,
    /// Replay: stop at the end.
    pub exit_at_end: bool,
    /// Flags of venues on the network, as they were written.
    pub flags: Flags,
    /// How logs look.
    pub log_format: LogFormat,
    /// Print a line when ready.
    pub ready_json: bool,
    /// Stop when the standard input ends.
    pub with_stdin: bool,
    /// JSON lines over the standard streams instead of shared memory.
    pub stdio: bool,
}

/// Reads the command line of the process. `--help`, `--version` and mistakes end it here.
///
/// # Errors
/// [`ConnectorError::Usage`] when the words make no sense.
pub fn from_env() -> Result<Command, ConnectorError> {
    Args::parse().try_into()
}

/// Reads a command line, without the program's own name.
///
/// # Errors
/// [`ConnectorError::Usage`] with what is wrong.
pub fn parse(words: &[&str]) -> Result<Command, ConnectorError> {
    let args = Args::try_parse_from(std::iter::once("connector").chain(words.iter().copied()))
        .map_err(|error| ConnectorError::Usage(error.to_string()))?;
    args.try_into()
}

impl TryFrom<Args> for Command {
    type Error = ConnectorError;

    fn try_from(args: Args) -> Result<Self, ConnectorError> {
        let (name, kind, rest) = split(&args.words)?;
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
        let is_replay = kind == Kind::Replay;
        let only_replay = [
            (args.speed.is_some(), "--speed"),
            (args.repeat, "--loop"),
            (args.wait_for_bot.is_some(), "--wait-for-bot"),
            (args.rebase_time.is_some(), "--rebase-time"),
            (args.max_rate.is_some(), "--max-rate"),
            (args.exit_at_end, "--exit-at-end"),
        ];
        if let Some((_, option)) = only_replay.iter().find(|(given, _)| *given && !is_replay) {
            return Err(ConnectorError::Usage(format!(
                "{option} is for `replay` only"
            )));
        }
        if args.testnet.is_some() && kind != Kind::Bybit {
            return Err(ConnectorError::Usage(
                "--testnet is for `bybit` only".into(),
            ));
        }
        // `--paper false` would read as `--paper` and a symbol.
        if let Some(word) = symbols
            .iter()
            .find(|word| crate::config::flag::word(word).is_some())
        {
            return Err(ConnectorError::Usage(format!(
                "`{word}` is no symbol; a flag takes its value with `=`, as in --paper={word}"
            )));
        }
        Ok(Self {
            name: args.name.unwrap_or(name),
            kind,
            symbols,
            files,
            speed: args.speed,
            repeat: args.repeat,
            seed: args.seed,
            wait_for_bot: args.wait_for_bot,
            rebase_time: args.rebase_time,
            max_rate: args.max_rate,
            exit_at_end: args.exit_at_end,
            flags: Flags {
                testnet: args.testnet,
                paper: args.paper,
            },
            log_format: args.log_format,
            ready_json: args.ready_json,
            with_stdin: args.with_stdin,
            stdio: args.stdio,
        })
    }
}

fn split(words: &[String]) -> Result<(String, Kind, &[String]), ConnectorError> {
    if let Some(first) = words.first()
        && let Some(kind) = kind_of(first)?
    {
        return Ok((first.clone(), kind, &words[1..]));
    }
    match words {
        [name, second, rest @ ..] => match kind_of(second)? {
            Some(kind) => Ok((name.clone(), kind, rest)),
            None => Err(unknown_kind(second)),
        },
        [only] => Err(unknown_kind(only)),
        [] => Err(ConnectorError::Usage(
            "name a CONNECTOR: sim, replay, bybit or binancefutures".into(),
        )),
    }
}

fn kind_of(word: &str) -> Result<Option<Kind>, ConnectorError> {
    match word {
        "sim" => Ok(Some(Kind::Sim)),
        "replay" => Ok(Some(Kind::Replay)),
        "bybit" => Ok(Some(Kind::Bybit)),
        "binancefutures" => Ok(Some(Kind::BinanceFutures)),
        _ if NOT_YET.contains(&word) => Err(ConnectorError::Usage(format!(
            "the connector kind `{word}` is not available in this version; there is {THERE_IS}"
        ))),
        _ => Ok(None),
    }
}

fn unknown_kind(word: &str) -> ConnectorError {
    ConnectorError::Usage(format!(
        "`{word}` is not a kind of connector; there is {THERE_IS} (see --help)"
    ))
}

fn is_file(word: &str) -> bool {
    [".toml", ".gz", ".npz", ".npy"]
        .iter()
        .any(|end| word.ends_with(end))
        || std::path::Path::new(word).is_file()
}

#[cfg(test)]
mod tests {
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
        assert_eq!((command.name.as_str(), command.kind), ("sim", Kind::Sim));
        let command = parse(&["mysim", "sim"]).unwrap();
        assert_eq!((command.name.as_str(), command.kind), ("mysim", Kind::Sim));
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
    fn mistakes_say_what_there_is() {
        assert!(usage(&["binancespot", "x"]).contains("not available"));
        assert!(usage(&["mine", "binancespot"]).contains("`binancefutures`"));
        assert!(usage(&["mine", "nothing"]).contains("`nothing`"));
        assert!(usage(&["mine"]).contains("sim"));
        assert!(usage(&["sim", "--speed", "2"]).contains("replay"));
        assert!(usage(&["replay", "--speed", "fast"]).contains("fast"));
    }

    #[test]
    fn binance_futures_are_there_and_have_no_testnet_switch() {
        let command = parse(&["mine", "binancefutures", "BTCUSDT"]).unwrap();
        assert_eq!(command.kind.word(), "binancefutures");
        assert_eq!(command.symbols, ["BTCUSDT"]);
        assert!(usage(&["binancefutures", "--testnet"]).contains("--testnet"));
    }

    #[test]
    fn flags_of_the_network_take_their_value_with_an_equals_sign_only() {
        let command = parse(&["bybit", "--testnet", "BTCUSDT", "--paper=false"]).unwrap();
        assert_eq!((command.kind, command.symbols.len()), (Kind::Bybit, 1));
        assert_eq!(command.flags.testnet.as_deref(), Some("true"));
        assert_eq!(command.flags.paper.as_deref(), Some("false"));
        assert!(usage(&["bybit", "--paper", "false"]).contains("--paper=false"));
        assert!(usage(&["sim", "--testnet"]).contains("bybit"));
    }

    #[test]
    fn flags_that_are_on_by_default_can_be_turned_off() {
        assert_eq!(
            parse(&["replay", "--wait-for-bot=false"])
                .unwrap()
                .wait_for_bot,
            Some(false)
        );
        assert_eq!(parse(&["replay"]).unwrap().wait_for_bot, None);
    }
}
