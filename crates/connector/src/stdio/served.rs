//! The symbols that are registered with the venue, and with which sizes.

use std::collections::HashMap;

use super::sizes::Sizes;

/// A symbol that the venue serves.
#[derive(Clone, Copy, Debug)]
struct Served {
    index: u32,
    /// As the other side gave them.
    given: Sizes,
    /// What it was registered with.
    sizes: (f64, f64),
}

/// The symbols that are registered with the venue.
#[derive(Debug, Default)]
pub struct ServedSymbols {
    by_name: HashMap<String, Served>,
    names: HashMap<u32, String>,
}

impl ServedSymbols {
    /// The venue's index of a symbol.
    pub fn index(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).map(|served| served.index)
    }

    /// The symbol of an index; empty when it is not known.
    pub fn name(&self, index: u32) -> &str {
        self.names.get(&index).map_or("", String::as_str)
    }

    /// The sizes asked for: those given now, else those given before.
    pub fn given(&self, name: &str, now: Sizes) -> Sizes {
        let before = self.by_name.get(name).map(|served| served.given);
        now.or(before.unwrap_or_default())
    }

    /// The index of a symbol that is registered with these sizes.
    pub fn with(&self, name: &str, sizes: Sizes) -> Option<u32> {
        let served = self.by_name.get(name)?;
        sizes.are(served.sizes).then_some(served.index)
    }

    /// The venue has accepted a symbol with these sizes.
    pub fn insert(&mut self, name: &str, index: u32, given: Sizes, sizes: (f64, f64)) {
        let served = Served {
            index,
            given,
            sizes,
        };
        self.by_name.insert(name.to_owned(), served);
        self.names.insert(index, name.to_owned());
    }
}
