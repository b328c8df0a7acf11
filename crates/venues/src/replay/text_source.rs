//! A collector's recording: lines of `local_timestamp_ns {json}`, compressed or not.

use std::io;
use std::path::{Path, PathBuf};

use super::binance_json::BinanceParser;
use super::binance_spot::BinanceSpot;
use super::binance_usdm::BinanceUsdm;
use super::bybit;
use super::local_time;
use super::parse_error::ParseError;
use super::recorded_lines::RecordedLines;
use super::source::{Source, SourceError};
use super::symbols::Symbols;
use super::unread::Unread;
use crate::kit::book::depth_sequencer::Numbering;
use crate::kit::book::message::Message;

/// Splits a line into its time of receipt, Unix nanoseconds, and its JSON.
///
/// # Errors
/// When there is no time or no JSON, or the unit of the time is not known.
pub fn split_line(line: &[u8]) -> Result<(i64, &str), ParseError> {
    let line = std::str::from_utf8(line).map_err(|_| ParseError::Line)?;
    let (time, json) = line.trim().split_once(' ').ok_or(ParseError::Line)?;
    Ok((local_time::from_digits(time)?, json.trim_start()))
}

/// One text recording.
pub struct TextSource {
    path: PathBuf,
    lines: RecordedLines,
    parser: Parser,
    /// The numbers of the file's symbols in the whole replay.
    numbers: Vec<usize>,
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
            lines: RecordedLines::open(path)?,
            parser: Parser {
                numbering,
                binance: BinanceParser::default(),
                own,
            },
            numbers: Vec::new(),
            line: 0,
        })
    }

    fn file_error(&self, error: io::Error) -> SourceError {
        SourceError::File {
            path: self.path.clone(),
            error,
        }
    }
}

/// Reads the lines of one venue.
struct Parser {
    numbering: Numbering,
    binance: BinanceParser,
    /// The symbols of the file.
    own: Symbols,
}

impl Parser {
    fn parse(&mut self, line: &[u8]) -> Result<Option<Message>, ParseError> {
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let (local_ts, json) = split_line(line)?;
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
            self.line += 1;
            let parsed = match self.lines.next_line() {
                Ok(Some(line)) => self.parser.parse(line),
                Ok(None) => return Ok(None),
                Err(error) => return Err(self.file_error(error)),
            };
            let parsed = match parsed {
                Ok(parsed) => parsed,
                Err(error) => {
                    if error.is_no_text() {
                        let looked = self.lines.reject_line();
                        looked.map_err(|error| self.file_error(error))?;
                    }
                    return Err(SourceError::Line {
                        path: self.path.clone(),
                        line: self.line,
                        error,
                    });
                }
            };
            let Some(mut message) = parsed else { continue };
            let own = &self.parser.own;
            while self.numbers.len() < own.all().len() {
                self.numbers
                    .push(symbols.intern(own.name(self.numbers.len())));
            }
            message.symbol = self.numbers[message.symbol];
            return Ok(Some(message));
        }
    }

    fn unread(&self) -> Unread {
        self.lines.unread()
    }
}
