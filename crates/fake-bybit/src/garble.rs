//! Unreadable items: fields of private items are replaced as they are sent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A field of private items that is replaced as it is sent: on the stream and in lists over REST.
/// The venue's own records do not change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Garble {
    /// `order`, `execution`, `position` or `wallet`.
    pub topic: String,
    /// The field; empty: the whole item.
    pub field: String,
    /// What stands in its place; `None`: the field is missing.
    #[serde(default)]
    pub value: Option<Value>,
    /// Only items with this `orderLinkId`, `orderId` or `symbol`; empty: all.
    #[serde(default)]
    pub of: String,
    /// On the private stream. Default yes.
    #[serde(default = "yes")]
    pub stream: bool,
    /// In lists over REST. Default yes.
    #[serde(default = "yes")]
    pub rest: bool,
    /// Number of items; 0: all from now on.
    #[serde(default)]
    pub count: u32,
}

const fn yes() -> bool {
    true
}

/// An item of a topic as it is sent; a garble that is used up is removed.
pub(crate) fn garbled(
    garbles: &mut Vec<Garble>,
    topic: &str,
    over_rest: bool,
    item: Value,
) -> Value {
    let names = ["orderLinkId", "orderId", "symbol"];
    let at = garbles.iter().position(|garble| {
        let is_there = if over_rest {
            garble.rest
        } else {
            garble.stream
        };
        let is_meant =
            garble.of.is_empty() || names.iter().any(|name| item[name] == garble.of.as_str());
        is_there && garble.topic == topic && is_meant
    });
    let Some(at) = at else {
        return item;
    };
    let garble = garbles[at].clone();
    match garble.count {
        0 => {}
        1 => {
            garbles.remove(at);
        }
        _ => garbles[at].count -= 1,
    }
    let mut item = item;
    match (&mut item, garble.value) {
        (_, value) if garble.field.is_empty() => return value.unwrap_or(Value::Null),
        (Value::Object(fields), Some(value)) => {
            fields.insert(garble.field, value);
        }
        (Value::Object(fields), None) => {
            fields.remove(&garble.field);
        }
        _ => {}
    }
    item
}
