//! hftbacktest's event arrays: `.npy`, or the first array of an `.npz`.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;
use hftbacktest::types::LOCAL_EVENT;

use super::message::{ArrayEvent, Body, Message};
use super::source::{Source, SourceError};
use super::symbols::Symbols;

/// Bytes of one event.
const EVENT_BYTES: usize = 64;
/// Events that come at the same time are one message, up to this many.
const GROUP_MAX: usize = 4096;
/// The columns in their order, as numpy writes them.
const COLUMNS: [(&str, &str); 8] = [
    ("ev", "<u8"),
    ("exch_ts", "<i8"),
    ("local_ts", "<i8"),
    ("px", "<f8"),
    ("qty", "<f8"),
    ("order_id", "<u8"),
    ("ival", "<i8"),
    ("fval", "<f8"),
];

/// One event array.
pub struct ArraySource {
    path: PathBuf,
    symbol: String,
    data: Box<dyn Read>,
    rows_left: usize,
    held: Option<(i64, ArrayEvent)>,
}

impl ArraySource {
    /// Opens an array and checks its columns.
    ///
    /// # Errors
    /// When the file cannot be read or is no array of hftbacktest events.
    pub fn open(path: &Path, symbol: &str) -> io::Result<Self> {
        let mut data = open_array(path)?;
        let rows_left = read_header(&mut data)?;
        Ok(Self {
            path: path.to_owned(),
            symbol: symbol.to_owned(),
            data,
            rows_left,
            held: None,
        })
    }

    fn read_event(&mut self) -> io::Result<Option<(i64, ArrayEvent)>> {
        while self.rows_left > 0 {
            let mut row = [0u8; EVENT_BYTES];
            self.data.read_exact(&mut row)?;
            self.rows_left -= 1;
            let word = |index: usize| {
                let mut bytes = [0u8; 8];
                bytes.copy_from_slice(&row[index * 8..index * 8 + 8]);
                bytes
            };
            let ev = u64::from_le_bytes(word(0));
            // What only the exchange's side of a backtest sees never reached a recorder.
            if ev & LOCAL_EVENT == 0 {
                continue;
            }
            let event = ArrayEvent {
                ev,
                exch_ts: i64::from_le_bytes(word(1)),
                px: f64::from_le_bytes(word(3)),
                qty: f64::from_le_bytes(word(4)),
            };
            return Ok(Some((i64::from_le_bytes(word(2)), event)));
        }
        Ok(None)
    }
}

impl Source for ArraySource {
    fn next(&mut self, symbols: &mut Symbols) -> Result<Option<Message>, SourceError> {
        let file = |path: &Path, error| SourceError::File {
            path: path.to_owned(),
            error,
        };
        let first = match self.held.take() {
            Some(held) => Some(held),
            None => self.read_event().map_err(|error| file(&self.path, error))?,
        };
        let Some((local_ts, event)) = first else {
            return Ok(None);
        };
        let mut events = vec![event];
        while events.len() < GROUP_MAX {
            match self.read_event().map_err(|error| file(&self.path, error))? {
                Some((at, event)) if at == local_ts => events.push(event),
                other => {
                    self.held = other;
                    break;
                }
            }
        }
        let symbol = symbols.intern(&self.symbol);
        Ok(Some(Message {
            local_ts,
            symbol,
            body: Body::Array(events),
        }))
    }
}

fn invalid(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.into())
}

