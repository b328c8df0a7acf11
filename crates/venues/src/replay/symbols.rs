//! The symbols of a replay, numbered in the order in which they appear.

/// Symbols in upper case, as bots register them, numbered in the order in which they appear.
#[derive(Clone, Debug, Default)]
pub struct Symbols(Vec<String>);

impl Symbols {
    /// The number of a symbol, given one when it is new.
    pub fn intern(&mut self, symbol: &str) -> usize {
        match self
            .0
            .iter()
            .position(|known| known.eq_ignore_ascii_case(symbol))
        {
            Some(index) => index,
            None => {
                self.0.push(symbol.to_ascii_uppercase());
                self.0.len() - 1
            }
        }
    }

    /// The number of a known symbol; the case must fit.
    pub fn find(&self, symbol: &str) -> Option<usize> {
        self.0.iter().position(|known| known == symbol)
    }

    /// The symbol of a number.
    pub fn name(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }

    /// All symbols.
    pub fn all(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_upper_case_and_numbered_once() {
        let mut symbols = Symbols::default();
        assert_eq!(symbols.intern("btcusdt"), 0);
        assert_eq!(symbols.intern("ETHUSDT"), 1);
        assert_eq!(symbols.intern("BTCUSDT"), 0);
        assert_eq!(symbols.name(0), "BTCUSDT");
        assert_eq!(symbols.find("btcusdt"), None);
    }
}
