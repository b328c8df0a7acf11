//! An independent reading of JSON and decimals: slow, and with nothing in common with the parsers.

use hbl_venues::bybit::frames::text::Text;
use hbl_venues::kit::decimal::{DecimalError, Step};
use hbl_venues::kit::scale::Scale;
use serde_json::Value;

pub fn value(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

pub fn scale() -> Scale {
    Scale {
        tick: Step::parse("0.05").unwrap(),
        lot: Step::parse("0.001").unwrap(),
    }
}

/// Mantissa and decimals of a plain decimal; `None` when it is none or has too many digits for this.
fn decimal(text: &str) -> Option<(i128, u32)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let all = format!("{whole}{fraction}");
    if all.len() > 30 || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let magnitude: i128 = if all.is_empty() { 0 } else { all.parse().ok()? };
    Some((
        if negative { -magnitude } else { magnitude },
        fraction.len() as u32,
    ))
}

/// What was read of a decimal must be what it says: `step` is one of [`scale`]'s.
pub fn agrees(text: &str, step: (i128, u32), read: Result<i64, DecimalError>) {
    let Some((mantissa, decimals)) = decimal(text) else {
        return;
    };
    // value / step = (mantissa * 10^step_decimals) / (step_mantissa * 10^decimals)
    let numerator = mantissa.checked_mul(10i128.pow(step.1));
    let denominator = step.0.checked_mul(10i128.pow(decimals));
    let (Some(numerator), Some(denominator)) = (numerator, denominator) else {
        return;
    };
    match read {
        Ok(units) => assert_eq!(
            i128::from(units) * denominator,
            numerator,
            "{text:?} was read as {units}"
        ),
        Err(DecimalError::OffStep) => {
            assert_ne!(numerator % denominator, 0, "{text:?} is on the step");
        }
        Err(_) => {}
    }
}

pub const TICK: (i128, u32) = (5, 2);
pub const LOT: (i128, u32) = (1, 3);

/// A scalar is what the JSON says.
pub fn same(text: &Text<'_>, json: Option<&Value>) {
    match (text, json) {
        (Text::Absent, None | Some(Value::Null))
        | (Text::Odd, Some(Value::Array(_) | Value::Object(_))) => {}
        (Text::Is(read), Some(Value::String(text))) => assert_eq!(read, text),
        (Text::Is(read), Some(Value::Bool(flag))) => assert_eq!(*read, flag.to_string()),
        (Text::Is(read), Some(Value::Number(number))) => {
            let same = *read == number.to_string() || read.parse::<f64>().ok() == number.as_f64();
            assert!(same, "{read} for {number}");
        }
        (text, json) => panic!("{text:?} for {json:?}"),
    }
}

/// Items of a list are what the JSON says, each field by its name.
pub fn same_items<T>(
    items: &[T],
    json: &Value,
    fields: impl Fn(&T) -> Vec<(&'static str, &Text<'_>)>,
) {
    let list = json.as_array().unwrap();
    assert_eq!(items.len(), list.len());
    for (item, json) in items.iter().zip(list) {
        for (name, text) in fields(item) {
            // What is no object has no fields.
            same(text, json.get(name));
        }
    }
}
