//! Detects the format and the venue of a recording by its contents.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;

use super::npz::ArraySource;
use super::parse_error::ParseError;
use super::recorded_lines::RecordedLines;
use super::source::{Source, SourceError};
use super::steps::Steps;
use super::symbols::Symbols;
use super::text_source::{TextSource, split_line};
use crate::kit::book::depth_sequencer::Numbering;
use crate::kit::book::message::{Body, Message};
use crate::kit::book::px::Px;

/// Lines looked at to find the venue.
const VENUE_LINES: usize = 2_000;
/// Messages looked at to find symbols and steps.
const HEAD_MESSAGES: usize = 5_000;

/// The format of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A collector's text.
    Text(Numbering),
    /// An event array.
    Array,
}

/// The contents of a recording, by its head.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Its format.
    pub format: Format,
    /// Its symbols.
    pub symbols: Symbols,
    /// In which steps it was recorded, by symbol.
    pub steps: Vec<Steps>,
}

/// Looks into a recording. `symbol` names the one of an event array.
///
/// # Errors
/// When the file cannot be read or is nothing that can be replayed.
pub fn detect(path: &Path, symbol: Option<&str>) -> io::Result<Recording> {
    let mut magic = [0u8; 6];
    let read = File::open(path)?.read(&mut magic)?;
    let magic = &magic[..read];
    let is_array = magic.starts_with(b"PK") || magic.starts_with(b"\x93NUMPY");
    let mut recording = Recording {
        format: if is_array {
            Format::Array
        } else {
            Format::Text(find_venue(path)?)
        },
        symbols: Symbols::default(),
        steps: Vec::new(),
    };
    if is_array {
        let name = symbol.map(str::to_owned).or_else(|| symbol_of(path)).ok_or_else(|| {
            io::Error::other("an event array does not name its symbol: set `symbol`, or name it on the command line")
        })?;
        recording.symbols.intern(&name);
    }
    let nameless = recording.look_into(path)?;
    if recording.symbols.all().is_empty() {
        return Err(io::Error::other("no market data found in this file"));
    }
    // A snapshot that names no symbol was the first to come: now it is known.
    if nameless && recording.symbols.all().len() == 1 {
        recording.steps.clear();
        recording.look_into(path)?;
    }
    let symbols = recording.symbols.all().len();
    recording.steps.resize(symbols, Steps::default());
    Ok(recording)
}

/// Opens a recording.
///
/// # Errors
/// When the file cannot be read.
pub fn open(path: &Path, recording: &Recording) -> io::Result<Box<dyn Source>> {
    Ok(match recording.format {
        Format::Text(numbering) => Box::new(TextSource::open(
            path,
            numbering,
            recording.symbols.clone(),
        )?),
        Format::Array => Box::new(ArraySource::open(path, recording.symbols.name(0))?),
    })
}

impl Recording {
    /// Looks at the head of the file. True when something in it could not be read because it names
    /// no symbol.
    fn look_into(&mut self, path: &Path) -> io::Result<bool> {
        let mut source = open(path, self)?;
        let mut symbols = self.symbols.clone();
        let (mut is_empty, mut nameless) = (true, false);
        for _ in 0..HEAD_MESSAGES {
            match source.next(&mut symbols) {
                Ok(Some(message)) => {
                    is_empty = false;
                    self.look_at(&message);
                }
                Ok(None) => break,
                Err(SourceError::Line { error, .. }) => {
                    nameless |= matches!(error, ParseError::NoSymbol(_));
                }
                // The part before can be played.
                Err(SourceError::File { error, .. }) if is_empty => return Err(error),
                Err(SourceError::File { .. }) => break,
            }
        }
        self.symbols = symbols;
        Ok(nameless)
    }

    fn look_at(&mut self, message: &Message) {
        if self.steps.len() <= message.symbol {
            self.steps.resize(message.symbol + 1, Steps::default());
        }
        let steps = &mut self.steps[message.symbol];
        let mut see = |px: Px, qty: f64| steps.see(px, qty);
        match &message.body {
            Body::Trades(trades) => trades.iter().for_each(|trade| see(trade.px, trade.qty)),
            Body::Depth(depth) => {
                depth
                    .bids
                    .iter()
                    .chain(&depth.asks)
                    .for_each(|level| see(level.px, level.qty));
            }
            Body::Top(top) => {
                top.bid
                    .iter()
                    .chain(&top.ask)
                    .for_each(|level| see(level.px, level.qty));
            }
            Body::Array(events) => {
                for event in events {
                    see(Px::from_f64(event.px).unwrap_or_default(), event.qty);
                }
            }
        }
    }
}

/// `btcusdt_20240808.npz`, `BTCUSDT_20240808-093000-2.npz` → `BTCUSDT`
fn symbol_of(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let (name, date) = stem.rsplit_once('_')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // A day, and for files that rotate a time of day and a number.
    let is_date =
        date.split('-').all(is_number) && date.split('-').next().is_some_and(|day| day.len() == 8);
    // Dated futures have a sign in their names, `BTCUSDT_260925`, `BTC-25SEP26`; some symbols have
    // letters beyond ASCII.
    let is_name = name.starts_with(char::is_alphanumeric)
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'));
    (is_date && is_name).then(|| name.to_ascii_uppercase())
}

