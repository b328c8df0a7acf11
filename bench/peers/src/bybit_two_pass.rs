//! The usual way with `serde_json`, which hftbacktest's own connector goes too: the text as a JSON
//! value, the value as a typed message with texts of its own, the texts as floats, and then
//! hftbacktest's fused book, which hands out the events.

use hftbacktest::{
    depth::FusedHashMapMarketDepth,
    types::{
        BUY_EVENT, DEPTH_EVENT, Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT,
        LOCAL_BUY_TRADE_EVENT, LOCAL_SELL_TRADE_EVENT, SELL_EVENT,
    },
};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

fn float<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read to the same extent as the venue sends it")]
struct Message<T> {
    topic: String,
    #[serde(rename = "type")]
    kind: String,
    ts: i64,
    data: T,
    cts: Option<i64>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read to the same extent as the venue sends it")]
struct Book {
    s: String,
    b: Vec<(String, String)>,
    a: Vec<(String, String)>,
    u: i64,
    seq: i64,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read to the same extent as the venue sends it")]
struct Trade {
    #[serde(rename = "T")]
    time: i64,
    s: String,
    #[serde(rename = "S")]
    side: String,
    #[serde(deserialize_with = "float")]
    v: f64,
    #[serde(deserialize_with = "float")]
    p: f64,
    #[serde(rename = "L")]
    direction: String,
    i: String,
    #[serde(rename = "BT")]
    block: bool,
}

/// The reader and its book.
pub struct TwoPass {
    depth: FusedHashMapMarketDepth,
    events: Vec<Event>,
}

impl Default for TwoPass {
    fn default() -> Self {
        Self {
            depth: FusedHashMapMarketDepth::new(0.05, 0.001),
            events: Vec::new(),
        }
    }
}

impl TwoPass {
    /// One frame: the events that it makes, valid until the next one.
    ///
    /// # Errors
    /// When the text is not the message that it should be.
    pub fn frame(&mut self, text: &str, local_ts: i64) -> Result<&[Event], serde_json::Error> {
        self.events.clear();
        let value: Value = serde_json::from_str(text)?;
        let is_book = value["topic"]
            .as_str()
            .is_some_and(|topic| topic.starts_with("orderbook"));
        if is_book {
            let message: Message<Book> = serde_json::from_value(value)?;
            self.book(&message, local_ts)?;
        } else {
            let message: Message<Vec<Trade>> = serde_json::from_value(value)?;
            self.trades(&message, local_ts);
        }
        Ok(&self.events)
    }

    fn book(&mut self, message: &Message<Book>, local_ts: i64) -> Result<(), serde_json::Error> {
        let exch_ts = message.cts.unwrap_or(message.ts) * 1_000_000;
        let number = |text: &str| text.parse::<f64>().map_err(serde_json::Error::custom);
        let event = |ev: u64, px: f64, qty: f64| event(ev, (exch_ts, local_ts), px, qty);
        for (px, qty) in &message.data.b {
            let level = event(
                LOCAL_BID_DEPTH_EVENT | BUY_EVENT | DEPTH_EVENT,
                number(px)?,
                number(qty)?,
            );
            self.events.extend(self.depth.update_bid_depth(level));
        }
        for (px, qty) in &message.data.a {
            let level = event(
                LOCAL_ASK_DEPTH_EVENT | SELL_EVENT | DEPTH_EVENT,
                number(px)?,
                number(qty)?,
            );
            self.events.extend(self.depth.update_ask_depth(level));
        }
        Ok(())
    }

    fn trades(&mut self, message: &Message<Vec<Trade>>, local_ts: i64) {
        for trade in &message.data {
            let ev = if trade.side == "Buy" {
                LOCAL_BUY_TRADE_EVENT
            } else {
                LOCAL_SELL_TRADE_EVENT
            };
            let times = (trade.time * 1_000_000, local_ts);
            self.events.push(event(ev, times, trade.p, trade.v));
        }
    }
}

fn event(ev: u64, (exch_ts, local_ts): (i64, i64), px: f64, qty: f64) -> Event {
    Event {
        ev,
        exch_ts,
        local_ts,
        px,
        qty,
        order_id: 0,
        ival: 0,
        fval: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use hbl_venues::kit::venue::VenueEvent;

    use super::TwoPass;
    use crate::bybit_frames::{deltas, trades};
    use crate::bybit_ours::Ours;

    /// What is compared must be the same work: both make the same events for bots.
    #[test]
    fn both_ways_make_the_same_events_of_the_same_frames() {
        let mut ours = Ours::start(&[1, 50]).unwrap();
        let mut peer = TwoPass::default();
        let frames = deltas(20).into_iter().chain((0..5).map(trades));
        let local_ts = 1_764_000_000_000_000_000;
        for (at, text) in frames.enumerate() {
            let sort = |mut made: Vec<(u64, i64, i64, u64, u64)>| {
                made.sort_unstable();
                made
            };
            let of = |e: &hftbacktest::types::Event| {
                (e.ev, e.exch_ts, e.local_ts, e.px.to_bits(), e.qty.to_bits())
            };
            let mine = ours
                .frame(text.as_bytes())
                .iter()
                .filter_map(|event| match event {
                    VenueEvent::Feed { event, .. } => Some(of(event)),
                    _ => None,
                });
            let mine = sort(mine.collect());
            let theirs = sort(
                peer.frame(&text, local_ts)
                    .unwrap()
                    .iter()
                    .map(of)
                    .collect(),
            );
            assert_eq!(mine, theirs, "frame {at}");
            assert!(mine.len() == 50 || mine.len() == 10);
        }
    }
}
