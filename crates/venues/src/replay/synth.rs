//! Small recordings for tests: made up, and the same every time.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use hftbacktest::types::Event;

/// Writes lines as a collector does. Each is a time of receipt in nanoseconds and a JSON text.
///
/// # Errors
/// When the file cannot be written.
pub fn write_lines(path: &Path, lines: &[(i64, String)]) -> io::Result<()> {
    let mut file = GzEncoder::new(File::create(path)?, Compression::fast());
    for (local_ts, json) in lines {
        writeln!(file, "{local_ts} {json}")?;
    }
    file.finish()?;
    Ok(())
}

/// Lines of a made-up USD-M recording: two deltas, a snapshot that overlaps the second, then
/// `steps` times a delta, a best price and a trade. The bid moves up by one tick of 0.1 each step.
///
/// The last book is bid `100 + 0.1 × steps`, ask one tick above.
pub fn usdm_lines(symbol: &str, start_ns: i64, steps: u64) -> Vec<(i64, String)> {
    let stream = symbol.to_lowercase();
    let mut lines = Vec::new();
    let mut time = start_ns;
    let mut push = |lines: &mut Vec<(i64, String)>, json: String| {
        time += 1_000_000;
        lines.push((time, json));
    };
    let ms = start_ns / 1_000_000;
    let depth = |first: u64, last: u64, prev: u64, bids: &str, asks: &str| {
        format!(
            r#"{{"stream":"{stream}@depth@0ms","data":{{"e":"depthUpdate","E":{ms},"T":{ms},"s":"{symbol}","U":{first},"u":{last},"pu":{prev},"b":[{bids}],"a":[{asks}]}}}}"#
        )
    };
    push(&mut lines, depth(1, 5, 0, r#"["50.0","9.000"]"#, ""));
    push(&mut lines, depth(6, 12, 5, r#"["99.8","0.000"]"#, ""));
    push(
        &mut lines,
        format!(
            r#"{{"lastUpdateId":10,"E":{ms},"T":{ms},"bids":[["100.0","1.000"],["99.9","2.000"],["99.8","3.000"]],"asks":[["100.1","1.000"],["100.2","2.000"]]}}"#
        ),
    );
    let mut prev = 12;
    for step in 1..=steps {
        let last = prev + 4;
        let tenth = |tenths: u64| format!("{}.{}", tenths / 10, tenths % 10);
        let (bid, ask, next) = (tenth(1000 + step), tenth(1001 + step), tenth(1002 + step));
        push(
            &mut lines,
            format!(
                r#"{{"stream":"{stream}@bookTicker","data":{{"e":"bookTicker","u":{},"s":"{symbol}","b":"{bid}","B":"1.500","a":"{ask}","A":"1.250","T":{ms},"E":{ms}}}}}"#,
                prev + 2,
            ),
        );
        let bids = format!(r#"["{bid}","1.500"]"#);
        let asks = format!(
            r#"["{}","0.000"],["{ask}","1.250"],["{next}","2.000"]"#,
            tenth(1000 + step)
        );
        push(&mut lines, depth(prev + 1, last, prev, &bids, &asks));
        let sell = step % 2 == 0;
        push(
            &mut lines,
            format!(
                r#"{{"stream":"{stream}@trade","data":{{"e":"trade","E":{ms},"T":{ms},"s":"{symbol}","t":{step},"p":"{bid}","q":"0.010","X":"MARKET","m":{sell}}}}}"#
            ),
        );
        prev = last;
    }
    lines
}

/// Writes an event array: a `.npy`, or with `packed` an `.npz` (stored or deflated).
///
/// # Errors
/// When the file cannot be written.
pub fn write_array(path: &Path, events: &[Event], packed: Option<bool>) -> io::Result<()> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let mut header = format!(
        "{{'descr': [('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), ('qty', '<f8'), ('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')], 'fortran_order': False, 'shape': ({},), }}",
        events.len()
    );
    while !(10 + header.len() + 1).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    bytes.extend(
        u16::try_from(header.len())
            .map_err(io::Error::other)?
            .to_le_bytes(),
    );
    bytes.extend(header.as_bytes());
    for event in events {
        bytes.extend(event.ev.to_le_bytes());
        bytes.extend(event.exch_ts.to_le_bytes());
        bytes.extend(event.local_ts.to_le_bytes());
        bytes.extend(event.px.to_le_bytes());
        bytes.extend(event.qty.to_le_bytes());
        bytes.extend(event.order_id.to_le_bytes());
        bytes.extend(event.ival.to_le_bytes());
        bytes.extend(event.fval.to_le_bytes());
    }
    let Some(deflate) = packed else {
        return std::fs::write(path, bytes);
    };
    let mut archive = zip::ZipWriter::new(File::create(path)?);
    let method = if deflate {
        zip::CompressionMethod::Deflated
    } else {
        zip::CompressionMethod::Stored
    };
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    archive
        .start_file("data.npy", options)
        .map_err(io::Error::other)?;
    archive.write_all(&bytes)?;
    archive.finish().map_err(io::Error::other)?;
    Ok(())
}
