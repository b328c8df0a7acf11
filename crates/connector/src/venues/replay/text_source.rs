//! A collector's recording: lines of `local_timestamp_ns {json}`, compressed or not.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tracing::warn;

use super::binance_json::BinanceParser;
use super::binance_spot::BinanceSpot;
use super::binance_usdm::BinanceUsdm;
use super::bybit;
use super::depth_sequencer::Numbering;
use super::message::Message;
use super::parse_error::ParseError;
use super::source::{Source, SourceError};
use super::symbols::Symbols;

/// A line longer than this is no message of a venue.
const LINE_BYTES_MAX: u64 = 32 << 20;

/// Opens a text recording, compressed with gzip or plain.
///
/// # Errors
/// When the file cannot be read.
pub fn open_lines(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::with_capacity(
            1 << 16,
            MultiGzDecoder::new(file),
        )));
    }
    Ok(Box::new(file))
}

/// Splits a line into its time of receipt and its JSON.
///
/// # Errors
/// When there is no time or no JSON.
pub fn split_line(line: &str) -> Result<(i64, &str), ParseError> {
    let (time, json) = line.trim_end().split_once(' ').ok_or(ParseError::Line)?;
    let local_ts: i64 = time.parse().map_err(|_| ParseError::Line)?;
    // Early collectors wrote microseconds.
    let local_ts = if time.len() == 16 {
        local_ts * 1000
    } else {
        local_ts
    };
    Ok((local_ts, json.trim_start()))
}

/// One text recording.
pub struct TextSource {
    path: PathBuf,
    lines: Box<dyn BufRead>,
    numbering: Numbering,
    binance: BinanceParser,
    /// The symbols of this file and their numbers in the whole replay.
    own: Symbols,
    numbers: Vec<usize>,
    buffer: Vec<u8>,
    line: u64,
}

impl TextSource {
    /// Opens a recording whose format and symbols are known.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open(path: &Path, numbering: Numbering, own: Symbols) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            lines: open_lines(path)?,
            numbering,
            binance: BinanceParser::default(),
            own,
            numbers: Vec::new(),
            buffer: Vec::new(),
            line: 0,
        })
    }

    fn read_line(&mut self) -> io::Result<usize> {
        self.buffer.clear();
        self.line += 1;
        match self
            .lines
            .by_ref()
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut self.buffer)
        {
            // A recorder that was killed leaves a file without an end.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                warn!(path = %self.path.display(), line = self.line, "the file ends early");
                Ok(0)
            }
            other => other,
        }
    }

    fn parse(&mut self) -> Result<Option<Message>, ParseError> {
        let text = std::str::from_utf8(&self.buffer).map_err(|_| ParseError::Line)?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        let (local_ts, json) = split_line(text)?;
        match self.numbering {
            Numbering::BinanceUsdm => {
                self.binance
                    .parse::<BinanceUsdm>(local_ts, json, &mut self.own)
            }
            Numbering::BinanceSpot => {
                self.binance
                    .parse::<BinanceSpot>(local_ts, json, &mut self.own)
            }
            Numbering::Bybit => bybit::parse(local_ts, json, &mut self.own),
        }
    }
}

impl Source for TextSource {
    fn next(&mut self, symbols: &mut Symbols) -> Result<Option<Message>, SourceError> {
        loop {
            let read = self.read_line().map_err(|error| SourceError::File {
                path: self.path.clone(),
                error,
            })?;
            if read == 0 {
                return Ok(None);
            }
            let parsed = self.parse().map_err(|error| SourceError::Line {
                path: self.path.clone(),
                line: self.line,
                error,
            })?;
            let Some(mut message) = parsed else { continue };
            while self.numbers.len() < self.own.all().len() {
                let name = self.own.name(self.numbers.len()).to_owned();
                self.numbers.push(symbols.intern(&name));
            }
            message.symbol = self.numbers[message.symbol];
            return Ok(Some(message));
        }
    }
}
