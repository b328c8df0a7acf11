//! The least that any bot has to do: find a small best ask in the text of a frame, and fill its price into an
//! order frame that lies ready.

use crate::{
    bybit_quotes::{CHEAP_QTY, SYMBOL},
    web_socket::frame,
};

/// Characters of a price: those of the quotes have no fewer.
const PRICE: &str = "0.0000";
/// Digits of a Unix time in milliseconds, and of the number of an order.
const DIGITS: usize = 13;

/// Finds the ask that calls for an order.
pub struct AskFinder {
    after_price: String,
}

impl Default for AskFinder {
    fn default() -> Self {
        Self {
            after_price: format!(r#"","{CHEAP_QTY}"]"#),
        }
    }
}

impl AskFinder {
    /// The price of that ask; `None` when there is none in the message.
    #[must_use]
    pub fn price<'a>(&self, message: &'a str) -> Option<&'a str> {
        let at = message.find(&self.after_price)?;
        message.get(at.checked_sub(PRICE.len())?..at)
    }
}

/// The frame of an order that buys.
pub struct OrderFrame {
    bytes: Vec<u8>,
    price: usize,
    time: usize,
    numbers: [usize; 2],
}

impl Default for OrderFrame {
    fn default() -> Self {
        let zeros = "0".repeat(DIGITS);
        let text = format!(
            r#"{{"reqId":"{zeros}","header":{{"X-BAPI-TIMESTAMP":"{zeros}","X-BAPI-RECV-WINDOW":"5000"}},"op":"order.create","args":[{{"category":"linear","symbol":"{SYMBOL}","side":"Buy","orderType":"Limit","qty":"5","price":"{PRICE}","timeInForce":"IOC","orderLinkId":"floor-{zeros}"}}]}}"#
        );
        let bytes = frame(&text, Some([0; 4]));
        let head = bytes.len() - text.len();
        let after = |key: &str| text.find(key).map_or(0, |at| head + at + key.len());
        Self {
            price: after(r#""price":""#),
            time: after(r#""X-BAPI-TIMESTAMP":""#),
            numbers: [after(r#""reqId":""#), after(r#""orderLinkId":"floor-"#)],
            bytes,
        }
    }
}

impl OrderFrame {
    /// The bytes of order `number` at a price that [`AskFinder`] has found.
    pub fn fill(&mut self, price: &str, number: u64, unix_ms: u64) -> &[u8] {
        if price.len() == PRICE.len() {
            self.bytes[self.price..self.price + PRICE.len()].copy_from_slice(price.as_bytes());
        }
        self.digits(self.time, unix_ms);
        for at in self.numbers {
            self.digits(at, number);
        }
        &self.bytes
    }

    fn digits(&mut self, at: usize, mut value: u64) {
        for digit in self.bytes[at..at + DIGITS].iter_mut().rev() {
            *digit = b'0' + u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::bybit_quotes::{ask_tick, delta, snapshot, tick_of};

    #[test]
    fn only_a_cheap_ask_is_found_and_it_is_that_of_the_frame() {
        let finder = AskFinder::default();
        for n in 0..2_000 {
            let cheap = delta(n, true, 1);
            let tick = finder.price(&cheap).and_then(tick_of);
            assert_eq!(tick, Some(ask_tick(n)), "{cheap}");
            assert_eq!(finder.price(&delta(n, false, 1)), None);
        }
        assert_eq!(finder.price(&snapshot(1)), None);
    }

    #[test]
    fn an_order_is_json_with_what_was_filled_in() {
        let mut order = OrderFrame::default();
        let bytes = order.fill("2.5007", 42, 1_700_000_000_123);
        assert_eq!(bytes[..4], [0x81, 0xfe, 0x01, 0x20 - 3]);
        let order: Value = serde_json::from_slice(&bytes[8..]).unwrap();
        assert_eq!(order["header"]["X-BAPI-TIMESTAMP"], "1700000000123");
        assert_eq!(order["reqId"], "0000000000042");
        assert_eq!(order["args"][0]["price"], "2.5007");
        assert_eq!(order["args"][0]["orderLinkId"], "floor-0000000000042");
    }
}