fn find_venue(path: &Path) -> io::Result<Numbering> {
    let mut lines = RecordedLines::open(path)?;
    let mut is_binance = false;
    let mut of_other_unit = None;
    let mut seen = 0;
    while seen < VENUE_LINES {
        let Some(line) = lines.next_line()? else {
            break;
        };
        if line.trim_ascii().is_empty() {
            continue;
        }
        seen += 1;
        let value = match split_line(line).map(|(_, json)| serde_json::from_str::<Value>(json)) {
            Ok(Ok(value)) => value,
            other => {
                if let Err(error @ ParseError::Time(_)) = other {
                    of_other_unit.get_or_insert(error);
                }
                lines.reject_line()?;
                continue;
            }
        };
        if value["topic"].is_string() {
            return Ok(Numbering::Bybit);
        }
        let payload = if value["data"].is_object() {
            &value["data"]
        } else {
            &value
        };
        is_binance |= payload["u"].is_u64() || payload["lastUpdateId"].is_u64();
        match payload["e"].as_str() {
            Some("bookTicker") => return Ok(Numbering::BinanceUsdm),
            Some("depthUpdate") if payload["pu"].is_u64() => return Ok(Numbering::BinanceUsdm),
            Some("depthUpdate") => return Ok(Numbering::BinanceSpot),
            Some("trade") if payload["X"].is_string() => return Ok(Numbering::BinanceUsdm),
            Some("trade") if payload["M"].is_boolean() => return Ok(Numbering::BinanceSpot),
            _ => {}
        }
    }
    if is_binance {
        return Ok(Numbering::BinanceSpot);
    }
    if let Some(error) = of_other_unit {
        return Err(io::Error::other(error.to_string()));
    }
    Err(io::Error::other(
        "not a recording that is known here: expected hftbacktest's collector format (lines of `local_timestamp_ns {json}` from Binance USD-M, Binance spot or Bybit) or an event array (.npz, .npy)",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::synth;
    use super::*;

    const NOW_NS: i64 = 1_723_075_200_000_000_000;

    #[test]
    fn a_usdm_recording_is_recognised_by_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("anything.bin");
        synth::write_lines(&path, &synth::usdm_lines("BTCUSDT", NOW_NS, 4)).unwrap();
        let recording = detect(&path, None).unwrap();
        assert_eq!(recording.format, Format::Text(Numbering::BinanceUsdm));
        assert_eq!(recording.symbols.all(), ["BTCUSDT"]);
        assert_eq!(recording.steps[0].sizes(), Some((0.1, 0.01)));
    }

    #[test]
    fn spot_and_bybit_are_distinguished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gz");
        let spot = r#"{"stream":"btcusdt@bookTicker","data":{"u":3,"s":"BTCUSDT","b":"1","B":"2","a":"3","A":"4"}}"#;
        synth::write_lines(&path, &[(NOW_NS, spot.into())]).unwrap();
        assert_eq!(
            detect(&path, None).unwrap().format,
            Format::Text(Numbering::BinanceSpot)
        );
        let bybit = r#"{"topic":"orderbook.50.ETHUSDT","type":"snapshot","ts":3,"data":{"s":"ETHUSDT","b":[["1","2"]],"a":[],"u":7,"seq":9}}"#;
        std::fs::write(&path, format!("{NOW_NS} {bybit}\n")).unwrap();
        assert_eq!(
            detect(&path, None).unwrap().format,
            Format::Text(Numbering::Bybit)
        );
    }

    #[test]
    fn what_is_no_recording_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gz");
        std::fs::write(&path, "hello\nworld\n").unwrap();
        assert!(
            detect(&path, None)
                .unwrap_err()
                .to_string()
                .contains("not a recording")
        );
        std::fs::write(&path, "").unwrap();
        assert!(detect(&path, None).is_err());
    }

    #[test]
    fn a_snapshot_at_the_beginning_counts_although_it_names_no_symbol() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gz");
        let fine = r#"{"lastUpdateId":9,"bids":[["99.95","0.125"]],"asks":[]}"#;
        let mut lines = vec![(NOW_NS, fine.to_owned())];
        lines.extend(synth::usdm_lines("BTCUSDT", NOW_NS, 4));
        synth::write_lines(&path, &lines).unwrap();
        let recording = detect(&path, None).unwrap();
        assert_eq!(recording.steps[0].sizes(), Some((0.05, 0.005)));
        assert_eq!(recording.symbols.all(), ["BTCUSDT"]);
    }

    #[test]
    fn times_of_an_unknown_unit_are_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gz");
        synth::write_lines(&path, &synth::usdm_lines("BTCUSDT", 5_000_000, 4)).unwrap();
        let error = detect(&path, None).unwrap_err().to_string();
        assert!(
            error.contains("7 digits") && error.contains("milliseconds"),
            "{error}"
        );
    }

    #[test]
    fn an_array_takes_its_symbol_from_the_file_name() {
        assert_eq!(
            symbol_of(Path::new("/x/btcusdt_20240808.npz")).as_deref(),
            Some("BTCUSDT")
        );
        for name in [
            "BTCUSDT_20261121-093000.npz",
            "BTCUSDT_20261121-093000-2.npy",
        ] {
            assert_eq!(symbol_of(Path::new(name)).as_deref(), Some("BTCUSDT"));
        }
        for (name, symbol) in [
            ("btcusdt_260925_20261121.npz", "BTCUSDT_260925"),
            ("BTCUSDT_260925_20261121-093000.npz", "BTCUSDT_260925"),
            ("BTC-25SEP26_20261121-093000-2.npy", "BTC-25SEP26"),
            ("币安人生USDT_20261121.npz", "币安人生USDT"),
        ] {
            assert_eq!(symbol_of(Path::new(name)).as_deref(), Some(symbol));
        }
        for name in [
            "events.npz",
            "a_1-2.npz",
            "a_20261121-.npz",
            "a_20261121-x.npz",
        ] {
            assert_eq!(symbol_of(Path::new(name)), None, "{name}");
        }
    }
}
