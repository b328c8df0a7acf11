//! Symbols of a connector and the numbers of their instruments; looked up for every message.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

const KEY_BYTES: usize = 24;
/// The last byte of a key is the length, so that no two symbols share one.
const SHORT_BYTES: usize = KEY_BYTES - 1;

/// A short symbol by value: a look-up reads one cache line. A `String` would need a second one, which is
/// seldom in the cache of a bot with many instruments.
type Key = (u64, u64, u64);

/// The symbols of one connector. They come from the bot's own configuration, so that their hashes
/// need no secret.
#[derive(Default)]
pub(crate) struct Symbols {
    short: FxHashMap<Key, usize>,
    long: HashMap<String, usize>,
}

#[inline]
fn key_of(symbol: &str) -> Option<Key> {
    let mut bytes = [0; KEY_BYTES];
    let len = u8::try_from(symbol.len()).ok()?;
    bytes[..SHORT_BYTES]
        .get_mut(..symbol.len())?
        .copy_from_slice(symbol.as_bytes());
    bytes[SHORT_BYTES] = len;
    let (words, _) = bytes.as_chunks::<8>();
    Some((
        u64::from_ne_bytes(words[0]),
        u64::from_ne_bytes(words[1]),
        u64::from_ne_bytes(words[2]),
    ))
}

impl Symbols {
    pub(crate) fn insert(&mut self, symbol: String, asset: usize) {
        match key_of(&symbol) {
            Some(key) => self.short.insert(key, asset),
            None => self.long.insert(symbol, asset),
        };
    }

    #[inline]
    pub(crate) fn get(&self, symbol: &str) -> Option<usize> {
        match key_of(symbol) {
            Some(key) => self.short.get(&key).copied(),
            None => self.long.get(symbol).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Symbols;

    #[test]
    fn every_symbol_is_found_by_itself_alone() {
        let long = "X".repeat(23);
        let longer = "X".repeat(24);
        let longest = "X".repeat(300);
        let names = ["", "A", "A\0", "\0", "AB", &long, &longer, &longest];
        let mut symbols = Symbols::default();
        for (asset, name) in names.iter().enumerate() {
            assert_eq!(symbols.get(name), None);
            symbols.insert((*name).to_owned(), asset);
        }
        for (asset, name) in names.iter().enumerate() {
            assert_eq!(symbols.get(name), Some(asset), "{name:?}");
        }
        assert_eq!(symbols.get("B"), None);
    }
}
