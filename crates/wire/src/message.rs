//! Messages as programs of this package write them to each other: several to a slot, one after the other.
//!
//! A message is the length of what follows (two bytes), a kind, and its bytes. Market data, which is
//! nearly all of it, has a layout of its own; the rest is hftbacktest's encoding. Integers are little
//! endian.

use hftbacktest::types::Event;

use crate::{
    codec::{DecodeError, WireEvent, WireEventRef, decode_event, encode},
    service::PREFIX_BYTES,
};

/// hftbacktest's encoding.
const BINCODE: u8 = 0;
/// Length of the symbol, symbol, `ev`, `exch_ts`, `local_ts`, `px`, `qty`.
const FEED: u8 = 1;
/// The same, then `order_id`, `ival`, `fval`.
const FULL_FEED: u8 = 2;

const WORD_BYTES: usize = 8;
const FEED_WORDS: usize = 5;
const FULL_FEED_WORDS: usize = 8;

/// Appends a message to `out` and returns its length; `None` when it does not fit.
#[inline]
pub(crate) fn put(message: &WireEventRef<'_>, out: &mut [u8]) -> Option<usize> {
    if let WireEventRef::Feed { symbol, event } = message {
        return put_feed(symbol, event, out);
    }
    let len = 1 + encode(message, out.get_mut(PREFIX_BYTES..)?).ok()?;
    put_prefix(len, BINCODE, out)
}

fn put_prefix(len: usize, kind: u8, out: &mut [u8]) -> Option<usize> {
    out[..2].copy_from_slice(&u16::try_from(len).ok()?.to_le_bytes());
    out[2] = kind;
    Some(2 + len)
}

#[inline]
fn put_feed(symbol: &str, event: &Event, out: &mut [u8]) -> Option<usize> {
    let words = [
        event.ev,
        event.exch_ts.cast_unsigned(),
        event.local_ts.cast_unsigned(),
        event.px.to_bits(),
        event.qty.to_bits(),
        event.order_id,
        event.ival.cast_unsigned(),
        event.fval.to_bits(),
    ];
    let (kind, words) = if words[FEED_WORDS..] == [0; FULL_FEED_WORDS - FEED_WORDS] {
        (FEED, &words[..FEED_WORDS])
    } else {
        (FULL_FEED, &words[..])
    };
    let symbol_end = PREFIX_BYTES + 1 + symbol.len();
    let end = symbol_end + WORD_BYTES * words.len();
    let out = out.get_mut(..end)?;
    out[PREFIX_BYTES] = u8::try_from(symbol.len()).ok()?;
    out[PREFIX_BYTES + 1..symbol_end].copy_from_slice(symbol.as_bytes());
    let (places, _) = out[symbol_end..].as_chunks_mut::<WORD_BYTES>();
    for (place, word) in places.iter_mut().zip(words) {
        *place = word.to_le_bytes();
    }
    put_prefix(end - 2, kind, out)
}

/// Cuts the first message, without its length, off `bytes`; `None` when that length is false.
#[inline]
pub(crate) fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_le_bytes(*len)))
}

/// Reads a message that [`split`] has cut off.
///
/// # Errors
/// [`DecodeError`] for foreign or damaged bytes.
#[inline]
pub(crate) fn read(message: &[u8]) -> Result<WireEvent<'_>, DecodeError> {
    match message.split_first() {
        Some((&BINCODE, bytes)) => decode_event(bytes, bytes.len()),
        Some((&FEED, bytes)) => read_feed::<FEED_WORDS>(bytes),
        Some((&FULL_FEED, bytes)) => read_feed::<FULL_FEED_WORDS>(bytes),
        Some((&kind, _)) => Err(DecodeError::Kind(kind)),
        None => Err(DecodeError::Length(0)),
    }
}

