//! What a recording is, found by looking into it.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use serde_json::Value;

use super::depth_sequencer::Numbering;
use super::message::{Body, Message};
use super::npz::ArraySource;
use super::px::{Px, common_step};
use super::source::{Source, SourceError};
use super::symbols::Symbols;
use super::text_source::{TextSource, open_lines, split_line};

/// Lines looked at to find the venue.
const VENUE_LINES: usize = 2_000;
/// Messages looked at to find symbols and steps.
const HEAD_MESSAGES: usize = 5_000;

/// What a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A collector's text.
    Text(Numbering),
    /// An event array.
    Array,
}

/// What the head of a recording tells.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What it is.
    pub format: Format,
    /// Its symbols.
    pub symbols: Symbols,
    /// The greatest price step of which all prices seen are multiples, in units of [`Px`], by
    /// symbol; 0 when none was seen.
    pub px_step: Vec<i64>,
    /// The same for quantities.
    pub qty_step: Vec<i64>,
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
        px_step: Vec::new(),
        qty_step: Vec::new(),
    };
    if is_array {
        let name = symbol.map(str::to_owned).or_else(|| symbol_of(path)).ok_or_else(|| {
            io::Error::other("an event array does not name its symbol: set `symbol`, or name it on the command line")
        })?;
        recording.symbols.intern(&name);
    }
    let mut source = open(path, &recording)?;
    let mut symbols = recording.symbols.clone();
    for _ in 0..HEAD_MESSAGES {
        match source.next(&mut symbols) {
            Ok(Some(message)) => recording.look_at(&message),
            Ok(None) => break,
            Err(SourceError::Line { .. }) => {}
            Err(SourceError::File { error, .. }) => return Err(error),
        }
    }
    if symbols.all().is_empty() {
        return Err(io::Error::other("no market data found in this file"));
    }
    recording.symbols = symbols;
    recording.px_step.resize(recording.symbols.all().len(), 0);
    recording.qty_step.resize(recording.symbols.all().len(), 0);
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
    fn look_at(&mut self, message: &Message) {
        if self.px_step.len() <= message.symbol {
            self.px_step.resize(message.symbol + 1, 0);
            self.qty_step.resize(message.symbol + 1, 0);
        }
        let (px_step, qty_step) = (
            &mut self.px_step[message.symbol],
            &mut self.qty_step[message.symbol],
        );
        let mut see = |px: Px, qty: f64| {
            *px_step = common_step(*px_step, px.raw());
            *qty_step = common_step(*qty_step, Px::from_f64(qty).unwrap_or_default().raw());
        };
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
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_date && is_name).then(|| name.to_ascii_uppercase())
}

fn find_venue(path: &Path) -> io::Result<Numbering> {
    let mut lines = open_lines(path)?;
    let mut buffer = Vec::new();
    let mut is_binance = false;
    for _ in 0..VENUE_LINES {
        buffer.clear();
        match lines.by_ref().take(1 << 25).read_until(b'\n', &mut buffer) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
        let Ok((_, json)) =
            split_line(&String::from_utf8_lossy(&buffer)).map(|(t, j)| (t, j.to_owned()))
        else {
            continue;
        };
        let Ok(value) = serde_json::from_str::<Value>(&json) else {
            continue;
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
    Err(io::Error::other(
        "not a recording that is known here: expected hftbacktest's collector format (lines of `local_timestamp_ns {json}` from Binance USD-M, Binance spot or Bybit) or an event array (.npz, .npy)",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::synth;
    use super::*;

    #[test]
    fn a_usdm_recording_is_recognised_by_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("anything.bin");
        synth::write_lines(&path, &synth::usdm_lines("BTCUSDT", 1_000_000_000, 4)).unwrap();
        let recording = detect(&path, None).unwrap();
        assert_eq!(recording.format, Format::Text(Numbering::BinanceUsdm));
        assert_eq!(recording.symbols.all(), ["BTCUSDT"]);
        assert_eq!(recording.px_step, [Px::SCALE / 10]);
        assert_eq!(recording.qty_step, [Px::SCALE / 100]);
    }

    #[test]
    fn spot_and_bybit_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gz");
        let spot = r#"{"stream":"btcusdt@bookTicker","data":{"u":3,"s":"BTCUSDT","b":"1","B":"2","a":"3","A":"4"}}"#;
        synth::write_lines(&path, &[(1, spot.into())]).unwrap();
        assert_eq!(
            detect(&path, None).unwrap().format,
            Format::Text(Numbering::BinanceSpot)
        );
        let bybit = r#"{"topic":"orderbook.50.ETHUSDT","type":"snapshot","ts":3,"data":{"s":"ETHUSDT","b":[["1","2"]],"a":[],"u":7,"seq":9}}"#;
        std::fs::write(&path, format!("1 {bybit}\n")).unwrap();
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
