//! JSON objects that are put together from parts.

use serde_json::Value;

/// Adds the fields of `more` to `item`; a field of the same name is replaced.
pub(crate) fn extend(item: &mut Value, more: Value) {
    if let (Value::Object(item), Value::Object(more)) = (item, more) {
        item.extend(more);
    }
}
