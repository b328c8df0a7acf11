//! hftbacktest's event arrays: `.npy`, or the first array of an `.npz`.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use hftbacktest::types::LOCAL_EVENT;

use super::local_time;
use super::source::{Source, SourceError};
use super::symbols::Symbols;
use super::unread::Unread;
use crate::kit::book::message::{ArrayEvent, Body, Message};

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
    data: Data,
    rows_left: usize,
    held: Option<(i64, ArrayEvent)>,
    /// Nanoseconds of the unit of its times, known with the first event.
    unit_ns: Option<i64>,
    /// Why it cannot be read on, reported after the events before.
    failure: Option<io::Error>,
    unread: Unread,
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
            unread: Unread::default(),
            data,
            rows_left,
            held: None,
            unit_ns: None,
            failure: None,
        })
    }

    /// The next event of the local side, `None` at the end and where the array cannot be read on.
    fn next_event(&mut self) -> Option<(i64, ArrayEvent)> {
        if self.failure.is_some() {
            return None;
        }
        self.read_event().unwrap_or_else(|error| {
            self.unread.lines += self.rows_left as u64;
            self.rows_left = 0;
            self.failure = Some(error);
            None
        })
    }

    fn read_event(&mut self) -> io::Result<Option<(i64, ArrayEvent)>> {
        while self.rows_left > 0 {
            let mut row = [0u8; EVENT_BYTES];
            self.data.read_exact(&mut row).map_err(in_words)?;
            self.rows_left -= 1;
            let word = |index: usize| {
                let mut bytes = [0u8; 8];
                bytes.copy_from_slice(&row[index * 8..index * 8 + 8]);
                bytes
            };
            let ev = u64::from_le_bytes(word(0));
            // A block that was never written.
            if row == [0; EVENT_BYTES] {
                self.unread.lines += 1;
                continue;
            }
            // What only the exchange's side of a backtest sees never reached a recorder.
            if ev & LOCAL_EVENT == 0 {
                continue;
            }
            let local_ts = i64::from_le_bytes(word(2));
            let unit_ns = match self.unit_ns {
                Some(unit_ns) => unit_ns,
                None => *self.unit_ns.insert(array_unit_ns(local_ts)?),
            };
            let event = ArrayEvent {
                ev,
                exch_ts: i64::from_le_bytes(word(1)).saturating_mul(unit_ns),
                px: f64::from_le_bytes(word(3)),
                qty: f64::from_le_bytes(word(4)),
            };
            return Ok(Some((local_ts.saturating_mul(unit_ns), event)));
        }
        self.finish()?;
        Ok(None)
    }

    /// Looks at what stands behind the last row, and at the check sum.
    fn finish(&mut self) -> io::Result<()> {
        self.unread.bytes += io::copy(&mut self.data, &mut io::sink())?;
        let is_sound = self.data.expected.take();
        let is_cut = std::mem::take(&mut self.data.is_cut);
        if is_cut || is_sound.is_some_and(|sum| sum != self.data.sum.sum()) {
            self.unread.breaks += 1;
        }
        Ok(())
    }
}

fn in_words(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => invalid("the array ends before its last row"),
        _ => error,
    }
}

/// An array may count its nanoseconds from anywhere, as made-up ones do.
fn array_unit_ns(first: i64) -> io::Result<i64> {
    match local_time::unit_ns(first) {
        Some(1_000_000_000) => Err(invalid(format!(
            "its times begin with {first}: these may be seconds, or nanoseconds that do not count from 1970; give Unix time in nanoseconds, microseconds or milliseconds"
        ))),
        Some(unit_ns) => Ok(unit_ns),
        None => Ok(1),
    }
}