/// The bytes of the array, unpacked while they are read.
fn open_array(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = File::open(path)?;
    let mut magic = [0u8; 2];
    file.read_exact(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    if magic != *b"PK" {
        return Ok(Box::new(BufReader::with_capacity(1 << 16, file)));
    }
    let mut archive =
        zip::ZipArchive::new(BufReader::new(file.try_clone()?)).map_err(io::Error::other)?;
    if archive.is_empty() {
        return Err(invalid("the archive holds no array"));
    }
    let index = archive.index_for_name("data.npy").unwrap_or(0);
    let member = archive.by_index_raw(index).map_err(io::Error::other)?;
    let (start, bytes, method) = (
        member.data_start(),
        member.compressed_size(),
        member.compression(),
    );
    drop(member);
    file.seek(SeekFrom::Start(start))?;
    let packed = BufReader::with_capacity(1 << 16, file.take(bytes));
    match method {
        zip::CompressionMethod::Stored => Ok(Box::new(packed)),
        zip::CompressionMethod::Deflated => Ok(Box::new(BufReader::with_capacity(
            1 << 16,
            DeflateDecoder::new(packed),
        ))),
        other => Err(invalid(format!(
            "the archive is packed with {other:?}, not deflate"
        ))),
    }
}

/// Reads the header and returns the number of rows.
fn read_header(data: &mut impl Read) -> io::Result<usize> {
    let mut start = [0u8; 8];
    data.read_exact(&mut start)?;
    if !start.starts_with(b"\x93NUMPY") {
        return Err(invalid("this is not a numpy array"));
    }
    let len = if start[6] == 1 {
        let mut len = [0u8; 2];
        data.read_exact(&mut len)?;
        usize::from(u16::from_le_bytes(len))
    } else {
        let mut len = [0u8; 4];
        data.read_exact(&mut len)?;
        u32::from_le_bytes(len) as usize
    };
    if len > 1 << 16 {
        return Err(invalid("the header of the array is too long"));
    }
    let mut header = vec![0u8; len];
    data.read_exact(&mut header)?;
    let header = String::from_utf8_lossy(&header)
        .replace(' ', "")
        .replace('"', "'");
    let columns: String = COLUMNS
        .iter()
        .map(|(name, kind)| format!("('{name}','{kind}'),"))
        .collect();
    if !header.contains(columns.trim_end_matches(',')) {
        return Err(invalid(
            "the columns are not those of an hftbacktest 2 event array (ev, exch_ts, local_ts, px, qty, order_id, ival, fval); convert the file with hftbacktest",
        ));
    }
    if header.contains("'fortran_order':True") {
        return Err(invalid("the array is in Fortran order"));
    }
    let rows = header
        .split_once("'shape':(")
        .and_then(|(_, rest)| rest.split_once(')'))
        .and_then(|(shape, _)| shape.trim_end_matches(',').parse().ok());
    rows.ok_or_else(|| invalid("the array does not have one dimension"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venues::replay::synth;
    use hftbacktest::types::{EXCH_EVENT, LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT};

    fn events() -> Vec<hftbacktest::types::Event> {
        let event = |ev, local_ts, px| hftbacktest::types::Event {
            ev,
            exch_ts: local_ts - 5,
            local_ts,
            px,
            qty: 1.5,
            order_id: 0,
            ival: 0,
            fval: 0.0,
        };
        vec![
            event(LOCAL_BID_DEPTH_EVENT | EXCH_EVENT, 10, 1.0),
            event(LOCAL_BID_DEPTH_EVENT, 10, 2.0),
            event(EXCH_EVENT | 1, 11, 3.0),
            event(LOCAL_BUY_TRADE_EVENT, 12, 4.0),
        ]
    }

    fn read(path: &Path) -> io::Result<Vec<(i64, Vec<f64>)>> {
        let mut source = ArraySource::open(path, "X")?;
        let mut symbols = Symbols::default();
        let mut all = Vec::new();
        while let Some(message) = source.next(&mut symbols).map_err(io::Error::other)? {
            let Body::Array(events) = message.body else {
                panic!()
            };
            all.push((
                message.local_ts,
                events.iter().map(|event| event.px).collect(),
            ));
        }
        Ok(all)
    }

    #[test]
    fn npy_and_npz_give_the_local_events_grouped_by_time() {
        let folder = tempfile::tempdir().unwrap();
        let expected = vec![(10, vec![1.0, 2.0]), (12, vec![4.0])];
        for (name, packed) in [
            ("a.npy", None),
            ("a.npz", Some(false)),
            ("b.npz", Some(true)),
        ] {
            let path = folder.path().join(name);
            synth::write_array(&path, &events(), packed).unwrap();
            assert_eq!(read(&path).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn other_arrays_are_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 6), }";
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        std::fs::write(&path, bytes).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("columns"));
        std::fs::write(&path, b"garbage that is no array").unwrap();
        assert!(read(&path).is_err());
    }

    #[test]
    fn a_cut_array_is_an_error_not_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        synth::write_array(&path, &events(), None).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
        assert!(read(&path).is_err());
    }
}