#[inline]
fn read_feed<const WORDS: usize>(bytes: &[u8]) -> Result<WireEvent<'_>, DecodeError> {
    let fail = || DecodeError::Length(bytes.len());
    let (&len, bytes) = bytes.split_first().ok_or_else(fail)?;
    let (symbol, bytes) = bytes.split_at_checked(usize::from(len)).ok_or_else(fail)?;
    let (words, []) = bytes.as_chunks::<WORD_BYTES>() else {
        return Err(fail());
    };
    let words: &[[u8; WORD_BYTES]; WORDS] = words.try_into().map_err(|_| fail())?;
    let word = |at: usize| words.get(at).map_or(0, |bytes| u64::from_le_bytes(*bytes));
    Ok(WireEvent::Feed {
        symbol: core::str::from_utf8(symbol)?,
        event: Event {
            ev: word(0),
            exch_ts: word(1).cast_signed(),
            local_ts: word(2).cast_signed(),
            px: f64::from_bits(word(3)),
            qty: f64::from_bits(word(4)),
            order_id: word(5),
            ival: word(6).cast_signed(),
            fval: f64::from_bits(word(7)),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(fval: f64) -> Event {
        Event {
            ev: u64::MAX,
            exch_ts: i64::MIN,
            local_ts: -1,
            px: -0.0,
            qty: f64::MIN_POSITIVE,
            order_id: 0,
            ival: 0,
            fval,
        }
    }

    fn feed_of(event: &Event) -> ([u8; 256], usize) {
        let mut bytes = [0xaa; 256];
        let symbol = "BTCUSDT";
        let len = put(&WireEventRef::Feed { symbol, event }, &mut bytes).unwrap();
        (bytes, len)
    }

    #[test]
    fn market_data_comes_back_bit_by_bit_and_takes_only_what_it_needs() {
        for (sent, len) in [
            (event(0.0), 51),
            (event(-0.0), 75),
            (event(f64::NAN), 75),
            (
                Event {
                    order_id: 1,
                    ..event(0.0)
                },
                75,
            ),
            (
                Event {
                    ival: -1,
                    ..event(0.0)
                },
                75,
            ),
        ] {
            let (bytes, written) = feed_of(&sent);
            assert_eq!(written, len, "{sent:?}");
            let (message, rest) = split(&bytes).unwrap();
            assert_eq!(rest.len(), bytes.len() - written);
            let WireEvent::Feed { symbol, event } = read(message).unwrap() else {
                panic!("not market data");
            };
            assert_eq!(symbol, "BTCUSDT");
            let bits = |e: &Event| {
                let floats = [e.px, e.qty, e.fval].map(f64::to_bits);
                (e.ev, e.exch_ts, e.local_ts, e.order_id, e.ival, floats)
            };
            assert_eq!(bits(&event), bits(&sent));
        }
    }

    #[test]
    fn messages_follow_each_other() {
        let mut bytes = [0; 100];
        let first = put(&WireEventRef::BatchStart, &mut bytes).unwrap();
        let event = event(0.0);
        let feed = WireEventRef::Feed {
            symbol: "",
            event: &event,
        };
        let second = put(&feed, &mut bytes[first..]).unwrap();
        assert!(put(&feed, &mut bytes[first + second..first + second + 43]).is_none());
        let (message, rest) = split(&bytes[..first + second]).unwrap();
        assert!(matches!(read(message), Ok(WireEvent::BatchStart)));
        let (message, rest) = split(rest).unwrap();
        assert!(matches!(
            read(message),
            Ok(WireEvent::Feed { symbol: "", .. })
        ));
        assert!(rest.is_empty());
        assert!(split(rest).is_none());
    }

    #[test]
    fn damaged_bytes_are_an_error_and_nothing_else() {
        let (bytes, len) = feed_of(&event(1.0));
        let message = &bytes[2..len];
        for cut in 0..message.len() {
            assert!(read(&message[..cut]).is_err(), "{cut} bytes");
        }
        for byte in 0..=u8::MAX {
            let mut forged = message.to_vec();
            forged[0] = byte;
            assert_eq!(read(&forged).is_ok(), byte == FULL_FEED, "kind {byte}");
            forged[0] = FULL_FEED;
            forged[1] = byte;
            assert_eq!(read(&forged).is_ok(), byte == 7, "symbol of {byte}");
            forged[1] = 7;
            forged[2] = byte;
            assert_eq!(read(&forged).is_ok(), byte < 0x80, "symbol with {byte:#x}");
        }
        assert!(split(&[5, 0, 1, 2, 3, 4]).is_none());
        assert!(split(&[5]).is_none());
    }
}