impl Source for ArraySource {
    fn next(&mut self, symbols: &mut Symbols) -> Result<Option<Message>, SourceError> {
        let first = self.held.take().or_else(|| self.next_event());
        let Some((local_ts, event)) = first else {
            return match self.failure.take() {
                Some(error) => Err(SourceError::File {
                    path: self.path.clone(),
                    error,
                }),
                None => Ok(None),
            };
        };
        let mut events = vec![event];
        while events.len() < GROUP_MAX {
            match self.next_event() {
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

    fn unread(&self) -> Unread {
        self.unread
    }
}

/// The bytes of an array, unpacked and summed up while they are read.
struct Data {
    bytes: Box<dyn Read>,
    sum: Crc,
    /// The check sum in an archive.
    expected: Option<u32>,
    /// True when the end of the archive is not there.
    is_cut: bool,
}

impl Read for Data {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        if self.expected.is_some() {
            self.sum.update(&buffer[..read]);
        }
        Ok(read)
    }
}

fn invalid(text: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.into())
}

fn open_array(path: &Path) -> io::Result<Data> {
    let mut file = File::open(path)?;
    let mut magic = [0u8; 2];
    file.read_exact(&mut magic)?;
    file.seek(SeekFrom::Start(0))?;
    if magic != *b"PK" {
        return Ok(Data {
            bytes: Box::new(BufReader::with_capacity(1 << 16, file)),
            sum: Crc::new(),
            expected: None,
            is_cut: false,
        });
    }
    let member = match zip::ZipArchive::new(BufReader::new(file.try_clone()?)) {
        Ok(archive) => listed_member(archive)?,
        // The list of an archive stands at its end: this one breaks off.
        Err(error) => first_member(&mut file).map_err(|_| io::Error::other(error))?,
    };
    file.seek(SeekFrom::Start(member.start))?;
    let packed = BufReader::with_capacity(1 << 16, file.take(member.bytes.unwrap_or(u64::MAX)));
    let bytes: Box<dyn Read> = match member.method {
        zip::CompressionMethod::Stored => Box::new(packed),
        zip::CompressionMethod::Deflated => Box::new(BufReader::with_capacity(
            1 << 16,
            DeflateDecoder::new(packed),
        )),
        other => {
            return Err(invalid(format!(
                "the archive is packed with {other:?}, not deflate"
            )));
        }
    };
    Ok(Data {
        bytes,
        sum: Crc::new(),
        expected: member.sum,
        is_cut: member.bytes.is_none(),
    })
}

/// The place of the array in an archive.
struct ZipMember {
    start: u64,
    /// `None`: to the end of the file.
    bytes: Option<u64>,
    method: zip::CompressionMethod,
    sum: Option<u32>,
}

fn listed_member<R: Read + Seek>(mut archive: zip::ZipArchive<R>) -> io::Result<ZipMember> {
    if archive.is_empty() {
        return Err(invalid("the archive holds no array"));
    }
    let index = archive.index_for_name("data.npy").unwrap_or(0);
    let member = archive.by_index_raw(index).map_err(io::Error::other)?;
    Ok(ZipMember {
        start: member.data_start(),
        bytes: Some(member.compressed_size()),
        method: member.compression(),
        sum: Some(member.crc32()),
    })
}

/// The member at the beginning of an archive without its list.
fn first_member(file: &mut File) -> io::Result<ZipMember> {
    let mut head = [0u8; 30];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut head)?;
    let half = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
    if !head.starts_with(b"PK\x03\x04") {
        return Err(invalid("this is no archive"));
    }
    Ok(ZipMember {
        start: 30 + u64::from(half(26)) + u64::from(half(28)),
        bytes: None,
        method: match half(8) {
            0 => zip::CompressionMethod::Stored,
            8 => zip::CompressionMethod::Deflated,
            other => {
                return Err(invalid(format!(
                    "the archive is packed with method {other}"
                )));
            }
        },
        sum: None,
    })
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
    use crate::replay::synth;
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

    fn unread(path: &Path) -> (usize, Unread) {
        let mut source = ArraySource::open(path, "X").unwrap();
        let (mut symbols, mut events) = (Symbols::default(), 0);
        while let Ok(Some(message)) = source.next(&mut symbols) {
            let Body::Array(more) = message.body else {
                panic!()
            };
            events += more.len();
        }
        (events, source.unread())
    }

    #[test]
    fn what_cannot_be_read_of_an_array_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let counts = |lines, bytes, breaks| Unread {
            lines,
            bytes,
            breaks,
        };
        synth::write_array(&path, &events(), None).unwrap();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(unread(&path), (3, counts(0, 0, 0)));
        // Rows behind those of the header, a block of NUL, and an end that is missing.
        std::fs::write(&path, [whole.clone(), vec![1; 70]].concat()).unwrap();
        assert_eq!(unread(&path), (3, counts(0, 70, 0)));
        let mut nul = whole.clone();
        let rows = whole.len() - 4 * EVENT_BYTES;
        nul[rows + EVENT_BYTES..rows + 2 * EVENT_BYTES].fill(0);
        std::fs::write(&path, nul).unwrap();
        assert_eq!(unread(&path), (2, counts(1, 0, 0)));
        std::fs::write(&path, &whole[..rows + EVENT_BYTES + 9]).unwrap();
        assert_eq!(unread(&path), (1, counts(3, 0, 0)));
    }

    #[test]
    fn an_archive_is_read_without_its_list_and_its_check_sum_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        for deflate in [false, true] {
            synth::write_array(&path, &events(), Some(deflate)).unwrap();
            let whole = std::fs::read(&path).unwrap();
            assert_eq!(unread(&path).1, Unread::default());
            let list = whole.windows(4).rposition(|bytes| bytes == b"PK\x01\x02");
            std::fs::write(&path, &whole[..list.unwrap()]).unwrap();
            let (events, damage) = unread(&path);
            assert_eq!((events, damage.breaks), (3, 1), "packed: {deflate}");
        }
        synth::write_array(&path, &events(), Some(false)).unwrap();
        let mut whole = std::fs::read(&path).unwrap();
        let qty = 1.5f64.to_le_bytes();
        let at = whole.windows(8).position(|bytes| bytes == qty).unwrap();
        whole[at] ^= 1;
        std::fs::write(&path, whole).unwrap();
        assert_eq!(unread(&path).1.breaks, 1);
    }

    #[test]
    fn times_of_an_array_are_recognised_by_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let first = |local_ts| {
            let mut events = events();
            for event in &mut events {
                event.local_ts += local_ts - 10;
            }
            synth::write_array(&path, &events, None).unwrap();
            read(&path).map(|groups| groups[0].0)
        };
        let ms = 1_723_075_200_103;
        assert_eq!(first(ms).unwrap(), ms * 1_000_000);
        assert_eq!(first(ms * 1_000).unwrap(), ms * 1_000_000);
        assert_eq!(first(ms * 1_000_000).unwrap(), ms * 1_000_000);
        assert_eq!(first(10).unwrap(), 10);
        let refused = first(ms / 1_000).unwrap_err().to_string();
        assert!(refused.contains("seconds"), "{refused}");
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
